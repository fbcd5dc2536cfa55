// SPDX-License-Identifier: GPL-3.0-or-later
// OSC over UDP, as TouchOSC and hardware send it: what is set is heard, what may not be is refused,
// and no flood keeps others waiting.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { freePort, startFarfield } from '../lib/farfield.mjs';
import { oscBundle, oscBytes } from '../lib/osc.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, port, rpc, socket, errors;
before(async () => {
    port = await freePort();
    farfield = await startFarfield({
        key: 'a key that OSC does not bring',
        settings: { 'osc-port': port, 'osc-allow': '127.0.0.1 127.0.0.3 10.1.0.0/16' },
    });
    rpc = await farfield.rpc();
    socket = await openSocket('127.0.0.1');
});
after(async () => {
    socket.close();
    await farfield.stop();
});
beforeEach(() => errors.splice(0));

async function openSocket(address) {
    const opened = createSocket('udp4');
    opened.bind(0, address);
    await once(opened, 'listening');
    opened.heard = [];
    opened.on('message', (bytes) => {
        assert.equal(bytes.toString('latin1', 0, 20), '/farfield/error\0,s\0\0');
        opened.heard.push(bytes.toString('utf8', 20).replace(/\0+$/, ''));
    });
    errors ??= opened.heard;
    return opened;
}

const sendBytes = (bytes, from = socket) => new Promise((done, fail) => {
    from.send(bytes, port, '127.0.0.1', (error) => (error ? fail(error) : done()));
});
const send = (address, ...args) => sendBytes(oscBytes(address, ...args));
// The words that come back for what is refused.
async function refused(bytes) {
    errors.splice(0);
    await sendBytes(bytes);
    return waitFor('an error', () => errors[0]);
}

async function oscsend(...args) {
    const child = spawn('oscsend', ['127.0.0.1', ...args].map(String));
    assert.deepEqual(await once(child, 'close'), [0, null]);
}

const synth = (params = {}) => rpc.call('synth.new',
    { synthdef: 'sine', controls: { freq: 440, amp: 0.1 }, ...params });
const control = async (id, name) => (await rpc.call('node.show', { id })).controls[name];
const becomes = (id, name, value) => waitFor(`${name} ${value}`,
    async () => (await control(id, name)) === value);

test('440 Hz become 660 by oscsend, and are heard so', async () => {
    const { id } = await synth({ name: 'lead' });
    const listener = await farfield.listen();
    await listener.pitched(440);
    await oscsend(port, '/farfield/node/lead/freq', 'f', 660);
    await becomes(id, 'freq', 660);
    await listener.pitched(660);
    await oscsend(port, `/farfield/node/${id}/freq`, 'i', 550);
    await becomes(id, 'freq', 550);
    await oscsend(port, '/farfield/cmd/node.free', 'i', id);
    await waitFor('its end', async () => !(await rpc.call('node.list', {})).nodes
        .some((node) => node.id === id));
    await listener.silent();
    await listener.close();
});

test('commands come as JSON, as names and values, or with their one value', async () => {
    await send('/farfield/cmd/synth.new', '{"synthdef":"sine","name":"json","controls":{"amp":0}}');
    await send('/farfield/cmd/synth.new', 'synthdef', 'sine', 'name', 'pairs');
    const made = await waitFor('both', async () => {
        const { nodes } = await rpc.call('node.list', {});
        const found = ['json', 'pairs'].map((name) => nodes.find((node) => node.name === name));
        return found.every(Boolean) && found;
    });
    await send('/farfield/cmd/node.set', `{"id":${made[0].id},"controls":{"freq":123}}`);
    await becomes(made[0].id, 'freq', 123);
    // Some controllers send every number as a float, and buttons as T and F.
    const float = Buffer.alloc(4);
    float.writeFloatBE(0.25);
    await sendBytes(Buffer.concat([oscBytes('/farfield/node/pairs/amp').subarray(0, 28),
        Buffer.from(',f\0\0'), float]));
    await becomes(made[1].id, 'amp', 0.25);
    await sendBytes(Buffer.concat([oscBytes('/farfield/node/pairs/gate').subarray(0, 28),
        Buffer.from(',F\0\0')]));
    await waitFor('its end', async () => !(await rpc.call('node.list', {})).nodes
        .some((node) => node.id === made[1].id));
    await send('/farfield/cmd/server.panic');
    await waitFor('panic', async () => !(await rpc.call('node.list', {})).nodes
        .some((node) => node.kind === 'synth' && !node.system));
    assert.deepEqual(errors, []);
});

test('a bundle is taken apart, whatever its time', async () => {
    const { id } = await synth();
    const set = (control, value) => oscBytes(`/farfield/node/${id}/${control}`, value);
    await sendBytes(oscBundle([set('freq', 300), oscBundle([set('amp', 0.5)])], 2n ** 63n));
    await becomes(id, 'freq', 300);
    await becomes(id, 'amp', 0.5);
    await rpc.call('node.free', { id });
});

test('what cannot be is told to its sender', async () => {
    const { id } = await synth();
    const node = (rest, ...args) => refused(oscBytes(`/farfield/node/${rest}`, ...args));
    assert.match(await node('nobody/freq', 1), /freq: there is no node "nobody"/);
    assert.match(await node('77/freq', 1), /there is no node 77/);
    assert.match(await node(`${id}/colour`, 1), /controls\.colour SynthDef "sine" has no such control/);
    assert.match(await node(`${id}/freq`, 'high'), /a control takes numbers/);
    assert.match(await node(`${id}/freq`), /a control takes numbers/);
    assert.match(await node(`${id}`, 1), /ID_OR_NAME\/CONTROL/);
    assert.match(await refused(oscBytes('/elsewhere', 1)), /nothing at this address/);
    assert.match(await refused(oscBytes('/farfield/cmd/no.such')), /nothing at this address/);
    assert.match(await refused(oscBytes('/farfield/cmd/node.set', '{"id":')), /not JSON/);
    assert.match(await refused(oscBytes('/farfield/cmd/node.set', '{"id":1,"id":2}')), /duplicate/);
    assert.match(await refused(oscBytes('/farfield/cmd/node.set', 'id', 1, 'x')), /names and values/);
    assert.match(await refused(oscBytes('/farfield/node/*/freq', 1)), /patterns/);
    assert.match(await refused(Buffer.from('hello')), /at byte/);
    await rpc.call('node.free', { id });
});

// A datagram's source can be forged: nothing that is kept, ends something or tells a secret.
test('only what plays can be called', async () => {
    const { methods } = await rpc.call('rpc.discover', {});
    const may = [];
    for (const { name } of methods) {
        errors.splice(0);
        await send(`/farfield/cmd/${name}`, '{"nothing": 1}');
        const words = await waitFor(`an answer to ${name}`, () => errors[0], { every: 5 });
        if (!/cannot be called by OSC|nothing at this address/.test(words)) may.push(name);
        // No more than twenty are told in a second.
        await new Promise((done) => { setTimeout(done, 55); });
    }
    const plays = /^(bundle|bus|clock|group|node|osc|synth)\.|^(buffer\.(generate|write)|recording\.(start|stop)|scene\.recall|server\.panic)$/;
    for (const name of may) assert.match(name, plays);
    for (const name of ['node.set', 'synth.new', 'bundle.send', 'server.panic'])
        assert.ok(may.includes(name), name);
    for (const name of ['server.restart', 'synthdef.add', 'synthdef.delete', 'scene.put', 'auth'])
        assert.ok(!may.includes(name), name);
});

test('who is not on the list is neither heard nor answered', async () => {
    const { id } = await synth();
    const stranger = await openSocket('127.0.0.2');
    const friend = await openSocket('127.0.0.3');
    await sendBytes(oscBytes(`/farfield/node/${id}/freq`, 999), stranger);
    await sendBytes(oscBytes('/nonsense'), stranger);
    await sendBytes(oscBytes('/nonsense'), friend);
    await waitFor('the friend\'s answer', () => friend.heard.length > 0);
    assert.deepEqual(stranger.heard, []);
    assert.equal(await control(id, 'freq'), 440);
    assert.match(farfield.log, /osc_in\.refused .*/);
    stranger.close();
    friend.close();
    await rpc.call('node.free', { id });
});

test('hostile bytes harm nothing', async () => {
    const { id } = await synth();
    const good = oscBundle([oscBytes(`/farfield/node/${id}/freq`, 441),
        oscBytes('/farfield/cmd/node.set', `{"id":${id}}`)]);
    let seed = 1;
    const random = (below) => {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        return seed % below;
    };
    for (let i = 0; i < 2000; i++) {
        const bytes = Buffer.from(good.subarray(0, i % 3 ? good.length : random(good.length)));
        for (let k = random(6); k >= 0 && bytes.length; k--)
            bytes[random(bytes.length)] = random(256);
        await sendBytes(bytes);
    }
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(65000), Buffer.alloc(65000, '/'),
        Buffer.concat([oscBytes('/farfield/cmd/node.set'), Buffer.alloc(60000, '{')]),
        oscBytes('/farfield/cmd/node.set', `{"a":${'['.repeat(20000)}`)]) await sendBytes(bytes);
    await send(`/farfield/node/${id}/freq`, 442);
    await becomes(id, 'freq', 442);
    // Errors are told twenty times a second at most, and logged once in ten.
    assert.ok(errors.length < 100, `${errors.length} errors were told`);
    const lines = farfield.lines.filter((line) => line.includes('osc_in.refused'));
    assert.ok(lines.length <= 6, `${lines.length} lines about what was refused`);
    assert.ok((await rpc.call('server.status', {})).restarts === 0);
    await rpc.call('node.free', { id });
});

test('a flood of 100,000 datagrams keeps nobody waiting', async () => {
    const { id } = await synth();
    const count = 100000;
    let sent = 0;
    let done = false;
    // Some set, some are wrong, some are no OSC.
    const kinds = [oscBytes(`/farfield/node/${id}/freq`, 500), oscBytes('/nonsense', 1),
        oscBytes(`/farfield/node/${id}/amp`, 0.2), Buffer.from('garbage')];
    const flood = new Promise((finished) => {
        const more = () => {
            for (let i = 0; i < 100 && sent < count; i++) socket.send(kinds[sent++ % 4], port);
            if (sent < count) setImmediate(more);
            else finished();
        };
        more();
    }).then(() => { done = true; });
    const times = [];
    while (!done) {
        const began = performance.now();
        const { status } = await farfield.api('GET', '/v1/server');
        times.push(performance.now() - began);
        assert.equal(status, 200);
        const set = performance.now();
        await rpc.call('node.set', { id, controls: { pan: 0.5 } });
        times.push(performance.now() - set);
    }
    await flood;
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.floor(share * (times.length - 1))].toFixed(1);
    console.log(`# ${times.length} calls during the flood: median ${at(0.5)} ms, ` +
        `slowest ${at(1)} ms`);
    assert.ok(times.length >= 10);
    assert.ok(times.at(-1) < 500, `the slowest call took ${at(1)} ms`);
    // What comes while the socket is full is lost, as UDP is.
    await waitFor('freq 444', async () => {
        await send(`/farfield/node/${id}/freq`, 444);
        return (await control(id, 'freq')) === 444;
    });
    await rpc.call('node.free', { id });
});

test('settings that cannot be are refused at the start', async () => {
    for (const [settings, why] of [
        [{ 'osc-port': port, 'osc-allow': '127.0.0.1 nobody' }, /osc-allow: .*nobody/],
        [{ 'osc-port': port, 'osc-address': 'here' }, /osc-address: "here" is no address/],
        [{ 'osc-port': port }, /UDP port .*in use/i],
    ]) {
        const options = Object.entries({ 'http-port': await freePort(), 'ws-port': await freePort(),
            'data-dir': `${farfield.dataDir}/other`, supervise: 'none', 'scsynth-port': 57000,
            'link-port': await freePort(), ...settings }).map(([k, v]) => `--${k}=${v}`);
        const child = spawn(farfield.program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
        let said = '';
        child.stderr.on('data', (text) => { said += text; });
        assert.deepEqual(await once(child, 'close'), [1, null], said);
        assert.match(said, why);
    }
});
