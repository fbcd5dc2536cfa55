// SPDX-License-Identifier: GPL-3.0-or-later
// The WebSocket under those who do not keep to the rules, or do not keep up.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor, within } from '../lib/wait.mjs';

let farfield;
before(async () => { farfield = await startFarfield(); });
after(() => farfield.stop());

const MEBIBYTE = 1024 * 1024;
const text = (method, params, id = 1) => JSON.stringify({ jsonrpc: '2.0', id, method, params });

async function open(options = {}, protocol = 'farfield.v1') {
    const socket = new WebSocket(farfield.ws, protocol, options);
    await within('open', 10000, once(socket, 'open'));
    return socket;
}

const refused = (options, protocol) => assert.rejects(open(options, protocol),
    (error) => /Unexpected server response|socket hang up|ECONNRESET|subprotocol/.test(error.message));

async function closed(socket) {
    const [code, reason] = await within('close', 20000, once(socket, 'close'));
    return { code, reason: String(reason) };
}

async function answer(socket) {
    const [data] = await within('answer', 10000, once(socket, 'message'));
    return JSON.parse(data);
}

test('pages of other origins, other names and other protocols are not let in', async () => {
    await refused({ origin: 'http://evil.example' });
    await refused({ origin: 'null' });
    await refused({ headers: { host: 'evil.example' } });
    await refused({}, 'farfield.v9');
    await refused({}, []);
    const ours = await open({ origin: farfield.base });
    ours.send(text('health.live'));
    assert.deepEqual((await answer(ours)).result, { live: true });
    ours.close();
    const plain = await fetch(`http://127.0.0.1:${farfield.wsPort}/`);
    assert.equal(plain.status, 404);
    await plain.body.cancel();
});

test('binary messages and messages beyond 6 MiB close the connection, with a reason', async () => {
    const binary = await open();
    binary.send(Buffer.from(text('health.live')));
    assert.deepEqual(await closed(binary), { code: 1003, reason: 'text is expected' });
    const long = await open();
    long.on('error', () => {});
    long.send(' '.repeat(6 * MEBIBYTE + 1));
    assert.deepEqual(await closed(long), { code: 1009, reason: 'the message is too long' });
    const fits = await open();
    const call = text('health.live');
    fits.send(call + ' '.repeat(6 * MEBIBYTE - call.length));
    assert.deepEqual((await answer(fits)).result, { live: true });
    fits.close();
});

test('messages in pieces are put together', async () => {
    const socket = await open();
    const call = text('health.live', {}, 'pieces');
    for (let i = 0; i < call.length; i++)
        socket.send(call[i], { fin: i === call.length - 1, binary: false });
    assert.deepEqual(await answer(socket), { jsonrpc: '2.0', id: 'pieces', result: { live: true } });
    const pieces = Array.from({ length: 200 }, () => ' '.repeat(30000));
    for (const piece of pieces) socket.send(piece, { fin: false, binary: false });
    socket.send(call, { fin: true, binary: false });
    assert.equal((await answer(socket)).id, 'pieces');
    socket.close();
});

test('what is not UTF-8 is a parse error, or the end of the connection', async () => {
    const socket = await open();
    socket.send(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), { binary: false });
    const outcome = await Promise.race([answer(socket), closed(socket)]);
    assert.ok(outcome.error?.code === -32700 || outcome.code === 1007, JSON.stringify(outcome));
    socket.terminate();
});

test('parse errors, unknown methods and batches are answered as JSON-RPC wants', async () => {
    const socket = await open();
    const ask = async (message) => {
        socket.send(message);
        return answer(socket);
    };
    assert.equal((await ask('{')).error.code, -32700);
    assert.equal((await ask('{"jsonrpc":"2.0","method":"x","method":"y"}')).error.code, -32700);
    assert.equal((await ask('['.repeat(100000))).error.code, -32700);
    assert.equal((await ask('[]')).error.code, -32600);
    assert.equal((await ask(text('no.such'))).error.code, -32601);
    const wrong = await ask(text('node.set', { id: 'x', colour: 1 }));
    assert.equal(wrong.error.code, -32602);
    assert.deepEqual(wrong.error.data.errors.map(({ field }) => field), ['id', 'colour']);
    const batch = await ask(JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'health.live' },
        { jsonrpc: '2.0', method: 'health.live' }, 7]));
    assert.deepEqual(batch.map(({ id }) => id), [1, null]);
    socket.close();
});

// The most bytes that a socket's buffer grows to.
const kernelBuffer = (name) =>
    Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/)[2]);
// An answer brings back its id, which may be long.
const megabyte = (i) => text('health.live', {}, `${i} ${'x'.repeat(MEBIBYTE)}`);

test('a slow reader gets the latest of what it missed', async () => {
    const quick = await farfield.rpc();
    await quick.subscribe('meters');
    const meters = () => quick.events.filter(({ method }) => method === 'meter').length;
    const slow = await open();
    slow.send(text('subscribe', { topics: ['meters'] }));
    await answer(slow);
    const got = [];
    slow.on('message', (data) => got.push(JSON.parse(data)));
    slow.pause();
    // The kernel holds some; the last 7 stay within our own bound.
    let sent = 0;
    const send = (count) => {
        for (; count > 0; count--) slow.send(megabyte(sent++));
    };
    send(7);
    const before = meters();
    await waitFor('thirty meters at the quick one', () => meters() >= before + 30);
    slow.resume();
    await waitFor('all answers', () => got.filter(({ id }) => id).length === sent);
    const thinned = got.filter(({ method }) => method === 'meter').length;
    assert.ok(thinned < meters() - before, `${thinned} of ${meters() - before} meters`);
    slow.terminate();
});

test('a hopeless reader is closed while another stays quick', async () => {
    const quick = await farfield.rpc();
    const hopeless = await open();
    hopeless.on('error', () => {});
    hopeless.pause();
    const end = once(hopeless, 'close');
    // More than the kernel holds on the way, and the 8 MiB that wait here.
    const count = 20 + (kernelBuffer('tcp_rmem') + kernelBuffer('tcp_wmem')) / MEBIBYTE;
    for (let i = 0; i < count; i++) {
        hopeless.send(megabyte(i));
        const began = Date.now();
        await quick.call('health.live', {});
        assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
    }
    hopeless.resume();
    const [code] = await within('close', 20000, end);
    assert.ok([1008, 1006].includes(code), `${code}`);
});

test('a thousand connections are served, one more is not', async () => {
    const quick = await farfield.rpc();
    const others = (await quick.call('health.live', {})).live ? 0 : assert.fail();
    const sockets = [];
    try {
        // The harness may still hold some; ours fill the rest.
        for (let full = false; !full;) {
            const more = await Promise.allSettled(Array.from({ length: 50 }, () => open()));
            sockets.push(...more.filter((one) => one.value).map((one) => one.value));
            full = more.some((one) => one.reason);
            assert.ok(sockets.length + others <= 1000);
        }
        assert.ok(sockets.length >= 980, `${sockets.length} connections`);
        sockets[0].send(text('health.live'));
        assert.deepEqual((await answer(sockets[0])).result, { live: true });
        await quick.call('health.live', {});
        const { status, body } = await farfield.api('GET', '/v1/health/ready');
        assert.equal(status, 200, JSON.stringify(body) + farfield.lines.slice(-20).join('\n'));
    } finally {
        for (const socket of sockets) socket.terminate();
    }
    await waitFor('room for one more', () => open().then((socket) => {
        socket.close();
        return true;
    }));
});

test('who leaves takes its subscriptions and calls along', async () => {
    const leaver = await open();
    leaver.send(text('subscribe', { topics: ['nodes', 'server', 'meters'] }));
    await answer(leaver);
    for (let i = 0; i < 100; i++) leaver.send(text('synth.new', { synthdef: 'click' }, i));
    leaver.terminate();
    const rpc = await farfield.rpc();
    await waitFor('all clicks to be over', async () =>
        (await rpc.call('node.list', {})).nodes.filter(({ system }) => !system).length === 0);
});
