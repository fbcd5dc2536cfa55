// SPDX-License-Identifier: GPL-3.0-or-later
// The WebSocket doors: Opus and PCM heard at their pitch, and what is said beside them.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import WebSocket from 'ws';
import { startFarfield } from '../lib/farfield.mjs';
import { gaps, pitch } from '../lib/sound.mjs';
import { openStream, PROTOCOL, refusalOf, streamsOf } from '../lib/streams.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => {
    farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
});
after(() => farfield.stop());

const isNear = (hz, expected) => assert.ok(Math.abs(hz - expected) < 1, `${hz} Hz`);
const inSequence = (packets) => packets.forEach(({ sequence }, i) =>
    assert.equal(sequence, packets[0].sequence + i));
const listeners = async () => (await farfield.api('GET', '/v1/listeners')).body.listeners;
const nobody = () => waitFor('nobody', async () => {
    const all = await listeners();
    if (all.length > 0) throw new Error(JSON.stringify(all));
    return true;
});
const clients = [];
async function open(name = 'audio', { mode, agent } = {}) {
    const client = await openStream((await streamsOf(farfield, { mode }))[name], agent);
    clients.push(client);
    return client;
}
afterEach(() => clients.splice(0).forEach((client) => client.socket.terminate()));

for (const [name, codec, frame] of [['audio', 'opus', 10], ['pcm', 's16', 20]]) {
    test(`${codec} is heard at its pitch, whole and in time`, async () => {
        const client = await open(name);
        const { metadata } = client;
        assert.deepEqual([metadata.codec, metadata.sampleRate, metadata.channels, metadata.frame,
            metadata.samples, metadata.room], [codec, 48000, 2, frame, frame * 48, 'main']);
        const sound = await client.hear(1);
        isNear(pitch(sound.left), 440);
        assert.deepEqual(gaps(sound.left), []);
        inSequence(sound.packets);
        const { packets } = sound;
        const spread = packets.map(({ time }, i) => time - packets[0].time - i * frame / 1000);
        assert.ok(Math.max(...spread.map(Math.abs)) < 0.01, 'the times are even');
        assert.ok(Math.abs(Date.now() / 1000 - packets.at(-1).time) < 10, 'the time is now');
        await client.close();
        await nobody();
    });
}

test('a listener is shown with its kind, counted, and can be sent away', async () => {
    const both = { websocket: await open('audio', { mode: 'safe', agent: 'mpv/0.35.0' }),
        pcm: await open('pcm', { agent: 'mpv/0.35.0' }) };
    await waitFor('counters', async () => (await listeners()).length === 2 &&
        (await listeners()).every(({ packets, bytes }) => packets > 0 && bytes > 0));
    for (const [kind, client] of Object.entries(both)) {
        const { metadata: { listener: id } } = client;
        const { body } = await farfield.api('GET', `/v1/listeners/${id}`);
        assert.deepEqual([body.kind, body.transport, body.state, body.room],
            [kind, 'websocket', 'connected', 'main']);
        assert.equal(body.client, 'mpv 0.35.0');
        if (kind === 'websocket') assert.equal(body.mode, 'safe');
        assert.equal((await farfield.api('DELETE', `/v1/listeners/${id}`)).status, 204);
        assert.equal((await client.said('stream_end')).reason, 'was sent away');
        await waitFor('close', () => client.closed !== null);
        assert.equal(client.closed, 1001);
        assert.equal((await farfield.api('GET', `/v1/listeners/${id}`)).status, 404);
    }
});

test('the clock is told, and what was asked with it comes back', async () => {
    const client = await open();
    for (const t of [1, 0.5, -3, 'now', '']) {
        const since = client.texts.length;
        client.say({ type: 'clock', t });
        const answer = await client.said('clock', since);
        assert.equal(answer.t, t);
        assert.ok(Math.abs(answer.time - Date.now() / 1000) < 10, `${answer.time}`);
    }
    await client.close();
});

test('the mode is changed while it plays, by the listener and by others', async () => {
    const client = await open('audio', { mode: 'lowest' });
    assert.deepEqual([client.metadata.frame, client.metadata.mode], [5, 'lowest']);
    isNear(pitch((await client.hear(0.5)).left), 440);
    client.say({ type: 'mode', mode: 'safe' });
    await waitFor('20 ms', () => client.metadata.frame === 20);
    assert.equal(client.metadata.mode, 'safe');
    isNear(pitch((await client.hear(0.5)).left), 440);
    const path = `/v1/listeners/${client.metadata.listener}`;
    await waitFor('its mode', async () => (await farfield.api('GET', path)).body.mode === 'safe');
    assert.equal((await farfield.api('PATCH', path, { mode: 'balanced' })).status, 200);
    await waitFor('10 ms', () => client.metadata.frame === 10);
    isNear(pitch((await client.hear(0.5)).left), 440);
    await client.close();

    const pcm = await open('pcm');
    pcm.say({ type: 'mode', mode: 'safe' });
    assert.match((await pcm.said('error')).message, /s16/);
    await pcm.close();
});

test('messages that are no good are refused one by one, then all', async () => {
    const client = await open();
    const bad = ['', 'x', '[]', '{}', '{"type":"play"}', '{"type":"clock","t":[]}',
        `{"type":"clock","t":"${'x'.repeat(65)}"}`, '{"type":"mode"}', Buffer.from('{}')];
    for (const [i, message] of bad.entries()) {
        client.say(message);
        await waitFor('error', () =>
            client.texts.filter(({ type }) => type === 'error').length === i + 1);
    }
    await client.take(0.2); // it is still heard
    client.say('x'.repeat(5000));
    assert.match((await client.said('stream_end')).reason, /no good/);
    assert.match(client.texts.filter(({ type }) => type === 'error').at(-1).message, /1024/);
    await waitFor('close', () => client.closed === 1008);
    await nobody();
});

test('who says too much at once is told so, however fast', async () => {
    for (let i = 0; i < 8; i++) {
        const client = await open();
        for (let t = 0; t < 40; t++) client.say({ type: 'clock', t });
        assert.match((await client.said('stream_end')).reason, /too many|does not read/);
        await waitFor('close', () => client.closed !== null);
        assert.equal(client.closed, 1008);
    }
    await nobody();
});

test('one who asks without reading the answers is put out', async () => {
    const client = await open();
    client.socket._socket.pause();
    for (let i = 0; i < 20000; i++) client.say({ type: 'clock', t: 'x'.repeat(64) });
    await nobody();
    client.socket.terminate();
});

test('one who keeps changing the mode is put out, and nobody else', async () => {
    const [client, other] = [await open(), await open()];
    for (let i = 0; i < 20000; i++) client.say({ type: 'mode', mode: i % 2 ? 'safe' : 'lowest' });
    await waitFor('its end', () => client.closed !== null);
    await waitFor('its end', async () => (await listeners()).length === 1);
    isNear(pitch((await other.hear(0.3)).left), 440);
    await other.close();
    await nobody();
});

test('a handshake without leave is refused with a reason', async () => {
    const { audio, pcm, webm } = await streamsOf(farfield);
    const cases = [
        [audio.replace(/\?.*/, ''), 401], [audio.replace('token=1', 'token=2'), 403],
        [audio.replace('main', 'other'), 403], [pcm.replace(/&.*/, ''), 403],
        [`${audio}&format=s16`, 403], [`${audio}&format=mp3`, 422], [`${audio}&mode=fast`, 422],
        [webm.replace('http', 'ws'), 400], [audio.replace('/audio', '/sound'), 404],
    ];
    for (const [url, status] of cases) {
        const refusal = await refusalOf(url);
        assert.equal(refusal.status, status, `${url} ${JSON.stringify(refusal.body)}`);
        assert.equal(refusal.body.status, status);
    }
    assert.equal((await refusalOf(audio, 'other.v1')).status, 400);
    assert.equal((await refusalOf(audio, [])).status, 400);
    await nobody();
});

test('who comes again with a token takes the place of the first', async () => {
    const { audio } = await streamsOf(farfield);
    const first = await openStream(audio);
    const second = await openStream(audio);
    assert.match((await first.said('stream_end')).reason, /taken its place/);
    assert.equal(first.metadata.listener, second.metadata.listener);
    isNear(pitch((await second.hear(0.5)).left), 440);
    assert.equal((await listeners()).length, 1);
    await second.close();
    await nobody();
});

test('fifty listen at once, each to every packet', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => open()));
    const heard = await Promise.all(all.map((client) => client.take(2)));
    for (const packets of heard) inSequence(packets);
    assert.equal((await listeners()).length, 50);
    isNear(pitch((await all[49].hear(0.3)).left), 440);
    await Promise.all(all.map((client) => client.close()));
    await nobody();
});

test('a connection that is torn leaves nothing behind', async () => {
    for (let i = 0; i < 20; i++) {
        const client = new WebSocket((await streamsOf(farfield)).audio, PROTOCOL);
        client.on('error', () => {});
        if (i % 2) await new Promise((done) => { client.on('open', done); });
        client.terminate();
    }
    await nobody();
    const client = await open();
    isNear(pitch((await client.hear(0.3)).left), 440);
    await client.close();
});
