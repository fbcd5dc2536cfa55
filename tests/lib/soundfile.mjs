// SPDX-License-Identifier: GPL-3.0-or-later
// Sound files made and read by hand, so that what a program reads is compared with something else.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// `seconds` of a sine, as Float32Array.
export function sine(hz, { seconds = 1, rate = 48000, amp = 0.5 } = {}) {
    const samples = new Float32Array(Math.round(seconds * rate));
    for (let i = 0; i < samples.length; i++)
        samples[i] = amp * Math.sin((2 * Math.PI * hz * i) / rate);
    return samples;
}

// A WAV file of channels (Float32Array each), 16 bits or {float: true}.
export function wav(channels, { rate = 48000, float = false } = {}) {
    const count = channels.length;
    const frames = channels[0].length;
    const width = float ? 4 : 2;
    const bytes = frames * count * width;
    const file = Buffer.alloc(44 + bytes);
    file.write('RIFF', 0, 'latin1');
    file.writeUInt32LE(36 + bytes, 4);
    file.write('WAVEfmt ', 8, 'latin1');
    file.writeUInt32LE(16, 16);
    file.writeUInt16LE(float ? 3 : 1, 20);
    file.writeUInt16LE(count, 22);
    file.writeUInt32LE(rate, 24);
    file.writeUInt32LE(rate * count * width, 28);
    file.writeUInt16LE(count * width, 32);
    file.writeUInt16LE(width * 8, 34);
    file.write('data', 36, 'latin1');
    file.writeUInt32LE(bytes, 40);
    for (let i = 0; i < frames; i++) {
        for (let c = 0; c < count; c++) {
            const at = 44 + (i * count + c) * width;
            if (float) file.writeFloatLE(channels[c][i], at);
            else file.writeInt16LE(Math.round(channels[c][i] * 32767), at);
        }
    }
    return file;
}

// {rate, channels: [Float32Array]} of a WAV file of 16 or 24 bits or float32.
export function readWav(file) {
    const sound = {};
    let at = 12;
    while (at + 8 <= file.length) {
        const name = file.toString('latin1', at, at + 4);
        const length = file.readUInt32LE(at + 4);
        if (name === 'fmt ') {
            sound.float = file.readUInt16LE(at + 8) === 3;
            sound.count = file.readUInt16LE(at + 10);
            sound.rate = file.readUInt32LE(at + 12);
            sound.width = file.readUInt16LE(at + 22) / 8;
        } else if (name === 'data') {
            sound.start = at + 8;
            sound.bytes = length;
        }
        at += 8 + length + (length % 2);
    }
    const sample = (i) => (sound.float ? file.readFloatLE(i)
        : file.readIntLE(i, sound.width) / 2 ** (8 * sound.width - 1));
    const frames = sound.bytes / sound.width / sound.count;
    const channels = Array.from({ length: sound.count }, (_, c) => Float32Array.from(
        { length: frames }, (_unused, i) => sample(sound.start + (i * sound.count + c) * sound.width)));
    return { rate: sound.rate, width: sound.width, channels };
}

// The same sound in another kind of file: aiff, flac, ogg, wav; with further options of
// sndfile-convert.
export function convert(bytes, kind, ...options) {
    const folder = mkdtempSync(join(tmpdir(), 'farfield-sound-'));
    try {
        writeFileSync(join(folder, 'in.wav'), bytes);
        execFileSync('sndfile-convert', [...options, join(folder, 'in.wav'),
            join(folder, `out.${kind}`)], { stdio: 'ignore' });
        return readFileSync(join(folder, `out.${kind}`));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
