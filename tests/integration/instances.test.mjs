// SPDX-License-Identifier: GPL-3.0-or-later
// Starting, refusing to start, living side by side, and ending in order.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { build, freePort, startFarfield, temporaryFolder } from '../lib/farfield.mjs';
import WebSocket from 'ws';
import { isAlive, processesMarked } from '../lib/processes.mjs';
import { waitFor, within } from '../lib/wait.mjs';

const program = join(build, 'farfield-controller');

// Runs a program to its end: {code, signal, out, err, seconds}.
async function run(args, { env = {}, command = program, timeout = 20000 } = {}) {
    const began = Date.now();
    const clean = Object.fromEntries(Object.entries(process.env)
        .filter(([name]) => !name.startsWith('FARFIELD_')));
    const child = spawn(command, args, { env: { ...clean, FARFIELD_CONFIG: '/dev/null', ...env } });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => { out += data; });
    child.stderr.on('data', (data) => { err += data; });
    try {
        const [code, signal] = await within(`end of ${args}`, timeout, once(child, 'close'));
        return { code, signal, out, err, seconds: (Date.now() - began) / 1000 };
    } finally {
        child.kill('SIGKILL');
    }
}

// Settings that would start, all but those given.
async function settings(other = {}) {
    const all = { 'http-port': await freePort(), 'ws-port': await freePort(),
        'data-dir': temporaryFolder(), supervise: 'none', 'scsynth-port': 9, ...other };
    return Object.entries(all).map(([name, value]) => `--${name}=${value}`);
}

async function refuses(other, sentence, options) {
    const args = await settings(other);
    const end = await run(args, options);
    const data = args.find((arg) => arg.startsWith('--data-dir=')).slice(11);
    if (data.includes('farfield-test-')) rmSync(data, { recursive: true, force: true });
    assert.ok(end.code > 0, `exit status ${end.code} ${end.signal}\n${end.err}`);
    assert.match(end.err, sentence);
    assert.doesNotMatch(end.err, /AddressSanitizer|LeakSanitizer|runtime error/);
    return end;
}

// --- words --------------------------------------------------------------------------------------

test('--help, --version and --print-config tell, and end well', async () => {
    const help = await run(['--help']);
    assert.equal(help.code, 0);
    assert.match(help.out, /--http-port=N\n +port of panel and REST, 1 to 65535 \(8080\)/);
    assert.doesNotMatch(help.out, /--link-url/, 'that is the pipeline\'s');
    assert.match((await run(['--version'])).out, /^farfield-controller \d+\.\d+\.\d+\n$/);
    const file = join(temporaryFolder(), 'farfield.conf');
    writeFileSync(file, 'http-port = 1234\napi-key = hush\n');
    const shown = await run(['--print-config', `--config=${file}`, '--jack-period=64'],
        { env: { FARFIELD_WS_PORT: '4321' } });
    rmSync(file);
    assert.equal(shown.code, 0);
    assert.match(shown.out, new RegExp(`^http-port = 1234  # ${file}:1$`, 'm'));
    assert.match(shown.out, /^ws-port = 4321 {2}# FARFIELD_WS_PORT$/m);
    assert.match(shown.out, /^jack-period = 64 {2}# --jack-period$/m);
    assert.match(shown.out, /^jack-rate = 48000 {2}# default$/m);
    assert.match(shown.out, /^api-key = \(hidden\)/m);
    assert.doesNotMatch(shown.out, /hush/);
});

test('a setting that cannot be is named, with where it came from', async () => {
    await refuses({ 'http-port': 0 }, /--http-port: http-port must be a whole number from 1/);
    await refuses({ 'http-port': 4323, 'stream-port': 4323 },
        /http-port and stream-port are both 4323/);
    await refuses({ 'stream-queue-max': 100 },
        /stream-queue-target \(200\) must be less than stream-queue-max \(100\)/);
    await refuses({ colour: 'red' }, /there is no setting "colour"/);
    await refuses({ supervise: 'jackd,cat' }, /supervise: "cat" is none of jackd, scsynth/);
    await refuses({ 'ice-servers': 'http://x' }, /ice-servers: "http:\/\/x" is neither/);
    await refuses({ 'scsynth-port': 0 }, /scsynth-port must say where it is/);
    await refuses({ address: 'nonsense' }, /address/);
    await refuses({ 'synthdef-dir': '/nowhere' }, /synthdef-dir/);
    await refuses({}, /FARFIELD_WS_PORT: ws-port must be a whole number/,
        { env: { FARFIELD_WS_PORT: 'x' } });
    await refuses({ config: '/nowhere.conf' }, /\/nowhere.conf/);
    await refuses({ 'data-dir': '/proc/farfield' }, /data-dir/);
});

test('a public address is refused without a key', async () => {
    for (const address of ['0.0.0.0', '::', '192.0.2.1'])
        await refuses({ address }, /can be reached from other machines.*api-key, FARFIELD_API_KEY/s);
    const keyed = await startFarfield({ key: 'secret', wait: false,
        settings: { address: '0.0.0.0', supervise: 'none', 'scsynth-port': 9 } });
    try {
        await waitFor('it listens', async () =>
            (await keyed.api('GET', '/v1/health/live')).status === 200);
        assert.equal((await fetch(`${keyed.base}/v1/nodes`)).status, 401);
    } finally {
        await keyed.stop();
    }
});

// --- side by side -------------------------------------------------------------------------------

test('two run side by side, a third on what is taken says which setting', async () => {
    const [one, two] = await Promise.all([startFarfield(), startFarfield()]);
    try {
        await one.api('POST', '/v1/nodes', { synthdef: 'sine' });
        const own = async (farfield) => (await farfield.api('GET', '/v1/nodes')).body.nodes
            .filter(({ system }) => !system).length;
        assert.equal(await own(one), 1);
        assert.equal(await own(two), 0);
        const ports = await Promise.all([one, two].map(async (farfield) =>
            (await farfield.api('GET', '/v1/server')).body.port));
        assert.notEqual(ports[0], ports[1]);

        await refuses({ 'http-port': one.httpPort }, /HTTP \(http-port, FARFIELD_HTTP_PORT\)/);
        await refuses({ 'ws-port': one.wsPort }, /WebSocket \(ws-port, FARFIELD_WS_PORT\)/);
        await refuses({ 'http-port': one.wsPort }, /http-port/);
        await refuses({ 'data-dir': one.dataDir }, /in use by another Farfield; choose one with data-dir/);
        const jack = await refuses({ 'jack-server': one.jackServer, supervise: 'jackd' },
            /is another JACK server of this name running\? \(jack-server, FARFIELD_JACK_SERVER\)/);
        assert.ok(jack.seconds < 10, `${jack.seconds} s`);
        for (const farfield of [one, two]) {
            assert.equal((await farfield.api('GET', '/v1/health/ready')).status, 200);
            assert.equal((await farfield.api('GET', '/v1/server')).body.restarts, 0);
        }
    } finally {
        await Promise.all([one.stop(), two.stop()]);
    }
});

// --- the end ------------------------------------------------------------------------------------

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    test(`${signal} ends everything within 5 s, and leaves nothing behind`, async () => {
        const farfield = await startFarfield();
        await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
        const rpc = await farfield.rpc();
        await rpc.subscribe('nodes', 'meters');
        const { port } = (await farfield.api('GET', '/v1/server')).body;
        const began = Date.now();
        farfield.controller.kill(signal);
        assert.deepEqual(await farfield.exited, { code: 0, signal: null });
        assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
        await waitFor('no process', () => processesMarked(farfield.jackServer).length === 0);
        assert.ok(!readdirSync('/dev/shm').includes(`SuperColliderServer_${port}`));
        assert.ok(rpc.closed || await waitFor('its WebSocket to be closed', () => rpc.closed));
        await farfield.stop(); // and no JACK memory, no sanitizer's report
    });
}

test('an end that is asked for while all is starting comes, too', async () => {
    for (const delay of [0, 50, 200, 500, 1000]) {
        const farfield = await startFarfield({ wait: false });
        await new Promise((done) => { setTimeout(done, delay); });
        farfield.controller.kill('SIGTERM');
        const end = await farfield.exited;
        // Before its first breath nobody catches a signal.
        assert.ok(end.code === 0 || (delay < 200 && end.signal === 'SIGTERM'), JSON.stringify(end));
        await waitFor('no process', () => processesMarked(farfield.jackServer).length === 0);
        rmSync(farfield.dataDir, { recursive: true, force: true });
    }
});

test('few descriptors are raised to what the limits need', async () => {
    const args = await settings();
    const child = spawn('sh', ['-c', 'ulimit -Sn 300; exec "$0" "$@"', program, ...args]);
    try {
        const limits = await waitFor('more descriptors', () => {
            const line = /^Max open files +(\d+)/m.exec(
                readFileSync(`/proc/${child.pid}/limits`, 'utf8'));
            return Number(line[1]) > 300 && Number(line[1]);
        });
        assert.ok(limits >= 4096, `${limits}`);
    } finally {
        child.kill('SIGTERM');
        await once(child, 'close');
        rmSync(args.find((arg) => arg.startsWith('--data-dir=')).slice(11),
            { recursive: true, force: true });
    }
});

// --- nothing of our own -------------------------------------------------------------------------

test('supervise=none works with jackd, scsynth and pipeline of others, and leaves them alone',
    async () => {
        const [scsynthPort, linkPort] = [await freePort(), await freePort()];
        const farfield = await startFarfield({ wait: false, settings: { supervise: 'none',
            'scsynth-port': scsynthPort, 'link-port': linkPort, 'link-token': 'between us' } });
        const others = [];
        const said = []; // what they wrote
        const start = (command, args, env = {}) => {
            const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: {
                ...process.env, JACK_DEFAULT_SERVER: farfield.jackServer,
                JACK_NO_START_SERVER: '1', ...env } });
            for (const stream of [child.stdout, child.stderr])
                stream.on('data', (text) => said.push(text));
            others.push(child);
            return child;
        };
        const end = async (child) => {
            const closed = once(child, 'close');
            if (child.exitCode !== null || child.signalCode !== null) return;
            child.kill('SIGTERM');
            await within('its end', 10000, closed);
        };
        const scsynth = () => start('scsynth', ['-u', scsynthPort, '-B', '127.0.0.1', '-H',
            `${farfield.jackServer}:scsynth`, '-o', '2', '-i', '2', '-l', '16', '-D', '0', '-R',
            '0', '-V', '0']);
        const ready = () => waitFor('all of it', async () => {
            const { status, body } = await farfield.api('GET', '/v1/health/ready');
            if (status === 200) return true;
            const ended = others.filter((child) => !isAlive(child.pid));
            throw new Error(`${JSON.stringify(body.parts)}, ended: ${
                ended.map(({ spawnfile }) => spawnfile)}\n${said.join('')}${farfield.log}`);
        });
        try {
            const parts = await waitFor('the controller', async () =>
                (await farfield.api('GET', '/v1/health/ready')).body.parts);
            assert.deepEqual(Object.values(parts).map(({ ok }) => ok), [false, false, false, true]);
            start('jackd', ['--no-realtime', '-n', farfield.jackServer, '-d', 'dummy', '-r48000',
                '-p128', '-C2', '-P2']);
            const { out } = await run(['-s', farfield.jackServer, '-w', '-t', '15'],
                { command: 'jack_wait' });
            assert.match(out, /^server is available$/m);
            const first = scsynth();
            start(join(build, 'farfield-pipeline'), [], {
                FARFIELD_LINK_URL: `ws://127.0.0.1:${linkPort}/`,
                FARFIELD_LINK_TOKEN: 'between us',
                FARFIELD_JACK_SERVER: farfield.jackServer,
            });
            await ready();
            const listener = await farfield.listen();
            const made = await farfield.api('POST', '/v1/nodes',
                { synthdef: 'sine', controls: { freq: 600 } });
            assert.equal(made.status, 201);
            await listener.pitched(600);
            const restart = await farfield.api('POST', '/v1/server/restart');
            assert.equal(restart.status, 409);

            // Who started it starts it anew: what is ours is brought back.
            const { epoch } = (await farfield.api('GET', '/v1/server')).body;
            const killed = once(first, 'close');
            first.kill('SIGKILL');
            await killed;
            scsynth();
            await waitFor('a new epoch', async () =>
                (await farfield.api('GET', '/v1/server')).body.epoch > epoch);
            await listener.pitched(600);
            await listener.close();

            farfield.controller.kill('SIGTERM');
            assert.deepEqual(await farfield.exited, { code: 0, signal: null });
            for (const child of others.slice(0, 1).concat(others.slice(2)))
                assert.ok(isAlive(child.pid), child.spawnfile);
        } finally {
            for (const child of others.reverse()) await end(child);
            await farfield.stop();
        }
    });

test('a link needs its token, and what waits for it is answered before the end', async () => {
    const linkPort = await freePort();
    const farfield = await startFarfield({ wait: false, settings: { supervise: 'none',
        'scsynth-port': 9, 'link-port': linkPort, 'link-token': 'between us' } });
    try {
        await waitFor('it listens', async () =>
            (await farfield.api('GET', '/v1/health/live')).status === 200);
        for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Bearer ' }]) {
            const socket = new WebSocket(`ws://127.0.0.1:${linkPort}/`, 'farfield.link.v1', { headers });
            const [error] = await within('an end', 10000, once(socket, 'error'));
            assert.ok(error);
        }
        const right = new WebSocket(`ws://127.0.0.1:${linkPort}/`, 'farfield.link.v1',
            { headers: { authorization: 'Bearer between us' } });
        await within('open', 10000, once(right, 'open'));
        for (const text of ['', '{', '[]', '{"type":"nothing"}', '{"type":"meter","room":5}'])
            right.send(text);
        right.send(JSON.stringify({ type: 'pipeline.hello', listeners: [] }));
        right.send(JSON.stringify({ type: 'capture',
            capture: { jack: true, rate: 48000, connected: 2, xruns: 0 } }));
        const [hello] = await within('its hello', 10000, once(right, 'message'));
        assert.equal(JSON.parse(hello).type, 'controller.hello');
        await waitFor('a line in the log', () => /link.message/.test(farfield.log));

        // Who waits for the pipeline is answered before the end.
        const rpc = await farfield.rpc();
        const asked = once(right, 'message');
        const waiting = rpc.call('webrtc.listen', {}).then(() => 'done', (error) => error.message);
        const posted = farfield.api('POST', '/v1/rooms/main/whep', 'v=0',
            { 'content-type': 'application/sdp' });
        await within('its question', 10000, asked);
        await waitFor('both', async () => (await rpc.call('listener.list', {})).listeners.length === 2);
        farfield.controller.kill('SIGTERM');
        assert.equal(await waiting, 'Farfield is shutting down');
        assert.equal((await posted).status, 503);
        assert.deepEqual(await farfield.exited, { code: 0, signal: null });
    } finally {
        await farfield.stop();
    }
});
