// SPDX-License-Identifier: GPL-3.0-or-later
// Rooms on disk: what is in the files, to the sample.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFarfield } from '../lib/farfield.mjs';
import { assertUnbroken, breaks, decode, joined, patiently } from '../lib/recording.mjs';
import { level } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

const HZ = 1000;
const AMP = 0.2;

let farfield;
before(async () => {
    farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: HZ, amp: AMP } });
    const listener = await farfield.listen();
    await listener.pitched(HZ);
    await listener.close();
});
after(() => farfield.stop());
// One that failed leaves none running to the next.
afterEach(async () => {
    const { body: { recordings } } = await api('GET', '/v1/recordings');
    await Promise.all(recordings.filter(({ state }) => state === 'recording')
        .map(({ id }) => stop(id)));
});

const api = (...args) => farfield.api(...args);
const at = (id, rest = '') => `/v1/recordings/${id}${rest}`;

async function start(options = {}) {
    const { status, body } = await api('POST', '/v1/recordings', options);
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.state, 'recording');
    return body.id;
}

async function stop(id) {
    const { status, body } = await api('POST', at(id, '/stop'));
    assert.equal(status, 200, JSON.stringify(body));
    return body;
}

const show = async (id) => (await api('GET', at(id))).body;

async function download(id, part = 1) {
    const response = await fetch(`${farfield.base}${at(id, `/audio?part=${part}`)}`);
    assert.equal(response.status, 200);
    return Buffer.from(await response.arrayBuffer());
}

async function wholeSound(recording) {
    const sounds = [];
    for (const { part, bytes, seconds } of recording.parts) {
        const file = await download(recording.id, part);
        assert.equal(file.length, bytes);
        const sound = decode(file);
        assert.equal(sound.left.length, Math.round(seconds * 48000), `frames of part ${part}`);
        assert.equal(sound.rate, 48000);
        assert.equal(sound.bits, 24);
        sounds.push(sound);
    }
    return joined(sounds);
}

for (const format of ['wav', 'flac']) {
    test(`${format}: no gap, as long and as loud as it was, whoever comes`, patiently(async () => {
        const asked = performance.now();
        const id = await start({ format, name: 'a sine' });
        const begun = performance.now();
        let heard;
        for (let i = 0; i < 3; i++) {
            const listeners = await Promise.all([farfield.listen(), farfield.listen()]);
            heard = (await listeners[0].pitched(HZ)).left;
            await listeners[0].close();
            listeners[1].drop();
        }
        const ended = performance.now();
        const recording = await stop(id);
        const whole = performance.now();
        assert.equal(recording.state, 'done');
        assert.equal(recording.lost, 0);
        assert.equal(recording.detail, undefined);
        const { left, right } = await wholeSound(recording);
        // It began before it was answered, and ended behind the question.
        const seconds = left.length / 48000;
        const [least, most] = [(ended - begun) / 1000, (whole - asked) / 1000];
        assert.ok(seconds > least - 0.1 && seconds < most + 0.1, `${seconds} s, ${least} to ${most}`);
        assertUnbroken(left, HZ, recording);
        assertUnbroken(right, HZ, recording);
        const difference = 20 * Math.log10(level(left.subarray(0, 24000), HZ) /
            level(heard.subarray(0, 24000), HZ));
        assert.ok(Math.abs(difference) < 0.2, `${difference} dB from what was heard`);
        // 24 bits are used, and not 16 that were made longer.
        assert.ok(left.subarray(0, 4800).some((x) => (x * 0x8000) % 1 !== 0), 'finer than 16 bits');
    }));
}

test('a sample that is missing would be found', () => {
    const sine = Float64Array.from({ length: 4800 }, (_, i) => AMP *
        Math.sin((2 * Math.PI * HZ * (i + (i > 2400 ? 1 : 0))) / 48000));
    assert.ok(breaks(sine, HZ).length > 0);
    assert.deepEqual(breaks(sine.subarray(0, 2400), HZ), []);
});

for (const format of ['wav', 'flac']) {
    test(`${format}: files of a size, which put together are the whole`, patiently(async () => {
        const split = 262144;
        const id = await start({ format, split });
        // A FLAC of a sine is small.
        await waitFor('three parts', async () => (await show(id)).parts.length >= 3,
            { timeout: 60000 });
        const recording = await stop(id);
        assert.ok(recording.parts.every(({ bytes }) => bytes <= split), JSON.stringify(recording));
        const { left } = await wholeSound(recording);
        assert.equal(left.length, recording.frames);
        assertUnbroken(left, HZ, recording);
        assert.equal((await api('GET', at(id, `/audio?part=${recording.parts.length + 1}`))).status,
            404);
    }));
}

test('ends by itself, and tells so', async () => {
    const rpc = await farfield.rpc();
    await rpc.call('subscribe', { topics: ['recordings', 'rooms'] });
    const id = await start({ seconds: 2.5 });
    const told = (state) => rpc.events.filter(({ method, params }) =>
        method === 'recording.changed' && params.recording.id === id &&
        params.recording.state === state).map(({ params }) => params.recording);
    assert.deepEqual((await api('GET', '/v1/rooms/main')).body.recordings, [id]);
    const [done] = await waitFor('its end', () => told('done').length && told('done'));
    assert.equal(done.frames, 120000);
    assert.ok(told('recording').some(({ seconds }) => seconds >= 1), 'a word each second');
    assert.deepEqual((await api('GET', '/v1/rooms/main')).body.recordings, []);
    assert.equal((await wholeSound(done)).left.length, 120000);
    assert.equal((await api('DELETE', at(id))).status, 204);
    await waitFor('the news', () => rpc.events.some(({ method, params }) =>
        method === 'recording.removed' && params.id === id));
    assert.equal((await api('GET', at(id))).status, 404);
    await waitFor('its files gone', () =>
        readdirSync(join(farfield.dataDir, 'recordings')).every((name) => !name.includes(id)));
    await rpc.close();
});

test('several at once, each whole', patiently(async () => {
    const ids = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
        start({ format: i % 2 ? 'flac' : 'wav' })));
    assert.equal(new Set(ids).size, 8);
    const { status, body } = await api('POST', '/v1/recordings', {});
    assert.equal(status, 429, JSON.stringify(body));
    await sleep(1500);
    for (const recording of await Promise.all(ids.map(stop))) {
        assertUnbroken((await wholeSound(recording)).left, HZ, recording);
    }
    const { body: { recordings } } = await api('GET', '/v1/recordings');
    assert.deepEqual(ids.filter((id) => !recordings.some((one) => one.id === id)), []);
    const listed = recordings.map(({ id }) => id);
    assert.deepEqual(listed, [...listed].sort().reverse());
}));

// --- downloads ----------------------------------------------------------------------------------

function curl(...args) {
    const { status, stdout, stderr } = spawnSync('curl', ['-sS', ...args], { encoding: 'buffer' });
    assert.equal(status, 0, String(stderr));
    return stdout;
}

test('a download that was cut is gone on with', async () => {
    const id = await start();
    await sleep(1200);
    await stop(id);
    const url = `${farfield.base}${at(id, '/audio')}`;
    const whole = await download(id);
    const file = join(tmpdir(), `farfield-${process.pid}.wav`);
    try {
        curl('-r', '0-99999', '-o', file, url);
        assert.equal(readFileSync(file).length, 100000);
        curl('-C', '-', '-o', file, url);
        assert.ok(readFileSync(file).equals(whole));
        assert.ok(curl('-r', '-44', url).equals(whole.subarray(-44)));
        assert.ok(curl('-r', '1000-1999', url).equals(whole.subarray(1000, 2000)));
    } finally {
        rmSync(file, { force: true });
    }
    const head = String(curl('-I', url)).toLowerCase();
    assert.match(head, /^http\/1.1 200 /);
    assert.match(head, new RegExp(`content-length: ${whole.length}\r`));
    assert.match(head, /accept-ranges: bytes\r/);
    const etag = /etag: (.*)\r/.exec(head)[1];
    const parts = await fetch(url, { headers: { range: 'bytes=0-0', 'if-range': etag } });
    assert.equal(parts.status, 206);
    const same = await fetch(url, { headers: { 'if-none-match': etag } });
    assert.equal(same.status, 304);
    const beyond = await fetch(url, { headers: { range: `bytes=${whole.length}-` } });
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers.get('content-range'), `bytes */${whole.length}`);
});

for (const format of ['wav', 'flac']) {
    test(`${format}: can be had while it is recorded, but not deleted`, patiently(async () => {
        const id = await start({ format });
        await waitFor('two seconds', async () => (await show(id)).seconds >= 2);
        const { left } = decode(await download(id));
        assert.ok(left.length >= 1.5 * 48000, `${left.length} frames`);
        const refused = await api('DELETE', at(id));
        assert.equal(refused.status, 409);
        const recording = await stop(id);
        assert.equal(recording.state, 'done');
        assert.equal((await api('DELETE', at(id))).status, 204);
        assertUnbroken(left, HZ, recording);
    }));
}

test('a download of much takes no memory, and holds nobody up', async () => {
    const id = await start();
    await sleep(3000);
    await stop(id);
    const memory = () => Number(/VmRSS:\s+(\d+)/.exec(
        readFileSync(`/proc/${farfield.pids.controller}/status`, 'utf8'))[1]);
    const before = memory();
    // Fifty who begin to read and then do not.
    const slow = await Promise.all(Array.from({ length: 50 }, () =>
        fetch(`${farfield.base}${at(id, '/audio')}`)));
    const asked = performance.now();
    assert.equal((await api('GET', '/v1/nodes')).status, 200);
    assert.ok(performance.now() - asked < 200, `${performance.now() - asked} ms`);
    // Theirs would be 43 MB; a connection costs its 32 KiB.
    assert.ok(memory() - before < 12000, `${memory() - before} KiB more`);
    await Promise.all(slow.map((response) => response.body.cancel()));
});

test('names are labels, and never paths', async () => {
    const name = '../../é "x"\u0001';
    const id = await start({ name, seconds: 0.2 });
    await waitFor('its end', async () => (await show(id)).state === 'done');
    assert.equal((await show(id)).name, name);
    assert.deepEqual(readdirSync(join(farfield.dataDir, 'recordings', id)).sort(),
        ['1.wav', 'recording.json']);
    const { headers } = await fetch(`${farfield.base}${at(id, '/audio')}`);
    assert.equal(headers.get('content-disposition'), 'attachment; filename="..-..-_ _x__.wav"; ' +
        "filename*=UTF-8''..-..-%C3%A9%20%22x%22%01.wav");
    for (const wrong of ['..%2f..%2fstate', '..', id.slice(1), `${id}%00`]) {
        assert.equal((await api('GET', at(wrong, '/audio'))).status, 404, wrong);
        assert.equal((await api('DELETE', at(wrong))).status, 404, wrong);
    }
    assert.ok(existsSync(join(farfield.dataDir, 'recordings', id)));
});
