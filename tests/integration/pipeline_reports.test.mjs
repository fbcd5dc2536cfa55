// SPDX-License-Identifier: GPL-3.0-or-later
// What a listener is told of the sender, and what the sender learns of it, though most packets do
// not pass webrtcbin.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listen } from '../lib/listener.mjs';
import { waitFor } from '../lib/wait.mjs';
import { Rig } from './pipeline_rig.mjs';

let rig;

before(async () => {
    rig = await Rig.start();
    await rig.captured();
    rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
});

after(() => rig?.stop());

// The sender reports as the listener's own statistics show them.
async function told(listener) {
    const stats = [...(await listener.peer.getStats()).values()];
    const own = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
    const theirs = stats.find(({ type }) => type === 'remote-outbound-rtp');
    return theirs && { sent: theirs.packetsSent, bytes: theirs.bytesSent,
        received: own.packetsReceived, receivedBytes: own.bytesReceived, lost: own.packetsLost };
}

test('reports count every packet, and come back with loss, jitter and round trip', async () => {
    const listener = await listen({ base: rig.controller.base });
    await listener.pitched(440);
    const seen = await waitFor('a late sender report', async () => {
        const now = await told(listener);
        return now?.received > 800 && now.sent > 400 && now;
    }, { timeout: 60000, every: 100 });
    // A report is up to five seconds old.
    assert.ok(seen.sent <= seen.received + 5 && seen.sent > seen.received - 800,
        JSON.stringify(seen));
    assert.ok(Math.abs(seen.bytes / seen.sent - seen.receivedBytes / seen.received) < 20,
        JSON.stringify(seen));
    assert.equal(seen.lost, 0);
    const { stats } = await waitFor('a round trip', () => {
        const last = rig.controller.last('stats');
        return last?.stats.round_trip > 0 && last;
    }, { timeout: 60000 });
    const { received } = await told(listener);
    assert.ok(stats.round_trip < 2, `${stats.round_trip}`);
    assert.equal(stats.lost, 0);
    assert.ok(Math.abs(stats.packets - received) < 300, `${stats.packets} of ${received}`);
    assert.ok(stats.bytes > 50 * stats.packets, `${stats.bytes}`);
    assert.doesNotMatch(rig.pipeline.output, /shortcut\.none/);
    await listener.close();
});
