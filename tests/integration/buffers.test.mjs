// SPDX-License-Identifier: GPL-3.0-or-later
// Sound files into buffers of the real scsynth, and out of them into an ear.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { pitch } from '../lib/sound.mjs';
import { convert, readWav, sine, wav } from '../lib/soundfile.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => { farfield = await startFarfield(); });
after(() => farfield.stop());

const api = (...args) => farfield.api(...args);
const upload = (bytes, query = '', type = 'application/octet-stream') =>
    api('POST', `/v1/buffers${query}`, bytes, { 'content-type': type });
const show = async (id) => (await api('GET', `/v1/buffers/${id}`)).body;
const free = (id) => api('DELETE', `/v1/buffers/${id}`);
const play = async (synthdef, controls) => {
    const made = await api('POST', '/v1/nodes', { synthdef, controls });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body.id;
};
const stop = (id) => api('DELETE', `/v1/nodes/${id}`);
const samples = async (id, query = '') =>
    (await api('GET', `/v1/buffers/${id}/samples${query}`)).body.samples.map(Math.fround);
// What comes back as a file.
const download = async (path) => {
    const response = await fetch(new URL(path, farfield.base));
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get('content-type'), 'audio/wav');
    return readWav(Buffer.from(await response.arrayBuffer()));
};
const files = (...folder) => readdirSync(join(farfield.dataDir, ...folder));

test('WAV, AIFF, FLAC and Ogg become buffers that sound as they were recorded', async () => {
    const listener = await farfield.listen();
    for (const [kind, hz, type] of [['wav', 440, 'audio/wav'], ['aiff', 550, 'audio/aiff'],
        ['flac', 660, 'audio/flac'], ['ogg', 770, 'application/ogg']]) {
        const file = wav([sine(hz)]);
        const made = await upload(kind === 'wav' ? file : convert(file, kind), `?name=${kind}`, type);
        assert.equal(made.status, 201, JSON.stringify(made.body));
        assert.equal(made.headers.get('location'), `/v1/buffers/${made.body.id}`);
        const { id, ...rest } = made.body;
        assert.deepEqual(rest, { name: kind, frames: 48000, channels: 1, rate: 48000, start: 0,
            asset: rest.asset, state: 'ready', layers: 0 });
        assert.match(rest.asset, /^[0-9a-f]{64}\.wav$/);
        const node = await play('player_mono', { buf: id, loop: 1 });
        const heard = await listener.pitched(hz);
        assert.ok(Math.abs(pitch(heard.left) - hz) < 2, `${kind}: ${pitch(heard.left)} Hz`);
        await stop(node);
        assert.equal((await free(kind)).status, 204);
        assert.equal((await api('GET', `/v1/buffers/${id}`)).status, 404);
    }
    await listener.close();
    assert.deepEqual(files('server', 'buffers'), [], 'nothing is left where scsynth reads');
    assert.deepEqual(files('uploads'), []);
});

test('rate, start and loop do what they say; stereo stays left and right', async () => {
    const listener = await farfield.listen();
    const half = [sine(400, { seconds: 0.5 }), sine(800, { seconds: 0.5 })];
    const two = new Float32Array(48000);
    two.set(half[0]);
    two.set(half[1], 24000);
    const mono = (await upload(wav([two]), '?name=two')).body.id;
    // From the middle on, doubled: only the second half, an octave up.
    let node = await play('player_mono', { buf: mono, start: 0.5, rate: 2, loop: 0 });
    await waitFor('its own end', async () => (await api('GET', `/v1/nodes/${node}`)).status === 404);
    await listener.hear(0.5);
    const sound = Array.from(listener.heard(1.5).left);
    const loud = sound.flatMap((x, i) => (Math.abs(x) > 0.02 ? [i] : []));
    const seconds = (loud.at(-1) - loud[0]) / 48000;
    assert.ok(seconds > 0.2 && seconds < 0.3, `${seconds} s sound`);
    const middle = Float32Array.from(sound.slice(loud[0] + 2000, loud.at(-1) - 1000));
    assert.ok(Math.abs(pitch(middle) - 1600) < 5, `${pitch(middle)} Hz`);
    assert.equal((await free(mono)).status, 204);

    const low = (await upload(wav([sine(300)]))).body.id;
    node = await play('player_mono', { buf: low, rate: 2, loop: 1 });
    assert.ok(Math.abs(pitch((await listener.pitched(600)).left) - 600) < 2);
    await api('PATCH', `/v1/nodes/${node}`, { controls: { rate: 1 } });
    await listener.pitched(300);
    await stop(node);

    const stereo = await upload(wav([sine(500), sine(900)]));
    assert.equal(stereo.body.channels, 2);
    node = await play('player_stereo', { buf: stereo.body.id, loop: 1 });
    const heard = await waitFor('500 Hz on the left', async () => {
        const sound = await listener.hear(0.5);
        return Math.abs(pitch(sound.left) - 500) < 1 && sound;
    });
    assert.ok(Math.abs(pitch(heard.right) - 900) < 2, `right: ${pitch(heard.right)} Hz`);
    // Let go, it fades and ends.
    await api('PATCH', `/v1/nodes/${node}`, { controls: { gate: 0 } });
    await listener.silent();
    for (const id of [low, stereo.body.id]) await free(id);
    await listener.close();
});

test('a file of another sample rate is played at its own pitch', async () => {
    const listener = await farfield.listen();
    const { body } = await upload(wav([sine(440, { rate: 22050 })], { rate: 22050 }));
    assert.equal(body.rate, 22050);
    const node = await play('player_mono', { buf: body.id, loop: 1 });
    await listener.pitched(440);
    await stop(node);
    await free(body.id);
    await listener.close();
});

test('what comes back is what was sent, to the sample', async () => {
    const left = sine(440, { seconds: 0.2, amp: 0.9 });
    const right = Float32Array.from(left, (x, i) => x * Math.sin(i));
    for (const [name, file] of [['float', wav([left, right], { float: true })],
        ['16 bits', wav([left, right])],
        ['24 bits', convert(wav([left, right], { float: true }), 'wav', '-pcm24')]]) {
        const sent = readWav(file);
        const { body } = await upload(file);
        const back = await download(`/v1/buffers/${body.id}/audio`);
        assert.equal(back.rate, 48000);
        assert.equal(back.width, 4);
        assert.deepEqual(back.channels, sent.channels, name);
        const kept = await download(`/v1/assets/${body.asset}/audio`);
        assert.equal(kept.width, sent.width, 'an asset is no wider than what was sent');
        assert.deepEqual(kept.channels, sent.channels, name);
        const first = await samples(body.id, '?start=100&count=6');
        assert.deepEqual(first, [50, 51, 52].flatMap((i) => sent.channels.map((c) => c[i])));
        await free(body.id);
    }
    assert.deepEqual(files('server', 'buffers'), []);
});

test('a buffer of silence is generated, written, read and freed', async () => {
    const made = await api('POST', '/v1/buffers', { frames: 512, name: 'table' });
    assert.equal(made.status, 201);
    const { id } = made.body;
    assert.deepEqual(await samples(id), new Array(512).fill(0));

    const generate = (body) => api('POST', '/v1/buffers/table/generate', body);
    assert.equal((await generate({ wave: 'sine1', amplitudes: [1] })).status, 200);
    const period = await samples(id);
    period.forEach((x, i) => assert.ok(Math.abs(x - Math.sin((2 * Math.PI * i) / 512)) < 0.01));
    // sine2: two periods, half as loud, not normalised, on top.
    await generate({ wave: 'sine2', amplitudes: [0.5], frequencies: [2], normalize: false,
        clear: false });
    (await samples(id)).forEach((x, i) => assert.ok(Math.abs(x -
        Math.sin((2 * Math.PI * i) / 512) - 0.5 * Math.sin((4 * Math.PI * i) / 512)) < 0.01));
    // sine3: a cosine.
    await generate({ wave: 'sine3', amplitudes: [1], frequencies: [1], phases: [Math.PI / 2] });
    (await samples(id)).forEach((x, i) =>
        assert.ok(Math.abs(x - Math.cos((2 * Math.PI * i) / 512)) < 0.01));
    // A Chebyshev polynomial of degree 1 is the straight line; as a wavetable it is 2a-b, b-a.
    await generate({ wave: 'cheby', amplitudes: [1] });
    const line = await samples(id);
    assert.ok(Math.abs(line[0] + 1) < 0.02 && Math.abs(line[511] - 1) < 0.02 &&
        Math.abs(line[256]) < 0.02, `${line[0]} ${line[256]} ${line[511]}`);
    await generate({ wave: 'sine1', amplitudes: [1], wavetable: true });
    const table = await samples(id);
    for (let i = 0; i < 255; i++) {
        const sum = table[2 * i] + table[2 * i + 1];
        assert.ok(Math.abs(sum - Math.sin((2 * Math.PI * i) / 256)) < 0.01, `${i}: ${sum}`);
    }

    const values = Array.from({ length: 100 }, (_, i) => Math.fround(i / 100));
    const wrote = await api('PATCH', `/v1/buffers/${id}/samples`, { start: 412, values });
    assert.equal(wrote.status, 204, JSON.stringify(wrote.body));
    assert.deepEqual(await samples(id, '?start=412'), values);
    assert.deepEqual(Array.from((await download(`/v1/buffers/${id}/audio`)).channels[0].subarray(412)),
        values);
    assert.equal((await show('table')).layers, 2);
    assert.equal((await free('table')).status, 204);
    assert.equal((await api('GET', '/v1/buffers')).body.buffers.length, 0);
});

test('samples are read in any number, in order, while others are', async () => {
    const frames = 70000;
    const ramp = Float32Array.from({ length: frames }, (_, i) => i / frames);
    const { body } = await upload(wav([ramp], { float: true }));
    const [a, b] = await Promise.all([samples(body.id), samples(body.id, '?start=4000&count=9000')]);
    assert.deepEqual(a, Array.from(ramp.subarray(0, 65536)));
    assert.deepEqual(b, Array.from(ramp.subarray(4000, 13000)));
    await free(body.id);
});

test('assets are kept once, whatever they came as, and go when nothing is made of them', async () => {
    const file = wav([sine(250, { seconds: 0.1 })]);
    const first = await api('POST', '/v1/assets?name=tone', file);
    assert.equal(first.status, 201, JSON.stringify(first.body));
    const { asset } = first.body;
    assert.equal(first.headers.get('location'), `/v1/assets/${asset}/audio`);
    assert.deepEqual(first.body, { asset, title: 'tone', bytes: 44 + 9600, frames: 4800, channels: 1,
        rate: 48000, format: 'wav', buffers: [] });
    for (const kind of ['flac', 'aiff'])
        assert.equal((await api('POST', '/v1/assets', convert(file, kind))).body.asset, asset, kind);
    const many = await Promise.all([1, 2, 3].map(() => upload(file)));
    assert.deepEqual(new Set(many.map(({ body }) => body.asset)), new Set([asset]));
    assert.equal(new Set(many.map(({ body }) => body.id)).size, 3);
    const part = await api('POST', '/v1/buffers', { asset, start: 1000, frames: 500 });
    assert.equal(part.status, 201);
    assert.equal(part.body.frames, 500);
    const whole = await samples(many[0].body.id);
    assert.deepEqual(await samples(part.body.id), whole.slice(1000, 1500));
    const listed = (await api('GET', '/v1/assets')).body.assets.find((each) => each.asset === asset);
    assert.equal(listed.buffers.length, 4);
    assert.equal((await api('DELETE', `/v1/assets/${asset}`)).status, 409);
    for (const { body } of [...many, part]) assert.equal((await free(body.id)).status, 204);
    assert.equal((await api('DELETE', `/v1/assets/${asset}`)).status, 204);
    assert.equal((await api('GET', `/v1/assets/${asset}/audio`)).status, 404);
    assert.ok(!files('assets').some((name) => name.startsWith(asset)));
});

// --- as it is drawn -----------------------------------------------------------------------------

const peaks = (id, query = '') => api('GET', `/v1/buffers/${id}/peaks${query}`);
const near = (values, expected, by) => {
    assert.equal(values.length, expected.length);
    values.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) <= by,
        `${i}: ${value}, not ${expected[i]}`));
};

test('what is drawn of a buffer is what is in it now, channel by channel', async () => {
    const ramp = Float32Array.from({ length: 8000 }, (_, i) => i / 8000);
    const down = ramp.map((value) => -value / 2);
    const { id } = (await upload(wav([ramp, down]))).body;
    const { status, body } = await peaks(id, '?points=4');
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.from, 0);
    assert.equal(body.frames, 8000);
    assert.equal(body.sample_rate, 48000);
    assert.equal(body.channels.length, 2);
    near(body.channels[0].min, [0, 0.25, 0.5, 0.75], 1e-4);
    near(body.channels[0].max, [0.25, 0.5, 0.75, 1], 2e-4);
    near(body.channels[1].min, [-0.125, -0.25, -0.375, -0.5], 1e-4);
    near(body.channels[1].max, [0, -0.125, -0.25, -0.375], 1e-4);

    // A part of it, and no more points than frames.
    const part = (await peaks(id, '?points=100&from=4000&frames=3')).body;
    assert.equal(part.frames, 3);
    near(part.channels[0].min, [0.5, 0.500125, 0.50025], 1e-5);
    assert.deepEqual(part.channels[0].max, part.channels[0].min);

    // What has been written since shows.
    await api('PATCH', `/v1/buffers/${id}/samples`, { start: 16, values: [0.9, -0.9] });
    const written = (await peaks(id, '?points=1000')).body;
    near([written.channels[0].max[1], written.channels[1].min[1]], [0.9, -0.9], 1e-4);
    assert.equal((await peaks(id, '?points=4097')).status, 422);
    assert.equal((await peaks(id, '?from=8000')).status, 422);
    assert.equal((await peaks(999999)).status, 404);
    await free(id);
    assert.deepEqual(files('server', 'buffers'), [], 'nothing is left where scsynth writes');
});

// scsynth does what it is asked one after the other: what others ask comes between two pieces.
test('ten minutes of stereo are drawn eight times, and nobody else waits long', async () => {
    const frames = 600 * 48000;
    const { id } = (await api('POST', '/v1/buffers', { frames, channels: 2 })).body;
    await api('PATCH', `/v1/buffers/${id}/samples`,
        { start: 2 * (frames - 1), values: [0.5, -0.25] });
    const player = await farfield.rpc();
    const synth = await player.call('synth.new', { synthdef: 'sine', controls: { amp: 0 } });
    let longest = 0;
    let drawn;
    const all = Promise.all(Array.from({ length: 8 }, () => peaks(id, '?points=4096')))
        .then((answers) => { drawn = answers; });
    while (!drawn) {
        const began = performance.now();
        await player.call('node.set', { id: synth.id, controls: { freq: 300 } });
        longest = Math.max(longest, performance.now() - began);
    }
    await all;
    for (const { status, body } of drawn) {
        assert.equal(status, 200, JSON.stringify(body).slice(0, 500));
        assert.equal(body.frames, frames);
        const [left, right] = body.channels;
        assert.equal(left.max.length, 4096);
        assert.deepEqual([left.max[4095], left.max[4094], right.min[4095], right.max[4095]],
            [0.5, 0, -0.25, 0]);
    }
    assert.ok(longest < 500, `node.set waited ${longest} ms`);
    await player.call('node.free', { id: synth.id });
    await free(id);
    assert.deepEqual(files('server', 'buffers'), []);
});
