// SPDX-License-Identifier: GPL-3.0-or-later
// Those who open connections to the doors and ask for nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import http from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { openStream, refusalOf, streamsOf } from '../lib/streams.mjs';
import { waitFor, within } from '../lib/wait.mjs';

const FLOOD = 300, WAITING = 128; // strangers.h

let farfield;
before(async () => { farfield = await startFarfield({ settings: { 'max-listeners': 6 } }); });
after(() => farfield.stop());

const descriptors = () => readdirSync(`/proc/${farfield.pids.pipeline}/fd`).length;

function idle(port, count) {
    return Array.from({ length: count }, () => {
        const socket = connect({ port, host: '127.0.0.1' });
        socket.on('error', () => {});
        return socket.on('close', () => { socket.gone = true; });
    });
}

// The first bytes of a stream, asked for from a local address.
const hear = (url, localAddress) => within(`sound for ${localAddress}`, 2000,
    new Promise((resolve, reject) => {
        http.get(url, { localAddress, agent: false }, (response) => {
            response.once('data', (bytes) => {
                response.destroy();
                resolve(bytes.length);
            });
        }).on('error', reject);
    }));

test('who opens connections for nothing shuts out no other address', async () => {
    const streams = await streamsOf(farfield);
    const before = descriptors();
    const port = Number(new URL(streams.ogg).port);
    const listener = await openStream(streams.audio); // of the address that will flood
    const began = Date.now();
    const flood = idle(port, FLOOD);
    await waitFor('what is too much to be closed', () =>
        flood.filter(({ gone }) => gone).length >= FLOOD - WAITING, { every: 20 });
    assert.ok(descriptors() <= before + 1 + WAITING, `${descriptors()} descriptors`);
    assert.ok(await hear(streams.ogg, '127.0.0.2') > 0);
    await listener.take(0.2);
    // Those who may wait wait for some seconds only, and then their address is let in again.
    await waitFor('all of them closed', () => flood.every(({ gone }) => gone));
    assert.ok(Date.now() - began < 8000, `${Date.now() - began} ms`);
    assert.ok(await hear(streams.webm, '127.0.0.1') > 0);
    await listener.close();
    await waitFor('as many descriptors as before', () => descriptors() <= before);
});

test('a path is answered whatever its length', async () => {
    const { origin } = new URL((await streamsOf(farfield)).ogg);
    for (const [length, status] of [[500, 404], [600, 414], [3000, 414]])
        for (const method of ['GET', 'HEAD'])
            assert.equal((await fetch(`${origin}/${'a'.repeat(length)}`, { method })).status, status);
    const socket = await refusalOf(`${origin.replace('http', 'ws')}/${'a'.repeat(600)}`);
    assert.equal(socket.status, 414);
    assert.match(socket.body.detail, /too long/);
});

test('those who have asked do not count, so that many may come by one proxy', async () => {
    const { ogg } = await streamsOf(farfield);
    const { host, hostname, port } = new URL(ogg);
    const asked = [];
    for (let i = 0; i < 2 * WAITING; i++) {
        const socket = connect(Number(port), hostname);
        asked.push(socket);
        socket.write(`HEAD / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        const [bytes] = await within('an answer', 2000, once(socket, 'data'));
        assert.match(bytes.toString(), /^HTTP\/1\.1 404 /);
    }
    asked.forEach((socket) => socket.destroy());
    assert.ok(await hear(ogg, '127.0.0.1') > 0);
});
