// SPDX-License-Identifier: GPL-3.0-or-later
// Sound files that are broken or mean harm, and more than there is room for: a clear answer, and
// scsynth plays on.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { convert, sine, wav } from '../lib/soundfile.mjs';
import { waitFor } from '../lib/wait.mjs';

const MIB = 1024 * 1024;
let farfield, scsynth;
before(async () => {
    farfield = await startFarfield({ settings: { 'max-upload': 2, 'max-assets': 4,
        'max-buffers': 8 } });
    scsynth = farfield.pids.scsynth;
});
after(async () => {
    assert.equal(farfield.pids.scsynth, scsynth, 'scsynth is the same as at the start');
    await farfield.stop();
});

const api = (...args) => farfield.api(...args);
const upload = (bytes, path = '/v1/buffers', type = 'application/octet-stream') =>
    api('POST', path, bytes, { 'content-type': type });
const buffers = async () => (await api('GET', '/v1/buffers')).body.buffers;
const assets = async () => (await api('GET', '/v1/assets')).body.assets;
const files = (...folder) => readdirSync(join(farfield.dataDir, ...folder));
const good = wav([sine(440, { seconds: 0.1 })]);

function changed(file, at, write) {
    const copy = Buffer.from(file);
    write(copy, at);
    return copy;
}

const int32 = (value) => (copy, at) => copy.writeInt32LE(value, at);
const int16 = (value) => (copy, at) => copy.writeUInt16LE(value, at);

test('what is no sound, or not whole, is refused with a reason', async () => {
    const flac = convert(good, 'flac');
    const ogg = convert(good, 'ogg');
    const aiff = convert(good, 'aiff');
    const nan = wav([Float32Array.from([0, 0.5, NaN, 0.5])], { float: true });
    const infinite = wav([Float32Array.from([0, Infinity])], { float: true });
    const cases = [
        ['text', Buffer.from('just some words, and a few more of them'), /not a sound file/],
        ['one byte', Buffer.from('R'), /not a sound file/],
        ['a script', Buffer.from('#!/bin/sh\nrm -rf /\n'), /not a sound file/],
        ['a header alone', good.subarray(0, 44), /cut off|no sound/],
        ['half a header', good.subarray(0, 20), /./],
        ['a WAV that is cut off', good.subarray(0, 3000), /cut off/],
        ['an AIFF that is cut off', aiff.subarray(0, 3000), /cut off/],
        ['a FLAC that is cut off', flac.subarray(0, flac.length / 2), /cut off|damaged|malformed/],
        ['an Ogg that is cut off', ogg.subarray(0, ogg.length / 2), /./],
        ['a WAV that promises 2 GiB', changed(good, 40, int32(0x7ffffff0)), /cut off/],
        ['no channels', changed(good, 22, int16(0)), /./],
        ['65535 channels', changed(good, 22, int16(65535)), /./],
        ['a rate of 0', changed(good, 24, int32(0)), /./],
        ['a rate below 0', changed(good, 24, int32(-48000)), /./],
        ['a width of 0', changed(good, 34, int16(0)), /./],
        ['an unknown coding', changed(good, 20, int16(0x7777)), /./],
        ['NaN', nan, /frame 2 holds a sample that is no number/],
        ['infinity', infinite, /frame 1 holds/],
        ['an AU file', convert(good, 'au'), /no WAV, AIFF, FLAC or Ogg/],
        ['a CAF file', convert(good, 'caf'), /no WAV, AIFF, FLAC or Ogg/],
    ];
    for (const [name, bytes, reason] of cases) {
        const { status, body } = await upload(bytes);
        assert.equal(status, 422, `${name}: ${status} ${JSON.stringify(body)}`);
        assert.match(body.detail, reason, name);
        assert.doesNotMatch(body.detail, new RegExp(farfield.dataDir), 'our folders are our own');
    }
    assert.deepEqual(await buffers(), []);
    assert.deepEqual(await assets(), []);
    for (const folder of [['uploads'], ['assets'], ['server', 'buffers']])
        assert.deepEqual(files(...folder), [], folder.join('/'));
});

test('mutants of good files never do harm', async () => {
    let state = 7;
    const random = (below) => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return (state >>> 8) % below;
    };
    const sources = [good, convert(good, 'flac'), convert(good, 'ogg'), convert(good, 'aiff')];
    const outcomes = {};
    for (let i = 0; i < 60; i++) {
        const mutant = Buffer.from(sources[i % 4]);
        for (let k = 0; k < 1 + random(6); k++) mutant[random(Math.min(mutant.length, 400))] = random(256);
        const { status, body } = await upload(mutant, '/v1/assets');
        assert.ok([201, 413, 422].includes(status), `${status} ${JSON.stringify(body)}`);
        outcomes[status] = (outcomes[status] ?? 0) + 1;
        if (status === 201) await api('DELETE', `/v1/assets/${body.asset}`);
    }
    assert.ok(outcomes[422] > 5, JSON.stringify(outcomes));
    assert.deepEqual(await assets(), []);
});

test('a small file with a lot of sound in it stops at the limit', async () => {
    // 2.5 million frames of silence are a few KiB of FLAC, and 10 MB in a buffer.
    const bomb = convert(wav([new Float32Array(2500000)]), 'flac');
    assert.ok(bomb.length < MIB / 4, `${bomb.length} bytes`);
    const { status, body } = await upload(bomb);
    assert.equal(status, 413, JSON.stringify(body));
    assert.deepEqual(files('assets'), []);
});

test('names and paths of clients lead nowhere', async () => {
    const made = await upload(good, `/v1/buffers?name=${encodeURIComponent('../../etc/passwd')}`);
    assert.equal(made.status, 201);
    assert.equal(made.body.name, '../../etc/passwd', 'a name is a name and no path');
    assert.match(files('assets').sort()[0], /^[0-9a-f]{64}\.wav$/);
    for (const asset of ['../run/state.json', '/etc/passwd', '..', `${made.body.asset}/..`,
        `../assets/${made.body.asset}`, '']) {
        const one = encodeURIComponent(asset);
        for (const [method, path] of [['GET', `/v1/assets/${one}/audio`], ['DELETE', `/v1/assets/${one}`]]) {
            const { status } = await api(method, path);
            assert.ok([404, 405].includes(status), `${method} ${path}: ${status}`);
        }
        const { status, body } = await api('POST', '/v1/buffers', { asset });
        assert.equal(status, 422, JSON.stringify(body));
        assert.equal(body.errors[0].field, 'asset');
    }
    assert.equal((await api('DELETE', `/v1/buffers/${made.body.id}`)).status, 204);
    assert.equal((await api('DELETE', `/v1/assets/${made.body.asset}`)).status, 204);
});

test('wrong requests name their field and change nothing', async () => {
    const { body: table } = await api('POST', '/v1/buffers', { frames: 100, name: 'table' });
    const { body: pair } = await api('POST', '/v1/buffers', { frames: 64, channels: 2 });
    const cases = [
        ['POST', '/v1/buffers', {}, 'frames'],
        ['POST', '/v1/buffers', { frames: 0 }, 'frames'],
        ['POST', '/v1/buffers', { frames: -5 }, 'frames'],
        ['POST', '/v1/buffers', { frames: 2147483647 }, 'frames'],
        ['POST', '/v1/buffers', { frames: 2 ** 53 }, 'frames'],
        ['POST', '/v1/buffers', { frames: 3 * MIB }, 'frames'],
        ['POST', '/v1/buffers', { frames: 10, channels: 0 }, 'channels'],
        ['POST', '/v1/buffers', { frames: 10, channels: 1000 }, 'channels'],
        ['POST', '/v1/buffers', { frames: 10, name: '7' }, 'name'],
        ['POST', '/v1/buffers', { frames: 10, start: 2 }, 'start'],
        ['POST', '/v1/buffers', { asset: 'none' }, 'asset'],
        ['POST', '/v1/buffers/table/generate', { wave: 'saw', amplitudes: [1] }, 'wave'],
        ['POST', '/v1/buffers/table/generate', { wave: 'sine1', amplitudes: [] }, 'amplitudes'],
        ['POST', '/v1/buffers/table/generate', { wave: 'sine1', amplitudes: [1e39] }, 'amplitudes'],
        ['POST', '/v1/buffers/table/generate', { wave: 'sine2', amplitudes: [1] }, 'frequencies'],
        ['POST', '/v1/buffers/table/generate',
            { wave: 'sine2', amplitudes: [1, 2], frequencies: [1] }, 'frequencies'],
        ['POST', '/v1/buffers/table/generate',
            { wave: 'sine1', amplitudes: [1], phases: [1] }, 'phases'],
        ['POST', '/v1/buffers/table/generate',
            { wave: 'sine1', amplitudes: [1], wavetable: true }, 'wavetable'],
        ['POST', `/v1/buffers/${pair.id}/generate`, { wave: 'sine1', amplitudes: [1] }, 'id'],
        ['GET', '/v1/buffers/table/samples?start=100', undefined, 'start'],
        ['GET', '/v1/buffers/table/samples?start=-1', undefined, 'start'],
        ['GET', '/v1/buffers/table/samples?start=99&count=2', undefined, 'count'],
        ['PATCH', '/v1/buffers/table/samples', { start: 100, values: [1] }, 'start'],
        ['PATCH', '/v1/buffers/table/samples', { start: 99, values: [1, 2] }, 'values'],
        ['PATCH', '/v1/buffers/table/samples', { values: [] }, 'values'],
        ['PATCH', '/v1/buffers/table/samples', { values: ['1'] }, 'values'],
        ['PATCH', '/v1/buffers/table/samples', { values: [1e39] }, 'values'],
    ];
    for (const [method, path, json, field] of cases) {
        const { status, body } = await api(method, path, json);
        const what = `${method} ${path} ${JSON.stringify(json)}: ${status} ${JSON.stringify(body)}`;
        assert.equal(status, 422, what);
        assert.equal(body.errors[0].field, field, what);
    }
    for (const path of ['0', '15359', 'nobody', '99999999999999999999', '-1', '1e3'])
        assert.equal((await api('GET', `/v1/buffers/${path}`)).status, 404, path);
    const { body } = await api('GET', '/v1/buffers/table/samples');
    assert.deepEqual(body.samples, new Array(100).fill(0));
    assert.equal((await buffers()).length, 2);
    for (const { id } of [table, pair]) await api('DELETE', `/v1/buffers/${id}`);
});

test('limits: of an upload, of all sounds, of all buffers', async () => {
    const large = await upload(wav([new Float32Array(1.2 * MIB)]), '/v1/assets');
    assert.equal(large.status, 413);
    // 1.5 MB each; the third does not fit into 4 MiB, and leaves nothing.
    const noise = (seed) => Float32Array.from({ length: 750000 }, (_, i) => Math.sin(i * i * seed) / 2);
    const added = [];
    for (const seed of [1, 2]) {
        const { status, body } = await upload(wav([noise(seed)]), '/v1/assets');
        assert.equal(status, 201, JSON.stringify(body));
        added.push(body.asset);
    }
    const third = await upload(wav([noise(3)]), '/v1/buffers');
    assert.equal(third.status, 507, JSON.stringify(third.body));
    assert.equal(files('assets').filter((name) => name.endsWith('.wav')).length, 2);
    // 8 MiB of buffers are two of 3 MB, and no third.
    const made = [];
    for (const asset of added) made.push((await api('POST', '/v1/buffers', { asset })).body.id);
    const full = await api('POST', '/v1/buffers', { asset: added[0] });
    assert.equal(full.status, 507, JSON.stringify(full.body));
    for (const id of made) await api('DELETE', `/v1/buffers/${id}`);
    for (const asset of added) assert.equal((await api('DELETE', `/v1/assets/${asset}`)).status, 204);
});

test('an upload that is broken off leaves nothing', async () => {
    const socket = request(new URL('/v1/buffers', farfield.base), { method: 'POST',
        headers: { 'content-type': 'audio/wav', 'content-length': good.length } });
    socket.on('error', () => {});
    socket.write(good.subarray(0, 5000));
    await waitFor('its beginning', () => files('uploads').length === 1);
    socket.destroy();
    await waitFor('its end', () => files('uploads').length === 0);
    assert.deepEqual(await buffers(), []);
});

test('eight uploads at once, and a ninth that is told so', async () => {
    const sockets = Array.from({ length: 8 }, () => {
        const socket = request(new URL('/v1/assets', farfield.base), { method: 'POST', agent: false,
            headers: { 'content-type': 'audio/wav', 'content-length': good.length } });
        socket.answer = new Promise((done, fail) => {
            socket.on('error', fail);
            socket.on('response', (response) => { response.resume(); done(response.statusCode); });
        });
        socket.write(good.subarray(0, 5000));
        return socket;
    });
    await waitFor('eight', () => files('uploads').length === 8);
    const ninth = await upload(good, '/v1/assets');
    assert.equal(ninth.status, 503, JSON.stringify(ninth.body));
    for (const socket of sockets) socket.end(good.subarray(5000));
    assert.deepEqual(await Promise.all(sockets.map(({ answer }) => answer)), new Array(8).fill(201));
    const [{ asset }, ...others] = await assets();
    assert.deepEqual(others, []);
    assert.equal((await api('DELETE', `/v1/assets/${asset}`)).status, 204);
});

test('a full disk is an answer, and leaves nothing half-written', async () => {
    const limit = (bytes) => assert.equal(spawnSync('prlimit',
        ['--pid', `${farfield.pids.controller}`, `--fsize=${bytes}:`]).status, 0);
    const long = wav([sine(440, { seconds: 2 })]);
    const small = convert(long, 'flac');
    const before = files('assets').length;
    limit(100000);
    try {
        // While it comes in, and while it is made into a WAV file.
        for (const file of [long, small]) {
            const { status, body } = await upload(file, '/v1/assets');
            assert.equal(status, 507, `${file.length}: ${JSON.stringify(body)}`);
        }
        assert.ok(small.length < 100000 && long.length > 100000);
        assert.deepEqual(files('uploads'), []);
        assert.equal(files('assets').length, before);
    } finally {
        limit('unlimited');
    }
    const { status, body } = await upload(small, '/v1/assets');
    assert.equal(status, 201);
    await api('DELETE', `/v1/assets/${body.asset}`);
});

test('what the type says, and what it does not', async () => {
    // curl --data-binary calls everything a form, curl -T nothing at all.
    for (const type of ['application/x-www-form-urlencoded', 'audio/x-anything', 'application/ogg']) {
        const { status, body } = await upload(good, '/v1/buffers', type);
        assert.equal(status, 201, `${type}: ${JSON.stringify(body)}`);
        await api('DELETE', `/v1/buffers/${body.id}`);
    }
    assert.equal((await upload(good, '/v1/buffers', 'text/html')).status, 415);
    assert.equal((await upload(good, '/v1/buffers', 'application/json')).status, 400);
    const json = await api('POST', '/v1/buffers', '{"frames": 5}',
        { 'content-type': 'application/x-www-form-urlencoded' });
    assert.equal(json.status, 201);
    await api('DELETE', `/v1/buffers/${json.body.id}`);
    assert.equal((await api('POST', '/v1/assets', {})).status, 422);
    const rpc = await farfield.rpc();
    const { id } = await rpc.call('buffer.new', { frames: 8 });
    assert.equal((await rpc.call('buffer.show', { id })).frames, 8, 'an id may be a number');
    await rpc.call('buffer.free', { id: `${id}` });
});
