// SPDX-License-Identifier: GPL-3.0-or-later
// What the pipeline accepts, and how it refuses the rest.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listen } from '../lib/listener.mjs';
import { waitFor } from '../lib/wait.mjs';
import { Rig, newPeer } from './pipeline_rig.mjs';

let rig;
let offer; // a good one

before(async () => {
    rig = await Rig.start({ settings: { FARFIELD_MAX_LISTENERS: '3',
        FARFIELD_ICE_PORTS: '42000-42099' } });
    await rig.captured();
    const { peer, offer: sdp } = await newPeer();
    offer = sdp;
    peer.close();
});

after(() => rig?.stop());

async function refused(status, request) {
    const reply = await rig.controller.listen(request);
    assert.equal(reply.type, 'refused', JSON.stringify(reply).slice(0, 200));
    assert.equal(reply.status, status, reply.detail);
    assert.ok(reply.detail.length > 10, reply.detail);
    return reply;
}

test('hostile descriptions are refused with 422, and nothing comes of them', async () => {
    const without = (pattern) => offer.replace(pattern, '');
    const hostile = [
        '', 'v=0', 'not an SDP', '\u0001\u0002\u0003', 'v=0\r\n'.repeat(1000),
        `${offer}${'m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'.repeat(500)}`,
        `${offer}${'a=x\r\n'.repeat(20000)}`,
        offer.replace(/[\s\S]{40}$/, '\u0000'),
        without(/a=ice-ufrag:.*\r\n/), without(/a=ice-pwd:.*\r\n/),
        without(/a=fingerprint:.*\r\n/), without(/a=setup:.*\r\n/), without(/a=mid:.*\r\n/),
        without(/a=rtcp-mux\r\n/), without(/m=audio.*\r\n/),
        offer.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), offer.replace('actpass', 'holdconn'),
        offer.replace('m=audio', 'm=video').replace(/a=ice-ufrag:.*\r\n/, ''),
        offer.slice(0, offer.indexOf('a=fingerprint')),
    ];
    for (const sdp of hostile) {
        // One that JSON or the link itself refuses gets no answer at all.
        if (sdp.includes('\u0000') || sdp.length > 65536) {
            rig.controller.send({ type: 'listen', listener: 'x', room: 'main', sdp });
            continue;
        }
        await refused(422, { sdp });
    }
    for (const text of ['', '{', '[]', '{"type":"listen"}', '{"type":7}', '\u0000']) {
        rig.controller.link.send(text);
    }
    const listener = await listen({ base: rig.controller.base });
    await listener.hear(0.2);
    await listener.close();
});

test('a good offer without anything for us to play into is answered by an offer', async () => {
    for (const sdp of [offer.replace('a=recvonly', 'a=sendonly'), offer.replace(/a=rtpmap:111.*\r\n/,
        ''), offer.replace('opus/48000/2', 'opus/48000'), offer.replace('m=audio 9', 'm=audio 0'),
    offer.replace('m=audio', 'm=video')]) {
        const reply = await rig.controller.listen({ sdp });
        assert.equal(reply.type, 'offer', JSON.stringify(reply).slice(0, 200));
        rig.controller.send({ type: 'close', listener: reply.listener });
    }
    await waitFor('them to be gone', () => rig.controller.present().length === 0);
});

test('a room that is not there is 404, an id that is there 409, one too many 503', async () => {
    await refused(404, { room: 'nowhere', sdp: offer });
    const ids = [];
    for (const sdp of [offer, undefined, offer]) {
        const reply = await rig.controller.listen({ sdp });
        assert.equal(reply.type, sdp ? 'answer' : 'offer');
        ids.push(reply.listener);
    }
    await refused(409, { id: ids[0], sdp: offer });
    await refused(503, { sdp: offer });
    for (const id of ids) {
        const state = rig.controller.receive((message) => message.listener === id);
        rig.controller.send({ type: 'close', listener: id, detail: 'enough' });
        const { type, state: now, detail } = await state;
        assert.deepEqual([type, now, detail], ['state', 'closed', 'enough']);
    }
});

test('a bad answer to our offer is 422, and the listener is gone', async () => {
    for (const sdp of ['nonsense', offer]) { // an offer is no answer: its setup is actpass
        const { listener } = await rig.controller.listen();
        const reply = rig.controller.receive((message) => message.listener === listener);
        rig.controller.send({ type: 'answer', listener, sdp });
        const { type, status } = await reply;
        assert.deepEqual([type, status], ['refused', 422]);
    }
    await waitFor('them to be gone', () => rig.controller.present().length === 0);
});

test('useless candidates do no harm', async () => {
    const { listener } = await rig.controller.listen({ sdp: offer });
    for (const candidate of ['', 'nonsense', 'candidate:', `candidate:${'1 '.repeat(500)}`,
        'candidate:1 1 UDP 1 name.local 5 typ host', 'candidate:1 1 UDP 1 192.0.2.1 5 typ host']) {
        for (const mline of [0, 7, 63]) {
            rig.controller.send({ type: 'candidate', listener, candidate, mline });
        }
    }
    rig.controller.send({ type: 'close', listener });
    await waitFor('it to be gone', () => rig.controller.present().length === 0);
});

test('video and data are refused in the answer, the audio is heard', async () => {
    rig.scsynth.play('tone', 1000, { freq: 440 });
    for (const kinds of [['audio', 'video'], ['video', 'audio']]) {
        const { peer, offer: sdp } = await newPeer(kinds);
        const reply = await rig.controller.listen({ sdp });
        const lines = reply.sdp.match(/^m=.*$/gm);
        assert.match(lines[kinds.indexOf('video')], /^m=video 0 UDP\/TLS\/RTP\/SAVPF \d+$/);
        assert.equal(lines[kinds.indexOf('audio')], 'm=audio 9 UDP/TLS/RTP/SAVPF 111 63');
        await peer.setRemoteDescription({ type: 'answer', sdp: reply.sdp });
        await waitFor('the connection', () => peer.connectionState === 'connected');
        await waitFor('packets', async () => [...(await peer.getStats()).values()]
            .find(({ type }) => type === 'inbound-rtp')?.packetsReceived > 10);
        rig.controller.send({ type: 'close', listener: reply.listener });
        peer.close();
    }
    rig.scsynth.free(1000);
});

test('candidates are ours and within the configured ports', async () => {
    const { listener, sdp } = await rig.controller.listen({ sdp: offer });
    rig.controller.send({ type: 'close', listener });
    const candidates = sdp.match(/^a=candidate:.*$/gm);
    assert.ok(candidates.length > 0);
    for (const line of candidates) {
        const [, , protocol, , , port] = line.split(' ');
        assert.equal(protocol, 'UDP');
        assert.ok(port >= 42000 && port <= 42099, line);
    }
    assert.match(sdp, /^a=end-of-candidates$/m);
    assert.match(sdp, /^a=fmtp:111 .*\bstereo=1;sprop-stereo=1\b/m);
});

test('rooms come and go by hello; a room that goes takes its listeners along', async () => {
    const main = { room: 'main', sources: ['scsynth:out_1', 'scsynth:out_2'] };
    rig.controller.hello([main, { room: 'swapped', sources: ['scsynth:out_2', 'scsynth:out_1'] }]);
    await rig.captured(4);
    rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
    const listener = await listen({ base: rig.controller.base, room: 'swapped' });
    const { left, right } = await listener.pitched(440);
    assert.ok(Math.max(...left.map(Math.abs)) < 0.001);
    assert.ok(Math.max(...right.map(Math.abs)) > 0.2);
    const meter = await rig.controller.receive((message) => message.type === 'meter' &&
        message.room === 'swapped');
    assert.ok(meter.peak[0] < -100 && Math.abs(meter.peak[1] + 12) < 0.5, `${meter.peak}`);
    assert.ok(Math.abs(meter.rms[1] + 15) < 0.5, `${meter.rms}`);
    const closed = rig.controller.receive((message) => message.state === 'closed');
    rig.controller.hello([main]);
    assert.equal((await closed).detail, 'the room is gone');
    await rig.captured(2);
    await refused(404, { room: 'swapped', sdp: offer });
    listener.drop();

    // The same room with other sources.
    const again = await listen({ base: rig.controller.base });
    rig.controller.hello([{ room: 'main', sources: ['scsynth:out_2', 'scsynth:out_1'] }]);
    await waitFor('the other channel', async () => {
        const sound = await again.hear(0.3);
        return Math.max(...sound.left.map(Math.abs)) < 0.001 &&
            Math.max(...sound.right.map(Math.abs)) > 0.2;
    });
    rig.controller.hello([main]);
    await again.close();
    rig.scsynth.free(1000);
});
