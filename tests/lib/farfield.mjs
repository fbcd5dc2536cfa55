// SPDX-License-Identifier: GPL-3.0-or-later
// A whole Farfield of its own for a test: own ports, JACK server and data folder, so that any
// number of them run side by side.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { listen } from './listener.mjs';
import { isAlive, processesMarked, processInfo } from './processes.mjs';
import { connectRpc } from './rpc.mjs';
import { SANITIZER, sanitizerOptions } from './sanitizer.mjs';
import { waitFor } from './wait.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const build = resolve(root, process.env.BUILD ?? 'build/asan');

const STOP_DEADLINE = 10000;
const started = new Set();

// A TCP port that nobody holds, below those that the kernel gives away by itself.
export async function freePort() {
    for (;;) {
        const port = 20000 + Math.floor(Math.random() * 12000);
        const server = createServer().listen(port, '127.0.0.1');
        try {
            await once(server, 'listening');
        } catch {
            continue;
        }
        server.close();
        await once(server, 'close');
        return port;
    }
}

export function temporaryFolder() {
    return mkdtempSync(join(tmpdir(), 'farfield-test-'));
}

function jackMemory(server) {
    return readdirSync('/dev/shm').filter((name) => name.startsWith('jack') &&
        name.includes(server));
}

// Ends all that still runs of one Farfield. A jackd that was killed keeps one of the eight places
// that JACK has for servers on a machine, until another of its name has started and ended.
function killAll(server) {
    for (const { pid } of processesMarked(server)) {
        try {
            process.kill(pid, 'SIGKILL');
        } catch {
            // it was faster
        }
    }
    if (jackMemory(server).length > 0) {
        spawnSync('jackd', ['--no-realtime', '-n', server, '-d', 'dummy'],
            { timeout: 1000, killSignal: 'SIGTERM', stdio: 'ignore' });
        for (const name of jackMemory(server)) rmSync(join('/dev/shm', name), { force: true });
    }
}

// A test that is ended from outside takes its programs along.
for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => process.exit(1));
}
process.on('exit', () => {
    for (const farfield of started) {
        killAll(farfield.jackServer);
        rmSync(farfield.dataDir, { recursive: true, force: true });
    }
});

class Farfield {
    constructor({ settings = {}, key = '', dataDir, httpPort, wsPort, streamPort, program,
        log = false }) {
        this.jackServer = `ff${process.pid}x${Math.random().toString(36).slice(2, 8)}`;
        this.dataDir = dataDir ?? temporaryFolder();
        this.key = key;
        this.httpPort = httpPort;
        this.wsPort = wsPort;
        this.streamPort = streamPort;
        this.program = program ?? join(build, 'farfield-controller');
        this.settings = settings;
        this.echo = log || Boolean(process.env.TEST_LOG);
        this.lines = []; // what controller and children wrote
        this.clients = [];
    }

    get base() {
        return `http://127.0.0.1:${this.httpPort}`;
    }

    get ws() {
        return `ws://127.0.0.1:${this.wsPort}/`;
    }

    get log() {
        return this.lines.join('\n');
    }

    get headers() {
        return this.key ? { authorization: `Bearer ${this.key}` } : {};
    }

    // Starts the controller; a second time after kill() or stop(), on the same data and ports.
    launch() {
        const settings = {
            'http-port': this.httpPort,
            'ws-port': this.wsPort,
            'stream-port': this.streamPort,
            'data-dir': this.dataDir,
            'jack-server': this.jackServer,
            ...(this.key && { 'api-key': this.key }),
            ...this.settings,
        };
        const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
        const env = Object.fromEntries(Object.entries({ ...process.env, ...sanitizerOptions })
            .filter(([name]) => !name.startsWith('FARFIELD_')));
        this.controller = spawn(this.program, options,
            { stdio: ['ignore', 'pipe', 'pipe'], env, cwd: root });
        this.exited = once(this.controller, 'exit').then(([code, signal]) => ({ code, signal }));
        for (const stream of [this.controller.stdout, this.controller.stderr]) {
            createInterface({ input: stream }).on('line', (line) => {
                this.lines.push(line);
                if (this.echo) console.error(`| ${line}`);
            });
        }
    }

    async ready(timeout = 60000) {
        const controller = this.controller;
        await waitFor('Farfield ready', async () => {
            if (controller.exitCode !== null || controller.signalCode !== null) return 'ended';
            const { status, body } = await this.api('GET', '/v1/health/ready');
            if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
            return 'ready';
        }, { timeout }).then((outcome) => {
            if (outcome === 'ended') throw new Error('the controller ended by itself');
        }).catch((error) => {
            error.message += `\n${this.lines.slice(-60).join('\n')}`;
            throw error;
        });
    }

    // One REST call: {status, headers, body}, the body parsed where it is JSON. An object is sent
    // as JSON, a Buffer as octets, a string as it is.
    async api(method, path, body, headers = {}) {
        const isBytes = body instanceof Uint8Array;
        const isJson = body !== undefined && !isBytes && typeof body !== 'string';
        const response = await fetch(new URL(path, this.base), {
            method,
            headers: {
                ...this.headers,
                ...(isBytes && { 'content-type': 'application/octet-stream' }),
                ...(isJson && { 'content-type': 'application/json' }),
                ...headers,
            },
            body: isJson ? JSON.stringify(body) : body,
            redirect: 'manual',
        });
        const text = await response.text();
        const type = response.headers.get('content-type') ?? '';
        return {
            status: response.status,
            headers: response.headers,
            body: /[/+]json/.test(type) && text ? JSON.parse(text) : text,
        };
    }

    async rpc(options = {}) {
        const client = await connectRpc(this.ws, { key: this.key, ...options });
        this.clients.push(client);
        return client;
    }

    // A native listener, by WHEP; over the WebSocket with {rpc}.
    async listen(options = {}) {
        const listener = await listen({ base: this.base, headers: this.headers, ...options });
        this.clients.push({ close: () => listener.drop() });
        return listener;
    }

    // Living processes by what they are: {controller, jackd, scsynth, pipeline}, pid or undefined.
    get pids() {
        const all = processesMarked(this.jackServer);
        const find = (name) => all.find((p) => p.name === name)?.pid;
        return {
            controller: this.controller?.exitCode === null && this.controller.signalCode === null
                ? this.controller.pid : undefined,
            jackd: find('jackd'),
            scsynth: find('scsynth'),
            pipeline: find('farfield-pipeli'), // the kernel keeps 15 characters
        };
    }

    // Kills one part without a word, and waits until it is gone and its parent has noticed: it was
    // answered for, which a zombie is not. A zombie's last threads may still hold ports and locks.
    async kill(part, signal = 'SIGKILL') {
        const pid = this.pids[part];
        assert.ok(pid, `${part} runs`);
        const isChild = processInfo(pid)?.parent === this.controller.pid;
        process.kill(pid, signal);
        if (part === 'controller') await this.exited;
        await waitFor(`end of ${part}`,
            () => (isChild ? processInfo(pid) === null : !isAlive(pid)), { every: 10 });
        return pid;
    }

    // Ends it in order, and wants nothing to be left: no process, no JACK memory, no sanitizer's
    // report. The data folder goes too unless `keep`.
    async stop({ keep = false } = {}) {
        try {
            for (const client of this.clients.splice(0)) await client.close();
            this.controller.kill('SIGTERM');
            const end = await Promise.race([this.exited,
                new Promise((done) => { setTimeout(done, STOP_DEADLINE).unref(); })]);
            assert.ok(end, `the controller still runs ${STOP_DEADLINE / 1000} s after SIGTERM\n` +
                this.lines.slice(-40).join('\n'));
            assert.deepEqual(end, { code: 0, signal: null }, this.lines.slice(-40).join('\n'));
            await waitFor('end of every process',
                () => processesMarked(this.jackServer).length === 0, { timeout: 2000 });
            assert.deepEqual(jackMemory(this.jackServer), [], 'no JACK memory is left');
            const report = this.lines.findIndex((line) => SANITIZER.test(line));
            assert.equal(report, -1, this.lines.slice(report, report + 60).join('\n'));
        } finally {
            killAll(this.jackServer);
            if (!keep) {
                rmSync(this.dataDir, { recursive: true, force: true });
                started.delete(this);
            }
        }
    }
}

// Starts one and waits until it is ready, unless {wait: false}. Options: settings ({'jack-rate':
// 44100}), key, dataDir, httpPort, wsPort, streamPort, program, log (echo what it writes; or
// TEST_LOG=1).
export async function startFarfield(options = {}) {
    const farfield = new Farfield({
        ...options,
        httpPort: options.httpPort ?? await freePort(),
        wsPort: options.wsPort ?? await freePort(),
        streamPort: options.streamPort ?? await freePort(),
    });
    started.add(farfield);
    farfield.launch();
    if (options.wait !== false) await farfield.ready();
    return farfield;
}
