// SPDX-License-Identifier: GPL-3.0-or-later
// The ways in which a room is encoded: each is heard, and a listener goes from one to another while
// it plays.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { Xruns, patiently } from '../lib/recording.mjs';
import { gaps, peak } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

const MODES = { lowest: 5, balanced: 10, safe: 20 }; // ms of a packet

let farfield;
before(async () => {
    farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440, amp: 0.2 } });
});
after(() => farfield.stop());

const api = (...args) => farfield.api(...args);
const newest = async () => (await api('GET', '/v1/listeners')).body.listeners
    .toSorted((a, b) => a.since - b.since).at(-1);

// Packets a second, over about one.
async function packetRate(listener) {
    const [from, begin] = [(await listener.stats()).packetsReceived, performance.now()];
    await listener.hear(1);
    return ((await listener.stats()).packetsReceived - from) / (performance.now() - begin) * 1000;
}

for (const [mode, milliseconds] of Object.entries(MODES)) {
    for (const way of ['WHEP', 'an offer of ours']) {
        test(`${mode} is heard, by ${way}, in packets of ${milliseconds} ms`, async () => {
            const listener = await farfield.listen(
                way === 'WHEP' ? { mode } : { mode, rpc: await farfield.rpc() });
            await listener.pitched(440);
            const { mode: wished, served } = await newest();
            assert.deepEqual({ wished, served }, { wished: mode, served: mode });
            const rate = await packetRate(listener);
            assert.ok(Math.abs(rate * milliseconds / 1000 - 1) < 0.2, `${rate} packets a second`);
            await listener.close();
        });
    }
}

const xruns = async () =>
    Number(/^farfield_jack_xruns_total (\d+)/m.exec((await api('GET', '/metrics')).body)[1]);

test('a listener goes from mode to mode without a gap or a loss', patiently(async () => {
    const listener = await farfield.listen();
    const before = await xruns();
    await listener.pitched(440);
    const { id } = await newest();
    let loudest = 0;
    for (const mode of ['safe', 'lowest', 'safe', 'balanced', 'lowest', 'balanced']) {
        const { status, body } = await api('PATCH', `/v1/listeners/${id}`, { mode });
        assert.equal(status, 200);
        assert.equal(body.mode, mode);
        const { left } = await listener.hear(1);
        assert.deepEqual(gaps(left), [], mode);
        loudest = Math.max(loudest, peak(left));
        const rate = await packetRate(listener);
        assert.ok(Math.abs(rate * MODES[mode] / 1000 - 1) < 0.2, `${rate} packets a second`);
    }
    // Nor does it become loud for a moment: the sine has 0.141 a side, and where JACK was late it has
    // a jump, which Opus makes louder.
    if (loudest >= 0.17 && await xruns() > before) {
        await listener.close();
        throw new Xruns(`${await xruns() - before} xruns: a peak of ${loudest}`);
    }
    assert.ok(loudest < 0.17, `a peak of ${loudest}`);
    // Changed again before the last change has come to pass.
    await Promise.all(['lowest', 'safe', 'lowest', 'balanced', 'safe'].map((mode) =>
        api('PATCH', `/v1/listeners/${id}`, { mode })));
    await waitFor('20 ms', async () => Math.abs(await packetRate(listener) - 50) < 10);
    assert.equal((await listener.stats()).packetsLost, 0);
    await listener.pitched(440);
    await listener.close();
}));

test('a mode that there is not is refused, and a listener that there is not', async () => {
    const listener = await farfield.listen();
    const { id } = await newest();
    const wrong = await api('PATCH', `/v1/listeners/${id}`, { mode: 'fastest' });
    assert.equal(wrong.status, 422);
    assert.equal(wrong.body.errors[0].field, 'mode');
    assert.equal((await api('PATCH', '/v1/listeners/nobody', { mode: 'safe' })).status, 404);
    const offer = await api('POST', '/v1/rooms/main/whep?mode=x', 'v=0',
        { 'content-type': 'application/sdp' });
    assert.equal(offer.status, 422);
    assert.equal(offer.body.errors[0].field, 'mode');
    await listener.close();
});

test('redundancy is agreed upon with all but the fastest, and sent to those served safely', async () => {
    const [safe, balanced, lowest] = await Promise.all(['safe', 'balanced', 'lowest']
        .map((mode) => farfield.listen({ mode })));
    for (const listener of [safe, balanced, lowest]) await listener.pitched(440);
    for (const { peer } of [safe, balanced]) {
        assert.match(peer.remoteDescription.sdp, /a=rtpmap:63 red\/48000\/2/);
    }
    assert.doesNotMatch(lowest.peer.remoteDescription.sdp, / red\//);
    const [a, b] = [await safe.stats(), await balanced.stats()];
    const size = ({ bytesReceived, packetsReceived }) => bytesReceived / packetsReceived;
    assert.ok(size(a) > 2.5 * size(b), `${size(a)} against ${size(b)} bytes a packet`);
    for (const listener of [safe, balanced, lowest]) await listener.close();
});

test('a room takes fewer bits when it is told to, while it plays', async () => {
    const listener = await farfield.listen();
    await listener.pitched(440);
    const perPacket = async () => {
        const from = await listener.stats();
        await listener.hear(1);
        const to = await listener.stats();
        return (to.bytesReceived - from.bytesReceived) / (to.packetsReceived - from.packetsReceived);
    };
    const before = await perPacket();
    const { status, body } = await api('PATCH', '/v1/rooms/main', { bitrate: 32000, complexity: 3 });
    assert.equal(status, 200);
    assert.deepEqual([body.bitrate, body.complexity], [32000, 3]);
    await waitFor('smaller packets', async () => await perPacket() < before / 2);
    assert.deepEqual(gaps((await listener.hear(1)).left), []);
    await listener.pitched(440);
    // The room is so for a pipeline that begins anew, too.
    await farfield.kill('pipeline');
    await listener.close().catch(() => {});
    await farfield.ready();
    const next = await waitFor('a pipeline', () => farfield.listen());
    await next.pitched(440);
    const stats = await next.stats();
    assert.ok(stats.bytesReceived / stats.packetsReceived < before / 2);
    await next.close();
    await api('PATCH', '/v1/rooms/main', { bitrate: 128000, complexity: 9 });
});
