// SPDX-License-Identifier: GPL-3.0-or-later
// Reading what was recorded, to the sample.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// {bits, rate, left, right} of a WAV file's bytes, as far as they go: a file that is being written
// may say that it is shorter than it is.
export function parseWav(bytes, { toTheEnd = false } = {}) {
    assert.equal(bytes.toString('latin1', 0, 4), 'RIFF');
    assert.equal(bytes.toString('latin1', 8, 12), 'WAVE');
    let at = 12;
    let format;
    while (bytes.toString('latin1', at, at + 4) !== 'data') {
        if (bytes.toString('latin1', at, at + 4) === 'fmt ') format = at + 8;
        at += 8 + bytes.readUInt32LE(at + 4);
        assert.ok(at + 8 <= bytes.length, 'the file has data');
    }
    const said = bytes.readUInt32LE(at + 4);
    const there = bytes.length - at - 8;
    const frames = Math.floor((toTheEnd ? there : Math.min(said, there)) / 6);
    const left = new Float64Array(frames);
    const right = new Float64Array(frames);
    for (let i = 0; i < frames; i++) {
        left[i] = bytes.readIntLE(at + 8 + 6 * i, 3) / 0x800000;
        right[i] = bytes.readIntLE(at + 11 + 6 * i, 3) / 0x800000;
    }
    assert.equal(bytes.readUInt16LE(format + 2), 2, 'channels');
    const [bits, rate] = [bytes.readUInt16LE(format + 14), bytes.readUInt32LE(format + 4)];
    return { bits, rate, left, right };
}

// The same of either format, a FLAC being decoded by another program than the one that wrote it.
export function decode(bytes) {
    if (bytes.toString('latin1', 0, 4) === 'RIFF') return parseWav(bytes);
    const folder = mkdtempSync(join(tmpdir(), 'farfield-flac-'));
    try {
        writeFileSync(join(folder, 'in.flac'), bytes);
        const done = spawnSync('sndfile-convert', ['-pcm24', 'in.flac', 'out.wav'],
            { cwd: folder });
        assert.equal(done.status, 0, String(done.stderr) + done.stdout);
        return parseWav(readFileSync(join(folder, 'out.wav')));
    } finally {
        rmSync(folder, { recursive: true });
    }
}

// Where a pure sine is not what its last two samples promise: [{at (sample), error}]. A sample that
// is missing or added shows, whatever the phase, by amplitude * (2 pi hz / rate) and more.
export function breaks(samples, hz, rate = 48000, tolerance = 1e-5) {
    const turn = 2 * Math.cos((2 * Math.PI * hz) / rate);
    const found = [];
    for (let i = 2; i < samples.length; i++) {
        const error = Math.abs(samples[i] - turn * samples[i - 1] + samples[i - 2]);
        if (error > tolerance) found.push({ at: i, error });
    }
    return found;
}

// JACK was late, and what was heard says nothing.
export class Xruns extends Error {}

// The sine has no break. Where JACK was late meanwhile, by what `recording` says, a break is
// JACK's, and the test has to be done again: patiently() does.
export function assertUnbroken(samples, hz, recording) {
    const found = breaks(samples, hz);
    if (found.length > 0 && recording.xruns > 0) {
        throw new Xruns(`${recording.xruns} xruns: ${JSON.stringify(found.slice(0, 4))}`);
    }
    assert.deepEqual(found, []);
}

// A test's function that begins anew, a few times, where the machine was too slow for JACK.
export function patiently(work, again = () => {}) {
    return async () => {
        for (let i = 0; i < 7; i++) {
            try {
                return await work();
            } catch (error) {
                if (!(error instanceof Xruns)) throw error;
                console.log(error.message);
                await again();
            }
        }
        return work();
    };
}

// Several files put together.
export function joined(sounds) {
    const length = sounds.reduce((sum, { left }) => sum + left.length, 0);
    const whole = { left: new Float64Array(length), right: new Float64Array(length) };
    let at = 0;
    for (const { left, right } of sounds) {
        whole.left.set(left, at);
        whole.right.set(right, at);
        at += left.length;
    }
    return whole;
}
