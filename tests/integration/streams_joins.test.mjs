// SPDX-License-Identifier: GPL-3.0-or-later
// Many who come by WebRTC at once, and one who listens by a door meanwhile.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { openStream, streamsOf } from '../lib/streams.mjs';
import { waitFor } from '../lib/wait.mjs';

const MANY = 150;

let farfield;
before(async () => { farfield = await startFarfield(); });
after(() => farfield.stop());

const present = async () => (await farfield.api('GET', '/v1/listeners')).body.listeners.length;

test('listeners by the doors hear on while many join at once', async () => {
    const client = await openStream((await streamsOf(farfield)).audio);
    await client.take(0.5);
    let last = performance.now(), longest = 0;
    client.socket.on('message', () => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
    });
    const rpc = await farfield.rpc();
    const began = performance.now();
    const joins = await Promise.all(Array.from({ length: MANY }, () =>
        rpc.call('webrtc.listen', {})));
    const took = performance.now() - began;
    console.log(`# ${MANY} offers in ${took.toFixed()} ms, ${longest.toFixed()} ms without a packet`);
    assert.equal(new Set(joins.map(({ listener }) => listener)).size, MANY);
    // Made in one go they take half of the time without letting anything in between.
    assert.ok(longest < took / 4, `${longest} ms without a packet of ${took} ms`);
    rpc.close();
    await waitFor('all of them gone', async () => await present() === 1);
    await client.close();
});

test('who leaves before its turn is gone, and others are served', async () => {
    const rpc = await farfield.rpc();
    const joins = Array.from({ length: MANY }, () => rpc.call('webrtc.listen', {}).catch(() => {}));
    rpc.close();
    const other = await farfield.rpc();
    assert.match((await other.call('webrtc.listen', {})).sdp, /^v=0/);
    other.close();
    await Promise.allSettled(joins);
    await waitFor('all of them gone', async () => await present() === 0);
});
