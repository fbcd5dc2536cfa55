// SPDX-License-Identifier: GPL-3.0-or-later
// The doors when something is wrong: readers that are slow, parts that die, a port that is taken.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { connect, createServer } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { build, freePort, startFarfield } from '../lib/farfield.mjs';
import { gaps, pitch } from '../lib/sound.mjs';
import { decodeFile, openStream, StreamClient, streamsOf } from '../lib/streams.mjs';
import { waitFor, within } from '../lib/wait.mjs';

let farfield;
const clients = [];
before(async () => {
    farfield = await startFarfield({ settings: { 'max-listeners': 6,
        'opus-bitrate': 510000 } });
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
});
afterEach(() => clients.splice(0).forEach((client) => client.socket.terminate()));
after(() => farfield.stop());

const isNear = (hz, expected) => assert.ok(Math.abs(hz - expected) < 1, `${hz} Hz`);
const listeners = async () => (await farfield.api('GET', '/v1/listeners')).body.listeners;
const count = (number) => waitFor(`${number} listeners`,
    async () => (await listeners()).length === number);
async function open(name = 'audio', options = {}) {
    const client = await openStream((await streamsOf(farfield, options))[name]);
    clients.push(client);
    return client;
}
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(
    readFileSync(`/proc/${farfield.pids.pipeline}/status`, 'utf8'))[1]);

test('one who stops reading goes on with what is new, and nobody else notices', async () => {
    const slow = await open('pcm');
    const other = await open();
    const before = memory();
    await slow.take(0.5);
    slow.socket._socket.pause();
    // Its receive buffer and the kernel's take some of it; the rest is more than it may be behind.
    const heard = await other.hear(12);
    slow.socket._socket.resume();
    const { packets } = await slow.said('skipped');
    assert.ok(packets > 50, `${packets} packets`);
    await slow.take(1);
    await waitFor('the present', () => Date.now() / 1000 - slow.packets.at(-1).time < 1);
    isNear(pitch((await slow.hear(0.5)).left), 440);
    // What is missing is what it was told of, and its place is where it is.
    const missing = slow.packets.slice(1).map(({ sequence }, i) =>
        sequence - slow.packets[i].sequence - 1).reduce((sum, n) => sum + n, 0);
    const told = slow.texts.filter(({ type }) => type === 'skipped')
        .reduce((sum, text) => sum + text.packets, 0);
    assert.equal(missing, told);
    isNear(pitch(heard.left), 440);
    assert.deepEqual(gaps(heard.left), []);
    heard.packets.forEach(({ sequence }, i) =>
        assert.equal(sequence, heard.packets[0].sequence + i));
    // A sanitizer keeps what was freed.
    if (!build.endsWith('san')) assert.ok(memory() - before < 8192, `${memory() - before} KiB more`);
    await waitFor('its loss is shown', async () =>
        (await listeners()).find(({ kind }) => kind === 'pcm').lost === told);
});

test('a slow reader by HTTP goes on with what is new, in one file without a hole', async () => {
    const { ogg } = await streamsOf(farfield);
    const response = await new Promise((resolve, reject) => {
        http.get(ogg, { highWaterMark: 4096 }, resolve).on('error', reject);
    });
    const chunks = [];
    response.on('data', (data) => chunks.push(data));
    await waitFor('a second', () => Buffer.concat(chunks).length > 48000);
    response.pause();
    await sleep(10000);
    response.resume();
    await waitFor('a loss', async () => (await listeners())[0].lost > 0);
    const now = Buffer.concat(chunks).length;
    await waitFor('more', () => Buffer.concat(chunks).length > now + 60000, { timeout: 60000 });
    response.destroy();
    const sound = await decodeFile(Buffer.concat(chunks));
    isNear(pitch(sound.left), 440);
    assert.deepEqual(gaps(sound.left), []);
    await count(0);
});

test('one who takes nothing by HTTP is put out, and nobody else', async () => {
    const one = await startFarfield({ settings: { 'stream-patience': 1, 'opus-bitrate': 510000 } });
    let other, deaf;
    try {
        await one.api('POST', '/v1/nodes', { synthdef: 'sine' }); // silence would take few bytes
        const { audio, webm } = await streamsOf(one);
        other = await openStream(audio);
        const { host, hostname, port, pathname, search } = new URL(webm);
        deaf = connect(Number(port), hostname).pause(); // what nobody reads stays in the kernel
        const closed = new Promise((done) => { deaf.on('close', done); });
        deaf.on('error', () => {}); // a reset is an end, too
        deaf.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        const all = async () => (await one.api('GET', '/v1/listeners')).body.listeners;
        await waitFor('it', async () => (await all()).some(({ kind }) => kind === 'webm'));
        await waitFor('its end', async () => (await all()).length === 1);
        assert.match(one.log, /listener\.closed .*detail="it took nothing for too long"/);
        await other.take(0.2);
        deaf.resume(); // the rest, and then the end
        await within('its close', 30000, closed);
    } finally {
        deaf?.destroy();
        await other?.close();
        await one.stop();
    }
});

test('hundreds come and go by every door, and leave nothing behind', async () => {
    const steady = await open();
    const handles = () => readdirSync(`/proc/${farfield.pids.pipeline}/fd`).length;
    const threads = () => readdirSync(`/proc/${farfield.pids.pipeline}/task`).length;
    const [handlesBefore, threadsBefore] = [handles(), threads()];
    const heard = steady.hear(5);
    const visit = async (i) => {
        const streams = await streamsOf(farfield, { mode: ['lowest', 'balanced', 'safe'][i % 3] });
        if (i % 4 < 2) {
            const client = new StreamClient(streams[i % 4 ? 'audio' : 'pcm']);
            if (i % 8 < 4) await waitFor('a packet', () => client.packets.length > 0 ||
                client.closed !== null, { every: 5 });
            client.socket.terminate();
            return;
        }
        const leave = new AbortController();
        await fetch(streams[i % 4 === 2 ? 'webm' : 'ogg'], { signal: leave.signal })
            .then((response) => response.body.getReader().read());
        leave.abort();
    };
    for (let i = 0; i < 400; i += 4) {
        await Promise.all([i, i + 1, i + 2, i + 3].map(visit));
        if (i % 40 === 0) await count(1); // no more than six may be here at once
    }
    const { left, packets } = await heard;
    isNear(pitch(left), 440);
    assert.deepEqual(gaps(left), []);
    packets.forEach(({ sequence }, i) => assert.equal(sequence, packets[0].sequence + i));
    await count(1);
    await waitFor('as many descriptors and threads as before', () =>
        handles() <= handlesBefore && threads() <= threadsBefore);
});

test('a killed pipeline is back within a second or so, and so is who listened', async () => {
    const client = await open();
    await client.take(0.3);
    await farfield.kill('pipeline');
    const killed = Date.now();
    await waitFor('close', () => client.closed !== null);
    const again = await waitFor('another', () => open().catch(() => null), { every: 50 });
    await again.take(0.1);
    console.log(`# heard again ${Date.now() - killed} ms after the kill`);
    isNear(pitch((await again.hear(0.5)).left), 440);
    await count(1);
});

test('a controller that is killed and comes back knows who listens', async () => {
    const client = await open('pcm');
    const [shown] = await waitFor('it is shown', async () => {
        const all = await listeners();
        return all.length === 1 && all[0].packets > 0 && all;
    });
    await farfield.kill('controller');
    const from = client.packets.length;
    farfield.launch();
    await farfield.ready();
    await waitFor('it is shown again', async () => {
        const [listener] = await listeners();
        return listener && listener.packets > shown.packets;
    });
    const [again] = await listeners();
    for (const key of ['id', 'room', 'kind', 'state', 'since', 'transport', 'client']) {
        assert.deepEqual(again[key], shown[key], key);
    }
    assert.equal(client.closed, null);
    client.packets.slice(from).forEach(({ sequence }, i) =>
        assert.equal(sequence, client.packets[from].sequence + i));
});

test('all kinds together are no more than max-listeners', async () => {
    const rtc = await farfield.listen();
    await open('pcm');
    for (let i = 0; i < 4; i++) await open();
    await count(6);
    const { webm } = await streamsOf(farfield);
    const refused = await fetch(webm);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.match((await refused.json()).detail, /no more/);
    await assert.rejects(farfield.listen());
    await clients.pop().close();
    await count(5);
    const { body } = await fetch(webm);
    await count(6);
    await body.cancel();
    await rtc.close();
});

test('who listens when the server stops is told so', async () => {
    const one = await startFarfield();
    const { audio, webm } = await streamsOf(one);
    const client = await openStream(audio);
    const response = await fetch(webm);
    await client.take(0.2);
    const stopped = one.stop();
    assert.equal((await client.said('stream_end')).reason, 'the server stops');
    await waitFor('close', () => client.closed === 1001);
    await response.arrayBuffer(); // has an end, and not by a reset
    await stopped;
});

test('a port that is taken is waited for, and WebRTC does without it', async () => {
    const streamPort = await freePort();
    const holder = createServer().listen(streamPort, '127.0.0.1');
    const one = await startFarfield({ streamPort });
    const refused = await one.api('POST', '/v1/rooms/main/streams', {});
    assert.equal(refused.status, 503);
    assert.match(refused.body.detail, new RegExp(`port ${streamPort} .*stream-port`));
    assert.match(one.log, new RegExp(`streams.port .*port ${streamPort} `));
    const streams = async () => (await one.api('GET', '/v1/health/ready')).body.streams;
    assert.deepEqual(await streams(),
        { ok: false, detail: `the pipeline cannot listen on port ${streamPort} (stream-port)` });
    const rtc = await one.listen();
    await one.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
    await rtc.pitched(440);
    holder.close();
    const client = await waitFor('a stream', async () => openStream((await streamsOf(one)).audio));
    assert.deepEqual(await streams(), { ok: true, detail: 'open' });
    isNear(pitch((await client.hear(0.3)).left), 440);
    await client.close();
    await rtc.close();
    await one.stop();
});

test('a server without the doors says so', async () => {
    const one = await startFarfield({ streamPort: 0 });
    const refused = await one.api('GET', '/v1/rooms/main/listen.ogg');
    assert.equal(refused.status, 503);
    assert.match(refused.body.detail, /stream-port is 0/);
    const { body } = await one.api('GET', '/v1/health/ready');
    assert.equal(body.streams.ok, true);
    assert.match(body.streams.detail, /stream-port is 0/);
    await one.stop();
});
