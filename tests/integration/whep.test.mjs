// SPDX-License-Identifier: GPL-3.0-or-later
// WHEP as draft-ietf-wish-whep has it: each verb, what it answers, and another ICE session while
// the sound goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import wrtc from '@roamhq/wrtc';
import { startFarfield } from '../lib/farfield.mjs';
import { askForStereo } from '../lib/listener.mjs';
import { waitFor } from '../lib/wait.mjs';

const SDP = { 'content-type': 'application/sdp' };
const FRAGMENT = { 'content-type': 'application/trickle-ice-sdpfrag' };
const WHEP = '/v1/rooms/main/whep';

let farfield;

before(async () => {
    farfield = await startFarfield({ settings: {
        'ice-servers': 'stun:192.0.2.9:3478 turn:user:pass@192.0.2.9:3478' } });
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
});

after(() => farfield?.stop());

async function newOffer(kinds = ['audio'], direction = 'recvonly') {
    const peer = new wrtc.RTCPeerConnection();
    for (const kind of kinds) peer.addTransceiver(kind, { direction });
    const { sdp } = await peer.createOffer();
    return { peer, sdp: askForStereo(sdp) };
}

const word = (sdp, name) => new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1];
const candidates = (sdp) => sdp.match(/^a=candidate:.*$/gm) ?? [];

function fragmentOf(sdp) {
    return [`a=ice-ufrag:${word(sdp, 'ice-ufrag')}`, `a=ice-pwd:${word(sdp, 'ice-pwd')}`,
        'm=audio 9 UDP/TLS/RTP/SAVPF 111', `a=mid:${word(sdp, 'mid')}`, ...candidates(sdp),
        ''].join('\r\n');
}

test('a new ICE session, and the sound goes on', async () => {
    const listener = await farfield.listen();
    await listener.pitched(440);
    const [{ id }] = (await farfield.api('GET', '/v1/listeners')).body.listeners;
    const { peer } = listener;
    const before1 = await listener.stats();
    peer.restartIce();
    const offer = await peer.createOffer({ iceRestart: true });
    await peer.setLocalDescription(offer);
    await waitFor('gathering', () => peer.iceGatheringState === 'complete');
    const fragment = fragmentOf(peer.localDescription.sdp);
    const answer = await farfield.api('PATCH', `${WHEP}/${id}`, fragment,
        { ...FRAGMENT, 'if-match': '*' });
    const sdp = peer.remoteDescription.sdp
        .replace(/a=ice-ufrag:.*\r\n/g, `a=ice-ufrag:${word(answer.body, 'ice-ufrag')}\r\n`)
        .replace(/a=ice-pwd:.*\r\n/g, `a=ice-pwd:${word(answer.body, 'ice-pwd')}\r\n`);
    await peer.setRemoteDescription({ type: 'answer', sdp });
    for (let i = 0; i < 10; i++) {
        const s = await listener.stats();
        await new Promise((d) => { setTimeout(d, 300); });
    }
    await listener.pitched(440);
    await listener.close();
});
