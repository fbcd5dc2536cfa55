// SPDX-License-Identifier: GPL-3.0-or-later
// What may die or run out while a room is recorded, and what is then in the files.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFarfield } from '../lib/farfield.mjs';
import { assertUnbroken, decode, parseWav, patiently } from '../lib/recording.mjs';
import { gaps, level } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

const HZ = 1000;

let farfield;
afterEach(() => farfield?.stop());

const api = (...args) => farfield.api(...args);
const at = (id, rest = '') => `/v1/recordings/${id}${rest}`;
const show = async (id) => (await api('GET', at(id))).body;
const stop = async (id) => (await api('POST', at(id, '/stop'))).body;

// A Farfield for each try.
const once = (work) => patiently(work, async () => {
    await farfield.stop();
    farfield = undefined;
});

async function startSounding(options = {}) {
    farfield = await startFarfield(options);
    await api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: HZ, amp: 0.2 } });
    // Behind the synth's beginning.
    await waitFor('the level', async () =>
        (await api('GET', '/v1/rooms/main')).body.level.rms[0] > -20.1);
    await sleep(300);
}

async function start(options = {}) {
    const { status, body } = await api('POST', '/v1/recordings', options);
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
}

const recordedFor = (id, seconds) =>
    waitFor(`${seconds} s`, async () => (await show(id)).seconds >= seconds);
const file = (id, name) => readFileSync(join(farfield.dataDir, 'recordings', id, name));

// From its beginning, which was before its answer, to its end, which was behind the question.
function isAsLong({ seconds }, least, most) {
    assert.ok(seconds > least - 0.1 && seconds < most + 0.1, `${seconds} s, ${least} to ${most}`);
}

async function download(id) {
    const response = await fetch(`${farfield.base}${at(id, '/audio')}`);
    assert.equal(response.status, 200);
    return decode(Buffer.from(await response.arrayBuffer()));
}

// --- deaths -------------------------------------------------------------------------------------

test('the pipeline killed: readable to the last second, and interrupted', once(async () => {
    await startSounding();
    const wav = await start();
    const flac = await start({ format: 'flac' });
    await recordedFor(wav, 3);
    const before = await show(wav);
    const begun = before.started;
    await farfield.kill('pipeline');
    const seconds = Date.now() / 1000 - begun;
    // As they lie there, before anyone has looked after them.
    const cut = parseWav(file(wav, '1.wav'), { toTheEnd: true });
    assert.ok(seconds - cut.left.length / 48000 < 1, `${cut.left.length / 48000} of ${seconds} s`);
    assertUnbroken(cut.left, HZ, before);
    assert.ok(seconds - decode(file(flac, '1.flac')).left.length / 48000 < 1.5);
    await farfield.ready();
    for (const id of [wav, flac]) {
        const recording = await waitFor('the news', async () => {
            const shown = await show(id);
            return shown.state === 'interrupted' && shown;
        });
        assert.match(recording.detail, /without notice/);
        const { left } = await download(id);
        assert.ok(seconds - left.length / 48000 < 1.5, `${left.length / 48000} of ${seconds} s`);
        assertUnbroken(left, HZ, before);
        assert.equal(left.length, recording.frames);
    }
    const again = await start({ seconds: 0.5 });
    await waitFor('another', async () => (await show(again)).state === 'done');
    assert.deepEqual((await api('GET', '/v1/rooms/main')).body.recordings, []);
    assert.equal((await api('DELETE', at(wav))).status, 204);
}));

test('the controller killed: the recording goes on, and is known to the next', once(async () => {
    await startSounding();
    const old = await start({ seconds: 0.3, name: 'old' });
    await waitFor('its end', async () => (await show(old)).state === 'done');
    const asked = performance.now();
    const id = await start({ name: 'a long one' });
    const begun = performance.now();
    await recordedFor(id, 1);
    await farfield.kill('controller');
    await sleep(700);
    farfield.launch();
    await farfield.ready();
    assert.equal((await show(old)).name, 'old');
    const { state, name } = await show(id);
    assert.deepEqual([state, name], ['recording', 'a long one']);
    assert.deepEqual((await api('GET', '/v1/rooms/main')).body.recordings, [id]);
    const least = (performance.now() - begun) / 1000;
    const recording = await stop(id);
    assert.equal(recording.state, 'done');
    isAsLong(recording, least, (performance.now() - asked) / 1000);
    assertUnbroken((await download(id)).left, HZ, recording);
}));

test('scsynth killed: silence in the file, then sound again, in time', once(async () => {
    await startSounding();
    const asked = performance.now();
    const id = await start();
    const begun = performance.now();
    await recordedFor(id, 1);
    const before = await show(id);
    const { epoch } = (await api('GET', '/v1/server')).body;
    await farfield.kill('scsynth');
    await waitFor('scsynth', async () => (await api('GET', '/v1/server')).body.epoch > epoch);
    await waitFor('the level', async () =>
        (await api('GET', '/v1/rooms/main')).body.level.rms[0] > -20.1);
    await sleep(500);
    const least = (performance.now() - begun) / 1000;
    const recording = await stop(id);
    isAsLong(recording, least, (performance.now() - asked) / 1000);
    assert.equal(recording.parts.length, 1);
    const { left } = await download(id);
    assert.ok(level(left.subarray(0, 24000), HZ) > 0.1);
    assert.ok(level(left.subarray(-20000), HZ) > 0.1);
    const holes = gaps(left);
    assert.ok(holes.length >= 1 && holes.every((hole) => hole.seconds < 5), JSON.stringify(holes));
    assertUnbroken(left.subarray(0, Math.floor(holes[0].at * 48000) - 100), HZ, before);
}));

test('SIGTERM: the files are whole, and there again at the next start', once(async () => {
    await startSounding();
    const wav = await start();
    const flac = await start({ format: 'flac' });
    await recordedFor(wav, 1);
    const begun = (await show(flac)).started;
    const { pids } = farfield;
    const ended = Date.now() / 1000;
    await farfield.stop({ keep: true });
    assert.ok(pids.pipeline);
    for (const [id, name] of [[wav, '1.wav'], [flac, '1.flac']]) {
        const note = JSON.parse(file(id, 'recording.json'));
        assert.deepEqual([note.state, note.detail], ['done', 'the server stops']);
        const { left } = decode(file(id, name));
        assert.equal(left.length, note.parts[0].frames);
        assert.equal(statSync(join(farfield.dataDir, 'recordings', id, name)).size,
            note.parts[0].bytes);
        assert.ok(left.length / 48000 > ended - begun - 0.1, `${left.length / 48000} s`);
        // The synths are ended with scsynth, which may come before the pipeline.
        assertUnbroken(left.subarray(0, Math.floor((ended - begun - 0.2) * 48000)), HZ, note);
    }
    farfield.launch();
    await farfield.ready();
    const { body: { recordings } } = await api('GET', '/v1/recordings');
    assert.deepEqual(recordings.map(({ id, state }) => [id, state]),
        [[flac, 'done'], [wav, 'done']].sort().reverse());
    assertUnbroken((await download(wav)).left.subarray(0, 40000), HZ,
        recordings.find(({ id }) => id === wav));
}));

// --- what runs out ------------------------------------------------------------------------------

test('the limit: one that runs is ended before it is hit, another refused, until some are deleted',
    once(async () => {
        await startSounding({ settings: { 'recordings-limit': 3, 'max-recordings': 1 } });
        const id = await start();
        const busy = await api('POST', '/v1/recordings', {});
        assert.equal(busy.status, 429);
        assert.match(busy.body.detail, /max-recordings/);
        const recording = await waitFor('its end', async () => {
            const shown = await show(id);
            return shown.state === 'done' && shown;
        });
        assert.match(recording.detail, /recordings-limit/);
        assert.ok(recording.bytes <= 3e6 && recording.bytes > 2.2e6, `${recording.bytes} bytes`);
        assertUnbroken((await download(id)).left, HZ, recording);
        const full = await api('POST', '/v1/recordings', {});
        assert.equal(full.status, 507);
        assert.match(full.body.detail, /3 MB/);
        assert.equal((await api('GET', '/v1/recordings')).body.recordings.length, 1);
        assert.equal((await api('DELETE', at(id))).status, 204);
        // Its files go a moment later.
        await waitFor('room', async () => (await api('POST', '/v1/recordings', { seconds: 0.2 }))
            .status === 201);
    }));

test('the disk: what is left to others is not recorded on', async () => {
    await startSounding({ settings: { 'recordings-reserve': 1000000000 } });
    const { status, body } = await api('POST', '/v1/recordings', {});
    assert.equal(status, 507);
    assert.equal(body.type, 'urn:farfield:problem:no-room');
    assert.match(body.detail, /recordings-reserve/);
    assert.deepEqual((await api('GET', '/v1/recordings')).body.recordings, []);
});

test('a folder that cannot be written to is said to be the reason', async () => {
    await startSounding({ settings: { 'recordings-dir': '/proc/farfield' } });
    const { status, body } = await api('POST', '/v1/recordings', {});
    assert.equal(status, 503);
    assert.match(body.detail, /recordings-dir: \/proc\/farfield/);
});
