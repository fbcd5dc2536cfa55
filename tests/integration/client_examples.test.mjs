// SPDX-License-Identifier: GPL-3.0-or-later
// The client library's examples do what they say: each is run as a program against a real Farfield,
// what it prints is read and what it plays is measured where it is heard. Each has to end by itself,
// which it only does when close() leaves nothing.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { endExamples, startExample } from '../lib/example.mjs';
import { root, startFarfield, temporaryFolder } from '../lib/farfield.mjs';
import { parseWav } from '../lib/recording.mjs';
import { level, pitch, rms } from '../lib/sound.mjs';
import { sine, wav } from '../lib/soundfile.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
let listener;
const folder = temporaryFolder();
before(async () => {
    farfield = await startFarfield();
    listener = await farfield.listen();
});
afterEach(async () => {
    endExamples();
    await farfield.api('POST', '/v1/server/panic');
});
after(async () => {
    rmSync(folder, { recursive: true });
    await farfield.stop();
});

const OK = { code: 0, signal: null };

async function endsWell(example) {
    const { lines, ...end } = await example.end();
    assert.deepEqual(end, OK, lines.join('\n'));
    return lines;
}

// {lines, rate, left}: what an example prints, and the room while it runs, to the sample.
async function recorded(...example) {
    const { body: { id } } = await farfield.api('POST', '/v1/recordings', { format: 'wav' });
    const lines = await endsWell(startExample(...example));
    await listener.hear(0.5); // the last note
    await farfield.api('POST', `/v1/recordings/${id}/stop`);
    const answer = await fetch(`${farfield.base}/v1/recordings/${id}/audio`);
    const sound = parseWav(Buffer.from(await answer.arrayBuffer()));
    await farfield.api('DELETE', `/v1/recordings/${id}`);
    return { lines, ...sound, first: sound.left.findIndex((x) => Math.abs(x) > 1e-3) };
}

test('note.mjs plays 440 Hz, then 660, then nothing', async () => {
    const { lines, rate, left, first } = await recorded('note.mjs', farfield.base);
    assert.match(lines[0], /^synth \d+ plays 440 Hz$/);
    for (const [seconds, hz] of [[0.3, 440], [1.3, 660]]) {
        const at = first + seconds * rate;
        const heard = pitch(left.subarray(at, at + 16384), rate);
        assert.ok(Math.abs(heard - hz) < 1, `${heard} Hz for ${hz} Hz`);
    }
    assert.ok(rms(left.subarray(-4800)) < 1e-4, 'nothing is left');
});

test('follow.mjs tells what others play, over a restart of the server, until Ctrl-C', async () => {
    const example = startExample('follow.mjs', farfield.base);
    await example.line(/^\d+ nodes$/);
    const { body: { id } } = await farfield.api('POST', '/v1/nodes',
        { synthdef: 'sine', controls: { freq: 500 } });
    await example.line(new RegExp(`^\\+ sine ${id}$`));
    await farfield.api('PATCH', `/v1/nodes/${id}`, { controls: { freq: 501 } });
    await example.line(new RegExp(`^ {2}${id} .*501`));
    await farfield.api('POST', `/v1/nodes/${id}/free`);
    await example.line(new RegExp(`^- ${id}$`));

    await farfield.kill('controller');
    await example.line(/^connection: lost$/);
    farfield.launch();
    await farfield.ready();
    await waitFor('the nodes to be told anew',
        () => example.lines.filter((line) => /^\d+ nodes$/.test(line)).length >= 2);
    const { body: { id: later } } = await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    await example.line(new RegExp(`^\\+ sine ${later}$`));
    example.interrupt();
    await endsWell(example);
    listener = await farfield.listen();
});

test('sequencer.mjs: eight notes, each at its pitch and moment', async () => {
    const { lines, rate, left, first } = await recorded('sequencer.mjs', farfield.base);
    assert.deepEqual(lines, ['8 notes, one each 0.25 s']);
    for (const [step, semitones] of [0, 3, 7, 10, 12, 10, 7, 3].entries()) {
        const at = first + Math.round(step * 0.25 * rate);
        const hz = 220 * 2 ** (semitones / 12);
        // Notes ring on, and a pluck's strongest partial need not be its first.
        const rises = [1, 2, 3, 4, 5].map((order) =>
            level(left.subarray(at, at + 4800), order * hz, rate) /
            (level(left.subarray(at - 4800, at), order * hz, rate) + 1e-5));
        assert.ok(Math.max(...rises) > 3, `note ${step} begins then: ${rises.map((x) => x.toFixed(2))}`);
    }
});

test('synthdef.mjs uploads a file and plays it; a damaged one is told of', async () => {
    const file = join(root, 'synthdefs/sine.scsyndef');
    const example = startExample('synthdef.mjs', file, farfield.base);
    await listener.pitched(440);
    assert.match((await endsWell(example))[0], /^sine: .*freq/);

    const bad = join(folder, 'bad.scsyndef');
    writeFileSync(bad, readFileSync(file).subarray(0, 60));
    const { code, lines } = await startExample('synthdef.mjs', bad, farfield.base).end();
    assert.equal(code, 1);
    assert.match(lines.join('\n'), /^422: .*byte/);
});

test('record.mjs writes a WAV file of what sounds', async () => {
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 523 } });
    const file = join(folder, 'take.wav');
    const lines = await endsWell(startExample('record.mjs', file, farfield.base));
    assert.match(lines[0], /^2\.?\d* s in .*take\.wav$/);
    const { rate, left } = parseWav(readFileSync(file));
    assert.ok(left.length > 1.9 * rate, `${left.length} samples`);
    assert.ok(Math.abs(pitch(left, rate) - 523) < 0.5, `${pitch(left, rate)} Hz`);
    const { body: { recordings } } = await farfield.api('GET', '/v1/recordings');
    assert.deepEqual(recordings, [], 'it is deleted on the server');
});

test('listen.mjs hears how loud it is', async () => {
    const silent = await endsWell(startExample('listen.mjs', farfield.base));
    assert.match(silent[2], /^3 s: peak (-Infinity|-[89]\d|-1\d\d)/);
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { amp: 0.25 } });
    const lines = await endsWell(startExample('listen.mjs', farfield.base));
    const [, peak, late] = /^3 s: peak (-[\d.]+) dBFS, (\d+) ms ago$/.exec(lines[2]);
    const level = farfield.api('GET', '/v1/rooms/main');
    const told = Math.max(...(await level).body.level.peak);
    assert.ok(Math.abs(peak - told) < 1, `${peak} dBFS, and the server says ${told}`);
    assert.ok(late < 1000, `${late} ms`);
});

test('together.mjs: two clients see what the other does', async () => {
    const lines = await endsWell(startExample('together.mjs', farfield.base));
    const [, played, seen] = /^Ann plays (\d+), Ben sees (\d+)$/.exec(lines[0]);
    assert.equal(played, seen);
    assert.deepEqual(lines.slice(1),
        ['Ann turns it up, Ben sees 495 Hz', 'Ben ends it: gone']);
});

test('sample.mjs uploads a sound, plays it and frees it', async () => {
    const file = join(folder, 'a.wav');
    writeFileSync(file, wav([sine(392, { seconds: 2 })]));
    const example = startExample('sample.mjs', file, farfield.base);
    await listener.pitched(392);
    assert.deepEqual(await endsWell(example), ['1 channels, 2.00 s']);
    assert.deepEqual((await farfield.api('GET', '/v1/buffers')).body.buffers, []);
});
