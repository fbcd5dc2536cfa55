// SPDX-License-Identifier: GPL-3.0-or-later
// WHEP as draft-ietf-wish-whep has it: each verb, what it answers, and another ICE session while
// the sound goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import wrtc from '@roamhq/wrtc';
import { startFarfield } from '../lib/farfield.mjs';
import { askForStereo, attribute, candidatesOf, fragmentOf } from '../lib/listener.mjs';
import { gaps } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

const SDP = { 'content-type': 'application/sdp' };
const FRAGMENT = { 'content-type': 'application/trickle-ice-sdpfrag' };
const WHEP = '/v1/rooms/main/whep';

let farfield;
const peers = [];

before(async () => {
    farfield = await startFarfield({ settings: { 'max-listeners': 4,
        'ice-servers': 'stun:127.0.0.1:9 turn:user:p"ss@127.0.0.1:9' } });
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
});

after(async () => {
    for (const peer of peers) peer.close();
    await farfield?.stop();
});

async function newOffer({ kinds = ['audio'], direction = 'recvonly' } = {}) {
    const peer = new wrtc.RTCPeerConnection();
    peers.push(peer);
    for (const kind of kinds) peer.addTransceiver(kind, { direction });
    await peer.setLocalDescription(await peer.createOffer());
    return { peer, sdp: askForStereo(peer.localDescription.sdp) };
}

const patch = (session, body, headers) => farfield.api('PATCH', session, body,
    { ...FRAGMENT, ...headers });

async function received(peer) {
    return [...(await peer.getStats()).values()].find(({ type }) => type === 'inbound-rtp')
        ?.packetsReceived ?? 0;
}

test('an endpoint says what it takes; a session is made, looked at and ended', async () => {
    const origin = farfield.base;
    const options = await farfield.api('OPTIONS', WHEP, undefined, { origin });
    assert.equal(options.status, 200);
    assert.equal(options.headers.get('accept-post'), 'application/sdp');
    assert.match(options.headers.get('allow'), /GET.*POST|POST.*GET/);
    for (const verb of ['GET', 'HEAD']) {
        const answer = await farfield.api(verb, WHEP);
        assert.deepEqual([answer.status, answer.body], [204, '']);
    }
    const { sdp } = await newOffer();
    const made = await farfield.api('POST', WHEP, sdp, { ...SDP, origin });
    assert.equal(made.status, 201);
    assert.equal(made.headers.get('content-type'), 'application/sdp');
    assert.match(made.headers.get('access-control-expose-headers'), /Location.*Link.*ETag/);
    assert.equal(made.headers.get('link'), '<stun:127.0.0.1:9>; rel="ice-server", ' +
        '<turn:127.0.0.1:9>; rel="ice-server"; username="user"; credential="p\\"ss"; ' +
        'credential-type="password"');
    assert.equal(made.headers.get('etag'), `"${attribute(made.body, 'ice-ufrag')}"`);
    assert.match(made.body, /^a=sendonly\r$/m);
    assert.equal(attribute(made.body, 'ice-options'), 'trickle');
    const session = made.headers.get('location');
    const flight = await farfield.api('OPTIONS', session, undefined, { origin });
    assert.equal(flight.headers.get('accept-patch'),
        'application/trickle-ice-sdpfrag, application/sdp');
    assert.match(flight.headers.get('access-control-allow-methods'), /PATCH/);
    assert.match(flight.headers.get('access-control-allow-methods'), /DELETE/);
    assert.match(flight.headers.get('access-control-allow-headers'), /If-Match/);
    for (const verb of ['GET', 'HEAD']) {
        const answer = await farfield.api(verb, session);
        assert.deepEqual([answer.status, answer.headers.get('etag')],
            [204, made.headers.get('etag')]);
    }
    const posted = await farfield.api('POST', session, sdp, SDP);
    assert.equal(posted.status, 405);
    assert.match(posted.headers.get('allow'), /PATCH/);
    // Only of its own room.
    assert.equal((await farfield.api('GET', session.replace('main', 'other'))).status, 404);
    assert.equal((await farfield.api('DELETE', session, undefined, { 'if-match': '"x"' })).status,
        200);
    for (const verb of ['GET', 'DELETE']) {
        assert.equal((await farfield.api(verb, session)).status, 404, verb);
    }
    assert.equal((await patch(session, '')).status, 404);
});

test('bad bodies are refused, and nothing comes of them', async () => {
    const { sdp } = await newOffer();
    const cases = [
        [415, WHEP, sdp, { 'content-type': 'application/json' }],
        [422, WHEP, 'hello', SDP],
        [422, WHEP, sdp.replace(/a=ice-pwd:.*\r\n/, ''), SDP],
        [422, WHEP, sdp.slice(0, 90), SDP],
        [404, '/v1/rooms/nowhere/whep', sdp, SDP],
    ];
    for (const [status, path, body, headers] of cases) {
        const answer = await farfield.api('POST', path, body, headers);
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    }
    assert.deepEqual((await farfield.api('GET', '/v1/listeners')).body.listeners, []);
    const { headers } = await farfield.api('POST', WHEP, sdp, SDP);
    const session = headers.get('location');
    assert.equal((await patch(session, '', { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await patch(session, 'hello')).status, 422);
    assert.equal((await patch(session, 'a=ice-ufrag:a b\r\n')).status, 422);
    assert.equal((await patch(session, sdp, SDP)).status, 409); // it is we who answered
    // No connection yet: nothing to find another way for.
    assert.equal((await patch(session, fragmentOf((await newOffer()).sdp))).status, 409);
    assert.equal((await farfield.api('DELETE', session)).status, 200);
});

test('candidates trickle in, by the tag of their ICE session or by its name', async () => {
    const { peer, sdp } = await newOffer();
    const bare = sdp.replace(/a=candidate:.*\r\n/g, '');
    const { headers, body } = await farfield.api('POST', WHEP, bare, SDP);
    const session = headers.get('location');
    await waitFor('gathering', () => peer.iceGatheringState === 'complete');
    const own = fragmentOf(peer.localDescription.sdp);
    const nameless = own.replace(/^a=ice-.*\r\n/gm, '');
    for (const [fragment, tag, status] of [
        [own, undefined, 204], // whip-whep does so
        [nameless, undefined, 204],
        [own, headers.get('etag'), 204],
        [own, '*', 204],
        [own, '"other"', 412],
        ['a=candidate:1 1 udp 1 3f7a.local 9 typ host\r\na=candidate:nonsense\r\n', undefined, 204],
        ['a=end-of-candidates\r\n', headers.get('etag'), 204],
    ]) {
        const answer = await patch(session, fragment, tag && { 'if-match': tag });
        assert.equal(answer.status, status, `${tag}: ${JSON.stringify(answer.body)}`);
        assert.equal(answer.headers.get('etag'), null);
    }
    await peer.setRemoteDescription({ type: 'answer', sdp: body });
    await waitFor('packets', async () => await received(peer) > 10);
    assert.equal((await farfield.api('DELETE', session)).status, 200);
});

async function goesOn(listener) {
    const { ssrc } = await listener.stats();
    const from = listener.frames;
    const sound = await listener.pitched(440);
    assert.equal((await listener.stats()).ssrc, ssrc);
    assert.ok(listener.frames > from);
    return sound;
}

test('another ICE session by WHEP: same listener, same packets, no gap', async () => {
    const listener = await farfield.listen();
    await listener.pitched(440);
    const id = listener.session.split('/').pop();
    const first = (await farfield.api('GET', listener.session)).headers.get('etag');
    const old = fragmentOf(listener.peer.localDescription.sdp);
    const before = await listener.stats();
    const from = listener.frames;
    for (let i = 0; i < 3; i++) await listener.restart();
    await waitFor('the connection', () => listener.peer.connectionState === 'connected');
    await goesOn(listener);
    const stats = await listener.stats();
    assert.equal(stats.ssrc, before.ssrc);
    assert.equal(stats.packetsLost, 0);
    const sound = listener.heard((listener.frames - from) / 48000);
    assert.deepEqual(gaps(sound.left), []);
    const now = (await farfield.api('GET', listener.session)).headers.get('etag');
    assert.notEqual(now, first);
    // What belongs to a session that is over changes nothing.
    assert.equal((await patch(listener.session, old)).status, 412);
    assert.equal((await patch(listener.session, old, { 'if-match': '*' })).status, 412);
    assert.equal((await patch(listener.session, old, { 'if-match': first })).status, 412);
    // Candidates that do not say of which they are.
    assert.equal((await patch(listener.session, 'a=end-of-candidates\r\n')).status, 428);
    assert.equal((await patch(listener.session, 'a=end-of-candidates\r\n',
        { 'if-match': now })).status, 204);
    const { listeners } = (await farfield.api('GET', '/v1/listeners')).body;
    assert.deepEqual(listeners.map((l) => [l.id, l.state]), [[id, 'connected']]);
    assert.equal(await listener.close(), 200);
});

test('a restart without If-Match is one where it can be told; its answer is a fragment', async () => {
    const listener = await farfield.listen();
    const { peer } = listener;
    peer.restartIce();
    await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
    await waitFor('gathering', () => peer.iceGatheringState === 'complete');
    const answer = await patch(listener.session, fragmentOf(peer.localDescription.sdp));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/trickle-ice-sdpfrag');
    assert.equal(answer.headers.get('etag'), `"${attribute(answer.body, 'ice-ufrag')}"`);
    assert.doesNotMatch(answer.body, /^v=/m);
    assert.equal(attribute(answer.body, 'mid'), attribute(peer.localDescription.sdp, 'mid'));
    const addresses = (sdp) => candidatesOf(sdp).map((line) => line.split(' ').slice(4, 6));
    assert.deepEqual(addresses(answer.body), addresses(peer.remoteDescription.sdp));
    assert.equal(await listener.close(), 200);
});

test('another ICE session over the WebSocket, the server offering again', async () => {
    const rpc = await farfield.rpc();
    const listener = await farfield.listen({ rpc });
    await listener.pitched(440);
    const before = await listener.stats();
    const from = listener.frames;
    for (let i = 0; i < 3; i++) await listener.restart();
    await waitFor('the connection', () => listener.peer.connectionState === 'connected');
    await goesOn(listener);
    const stats = await listener.stats();
    assert.deepEqual([stats.ssrc, stats.packetsLost], [before.ssrc, 0]);
    assert.deepEqual(gaps(listener.heard((listener.frames - from) / 48000).left), []);
    await listener.close();
    await assert.rejects(rpc.call('webrtc.restart', { listener: 'nobody' }),
        ({ data }) => data.status === 404);
});

test('what offers us nothing to play into is answered by an offer, and hears', async () => {
    await waitFor('them to be gone', async () =>
        (await farfield.api('GET', '/v1/listeners')).body.listeners.length === 0);
    const video = (await newOffer({ kinds: ['video'] })).sdp;
    const sending = (await newOffer({ direction: 'sendonly' })).sdp;
    for (const sdp of [video, sending, '']) {
        const offered = await farfield.api('POST', WHEP, sdp, SDP);
        assert.equal(offered.status, 406);
        assert.equal(offered.headers.get('content-type'), 'application/sdp');
        assert.match(offered.headers.get('link'), /ice-server/);
        const session = offered.headers.get('location');
        const peer = new wrtc.RTCPeerConnection();
        peers.push(peer);
        await peer.setRemoteDescription({ type: 'offer', sdp: offered.body });
        await peer.setLocalDescription(await peer.createAnswer());
        await waitFor('gathering', () => peer.iceGatheringState === 'complete');
        const answer = peer.localDescription.sdp;
        assert.equal((await patch(session, answer, SDP)).status, 204);
        await waitFor('packets', async () => await received(peer) > 10);
        assert.equal((await farfield.api('DELETE', session)).status, 200);
    }
    const { headers } = await farfield.api('POST', WHEP, undefined, SDP);
    assert.equal((await patch(headers.get('location'), 'v=0\r\n', SDP)).status, 422);
    assert.equal((await farfield.api('GET', headers.get('location'))).status, 404);
});

test('too many listeners are 503, and told when to ask again', async () => {
    const { sdp } = await newOffer();
    const sessions = [];
    for (let i = 0; i < 4; i++) {
        const { status, headers } = await farfield.api('POST', WHEP, sdp, SDP);
        assert.equal(status, 201);
        sessions.push(headers.get('location'));
    }
    const refused = await farfield.api('POST', WHEP, sdp, SDP);
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) >= 1);
    for (const session of sessions) await farfield.api('DELETE', session);
});

test('without the pipeline it is 503, and soon all is well again', async () => {
    const { sdp } = await newOffer();
    const killed = farfield.kill('pipeline');
    const refused = await waitFor('it to be missed', async () => {
        const answer = await farfield.api('POST', WHEP, sdp, SDP);
        return answer.status === 503 && answer;
    }, { every: 5 });
    assert.equal(refused.headers.get('retry-after'), '1');
    await killed;
    await farfield.ready();
    const { status, headers } = await farfield.api('POST', WHEP, sdp, SDP);
    assert.equal(status, 201);
    await farfield.api('DELETE', headers.get('location'));
});

test('without JACK it is 409, and told when to ask again', async () => {
    const silent = await startFarfield({ wait: false, settings: { supervise: 'pipeline',
        'scsynth-port': 9 } });
    try {
        const { sdp } = await newOffer();
        const refused = await waitFor('the pipeline', async () => {
            const answer = await silent.api('POST', WHEP, sdp, SDP);
            return answer.status !== 503 && answer;
        });
        assert.equal(refused.status, 409, JSON.stringify(refused.body));
        assert.ok(Number(refused.headers.get('retry-after')) >= 1);
    } finally {
        await silent.stop();
    }
});
