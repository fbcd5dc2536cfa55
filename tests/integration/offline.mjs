// SPDX-License-Identifier: GPL-3.0-or-later
// scsynth without a clock or a sound card: a score goes in, samples come out, as fast as the
// machine can. And what is needed to look at samples: peak, mean, spectrum.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const RATE = 48000;

// --- OSC ---------------------------------------------------------------------------------------

// Numbers travel as floats unless they are wrapped.
export const int = (value) => ({ int: value });

function padded(bytes, terminated) {
  const size = bytes.length + (terminated ? 1 : 0);
  return Buffer.concat([bytes, Buffer.alloc(Math.ceil(size / 4) * 4 - bytes.length)]);
}

const word = (write) => {
  const bytes = Buffer.alloc(4);
  write(bytes);
  return bytes;
};
const int32 = (value) => word((bytes) => bytes.writeInt32BE(value));
const string = (text) => padded(Buffer.from(text), true);

function argument(value) {
  if (typeof value === 'string') return ['s', string(value)];
  if (typeof value === 'number') return ['f', word((bytes) => bytes.writeFloatBE(value))];
  if (Buffer.isBuffer(value)) return ['b', Buffer.concat([int32(value.length), padded(value)])];
  return ['i', int32(value.int)];
}

function message([address, ...values]) {
  const parts = values.map(argument);
  const tags = `,${parts.map(([tag]) => tag).join('')}`;
  return Buffer.concat([string(address), string(tags), ...parts.map(([, bytes]) => bytes)]);
}

function bundle(seconds, messages) {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.round(seconds * 2 ** 32)));
  const elements = messages.map(message).flatMap((bytes) => [int32(bytes.length), bytes]);
  return Buffer.concat([string('#bundle'), time, ...elements]);
}

// `events` is a list of [seconds, [address, ...]].
function score(events, seconds) {
  const sorted = [...events].sort(([a], [b]) => a - b);
  const bundles = sorted.map(([at, content]) => bundle(at, [content]));
  bundles.push(bundle(seconds, [['/c_set', int(0), 0]]));
  return Buffer.concat(bundles.flatMap((bytes) => [int32(bytes.length), bytes]));
}

// --- sound files -------------------------------------------------------------------------------

function wav(channels) {
  const frames = channels[0].length;
  const bytes = Buffer.alloc(44 + frames * channels.length * 4);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(3, 20); // IEEE float
  bytes.writeUInt16LE(channels.length, 22);
  bytes.writeUInt32LE(RATE, 24);
  bytes.writeUInt32LE(RATE * channels.length * 4, 28);
  bytes.writeUInt16LE(channels.length * 4, 32);
  bytes.writeUInt16LE(32, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(bytes.length - 44, 40);
  for (let i = 0; i < frames; i++)
    channels.forEach((channel, c) => {
      bytes.writeFloatLE(channel[i], 44 + (i * channels.length + c) * 4);
    });
  return bytes;
}

function samples(bytes, count) {
  let at = 12;
  while (bytes.toString('latin1', at, at + 4) !== 'data') at += 8 + bytes.readUInt32LE(at + 4);
  const start = bytes.byteOffset + at + 8;
  const all = new Float32Array(bytes.buffer.slice(start, start + bytes.readUInt32LE(at + 4)));
  return Array.from({ length: count }, (_, c) => {
    const channel = new Float32Array(all.length / count);
    for (let i = 0; i < channel.length; i++) channel[i] = all[i * count + c];
    return channel;
  });
}

// Plays `events` with `definitions` (bytes of SCgf files) loaded. `input`, if given, is a list of
// two channels that come in on buses 2 and 3. Returns the two outputs and what scsynth printed.
export function render({ definitions, events, seconds, input }) {
  const folder = mkdtempSync(join(tmpdir(), 'farfield-offline-'));
  try {
    const loads = definitions.map((bytes) => [0, ['/d_recv', bytes]]);
    writeFileSync(join(folder, 'score'), score([...loads, ...events], seconds));
    if (input) writeFileSync(join(folder, 'in.wav'), wav(input));
    const files = ['score', input ? 'in.wav' : '_', 'out.wav', `${RATE}`, 'WAV', 'float'];
    const options = ['-i', '2', '-o', '2', '-D', '0', '-m', '65536'];
    const run = spawnSync('scsynth', ['-N', ...files, ...options], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60000,
    });
    if (run.error) throw run.error;
    if (run.status !== 0) throw new Error(`scsynth ended with ${run.status}: ${run.stdout}`);
    const [left, right] = samples(readFileSync(join(folder, 'out.wav')), 2);
    return { left, right, log: run.stdout + run.stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// --- looking at samples ------------------------------------------------------------------------

// A view, by seconds.
export const span = (channel, from, to) =>
  channel.subarray(Math.round(from * RATE), Math.round(to * RATE));

// NaN where one of them is not a finite number, so that every comparison fails.
export function peak(channel) {
  let most = 0;
  for (const sample of channel) {
    if (!Number.isFinite(sample)) return NaN;
    most = Math.max(most, Math.abs(sample));
  }
  return most;
}

const hann = (i, length) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length);

// Mean under a window, so that a period that is cut off does not count as DC.
export function mean(channel) {
  let sum = 0;
  for (let i = 0; i < channel.length; i++) sum += channel[i] * hann(i, channel.length);
  return sum / (channel.length / 2);
}

// The component at `hertz`: its amplitude and its phase at the first sample, in cycles.
export function component(channel, hertz) {
  let re = 0;
  let im = 0;
  for (let i = 0; i < channel.length; i++) {
    const angle = (2 * Math.PI * hertz * i) / RATE;
    re += channel[i] * hann(i, channel.length) * Math.cos(angle);
    im -= channel[i] * hann(i, channel.length) * Math.sin(angle);
  }
  const scale = 4 / channel.length;
  return { amplitude: Math.hypot(re, im) * scale, phase: Math.atan2(im, re) / (2 * Math.PI) };
}

// Frequency of a steady sine near `hertz`, by how far its phase moves in half the time.
export function frequency(channel, hertz) {
  const half = Math.floor(channel.length / 2);
  const first = component(channel.subarray(0, half), hertz).phase;
  const second = component(channel.subarray(half, 2 * half), hertz).phase;
  const expected = (hertz * half) / RATE;
  const moved = second - first - expected;
  return hertz + ((moved - Math.round(moved)) * RATE) / half;
}

// Power of each frequency from 0 Hz on, RATE / size apart; the last `size` = 2^n samples count.
export function spectrum(channel, size = 65536) {
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let i = 0, j = 0; i < size; i++) {
    re[j] = channel[channel.length - size + i] * hann(i, size);
    for (let bit = size >> 1; (j ^= bit) < bit && bit; bit >>= 1);
  }
  for (let length = 2; length <= size; length *= 2)
    for (let k = 0; k < length / 2; k++) {
      const [c, s] = [Math.cos((-2 * Math.PI * k) / length), Math.sin((-2 * Math.PI * k) / length)];
      for (let i = k; i < size; i += length) {
        const j = i + length / 2;
        const [x, y] = [re[j] * c - im[j] * s, re[j] * s + im[j] * c];
        [re[j], im[j]] = [re[i] - x, im[i] - y];
        [re[i], im[i]] = [re[i] + x, im[i] + y];
      }
    }
  return re.slice(0, size / 2).map((value, i) => value ** 2 + im[i] ** 2);
}

// The strongest frequency from `low` to `high`, and the middle of the power within 3 % of it.
export function strongest(channel, low, high, size = 65536) {
  const power = spectrum(channel, size);
  const bin = RATE / size;
  let top = Math.ceil(low / bin);
  for (let i = top; i * bin <= high; i++) if (power[i] > power[top]) top = i;
  let [sum, weighted] = [0, 0];
  for (let i = Math.floor(top * 0.97 - 2); i <= top * 1.03 + 2; i++) {
    sum += power[i];
    weighted += power[i] * i * bin;
  }
  return { top: top * bin, middle: weighted / sum };
}
