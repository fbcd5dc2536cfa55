// SPDX-License-Identifier: GPL-3.0-or-later
// The SynthDefs that ship: compiled from what is in sclang/, described by their sidecars, and
// sounding as they should, rendered by scsynth itself.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  RATE,
  component,
  frequency,
  int,
  mean,
  peak,
  render,
  span,
  spectrum,
  strongest,
} from './offline.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const FOLDER = join(ROOT, 'synthdefs');
const MINUS_6_DB = 10 ** (-6 / 20);
const GUARD = 'farfield_guard';

const compiled = (name) => readFileSync(join(FOLDER, `${name}.scsyndef`));
const sidecar = (name) => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.scsyndef'))
  .map((file) => file.slice(0, -'.scsyndef'.length));

// Parameters and their defaults of a file that holds one definition, SCgf version 2.
function defaults(bytes) {
  let at = 10;
  const long = () => bytes.readInt32BE((at += 4) - 4);
  const floats = () => Array.from({ length: long() }, () => bytes.readFloatBE((at += 4) - 4));
  const name = () => bytes.toString('utf8', at + 1, (at += 1 + bytes[at]));
  name();
  floats();
  const values = floats();
  return Object.fromEntries(Array.from({ length: long() }, () => [name(), values[long()]]));
}

// What Farfield itself is built of is no instrument.
const instruments = names
  .map((name) => ({ name, ...sidecar(name), defaults: defaults(compiled(name)) }))
  .filter(({ tags }) => !tags.includes('system'));

test('at least those that the panel counts on are there', () => {
  const expected = `bass bell click default drone hat kick noise pad pluck sine snare ${GUARD}`;
  assert.deepEqual(expected.split(' ').filter((name) => !names.includes(name)), []);
});

const sclang = spawnSync('sh', ['-c', 'command -v sclang']).status === 0;

test('the compiled files are what the sources give', { skip: !sclang && 'no sclang' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'farfield-synthdefs-'));
  try {
    const run = spawnSync(join(ROOT, 'sclang/build.sh'), [folder], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(readdirSync(folder).sort(), names.map((name) => `${name}.scsyndef`).sort());
    for (const name of names)
      assert.ok(
        compiled(name).equals(readFileSync(join(folder, `${name}.scsyndef`))),
        `${name}: source and compiled file differ, run \`make synthdefs\``,
      );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('each has a sidecar that describes every parameter but the wiring', () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  assert.deepEqual(files.sort(), names.map((name) => `${name}.json`).sort());
  const wiring = ['out', 'bus', 'gate'];
  for (const name of names) {
    const { title, words, tags, parameters } = sidecar(name);
    const own = defaults(compiled(name));
    assert.ok(title && words && tags.length, name);
    const described = Object.keys(own).filter((key) => !wiring.includes(key));
    assert.deepEqual(Object.keys(parameters).sort(), described.sort(), name);
    for (const [key, { words: sentence, min, max, curve }] of Object.entries(parameters)) {
      const where = `${name}.${key}`;
      assert.ok(sentence, `${where}: words`);
      assert.ok(min < max, `${where}: range`);
      // A default is a float, its range a double.
      assert.ok(own[key] >= min - 1e-6 && own[key] <= max + 1e-6, `${where}: default in range`);
      assert.ok(curve === 'linear' || (curve === 'exponential' && min > 0), `${where}: curve`);
    }
  }
});

// Every parameter at both ends with the others as they are, then all at their lowest, all at their
// highest; but for the level, which the default fixes, and once more on either side.
function extremes({ parameters }) {
  const ranged = Object.entries(parameters).filter(([key]) => key !== 'amp' && key !== 'pan');
  const ends = ranged.flatMap(([key, { min, max }]) => [{ [key]: min }, { [key]: max }]);
  const all = ['min', 'max'].map((end) =>
    Object.fromEntries(ranged.map(([key, range]) => [key, range[end]])),
  );
  const cases = [{}, ...ends, ...all].map((controls) => ({ pan: -1, ...controls }));
  return [...cases, { pan: 1 }];
}

// Plays the cases one after the other, each until it has ended by itself or by its gate.
function performance(instrument, cases) {
  const { name, defaults: own } = instrument;
  const events = [];
  let at = 0;
  const notes = cases.map((controls, i) => {
    const value = { attack: 0.02, release: 0.3, decay: 0, ...own, ...controls };
    const id = int(1000 + i);
    const start = at;
    const held = value.attack + value.decay + 0.5;
    const over = start + held + ('gate' in own ? value.release : 0) + 0.3;
    events.push([start, ['/s_new', name, id, int(0), int(0), ...Object.entries(controls).flat()]]);
    if ('gate' in own) {
      // Fails if it has not waited for its gate.
      events.push([start + held - 0.01, ['/n_set', id, 'amp', own.amp]]);
      events.push([start + held, ['/n_set', id, 'gate', 0]]);
    }
    // Fails when it is gone, as it should.
    events.push([over - 0.05, ['/n_run', id, int(1)]]);
    at = Math.ceil(over / 0.1) * 0.1;
    return { controls, id: id.int, start, held, end: at };
  });
  return { events, notes, seconds: at };
}

const failures = (log, command) =>
  [...log.matchAll(/FAILURE IN SERVER (\S+) Node (\d+) not found/g)]
    .filter(([, failed]) => failed === command)
    .map(([, , id]) => Number(id));

// What plays a buffer sounds as that does: buffers.test.mjs.
for (const instrument of instruments.filter(({ tags }) => !tags.includes('sampled'))) {
  const { name } = instrument;

  test(`${name}: a sound, but never above -6 dBFS, and then silence, at any extreme`, () => {
    const { events, notes, seconds } = performance(instrument, extremes(instrument));
    const { left, right, log } = render({ definitions: [compiled(name)], events, seconds });
    assert.doesNotMatch(log, /alloc failed/);
    assert.deepEqual(failures(log, '/n_set'), [], 'ended while it was held');
    const all = notes.map(({ id }) => id);
    assert.deepEqual(failures(log, '/n_run'), all, 'still there after its end');
    for (const { controls, start, end } of notes) {
      const where = `${name} with ${JSON.stringify(controls)}`;
      const [on, off] = controls.pan === 1 ? [right, left] : [left, right];
      const loudest = peak(span(on, start, end));
      if (process.env.LEVELS) console.log(where, loudest.toFixed(4));
      assert.ok(loudest <= MINUS_6_DB, `${where}: peak ${loudest}`);
      assert.ok(loudest > 0.003, `${where}: peak ${loudest}, not to be heard`);
      assert.ok(peak(span(off, start, end)) < 1e-4, `${where}: heard on the other side`);
      assert.equal(peak(span(on, end - 0.04, end)), 0, `${where}: not silent at its end`);
    }
  });

  test(`${name}: no DC, and no click at either end`, () => {
    const { events, notes } = performance(instrument, [{}]);
    const [{ start, held, end }] = notes;
    const { left } = render({ definitions: [compiled(name)], events, seconds: end });
    const note = span(left, start, end);
    const loudest = peak(note);
    const offset = mean(span(left, start + held / 3, start + held));
    if (process.env.LEVELS) console.log(name, loudest, offset);
    assert.ok(Math.abs(offset) < 0.01 * loudest, `mean ${offset} of ${loudest}`);
    const last = note.findLastIndex((sample) => sample !== 0);
    const tail = peak(note.subarray(last - 8, last + 1));
    // A click is a click, and a drum may start at once.
    if (name !== 'click') assert.ok(tail < 0.01 * loudest, `ends at ${tail} of ${loudest}`);
    const onset = peak(note.subarray(0, 16));
    if ('gate' in instrument.defaults) assert.ok(onset < 0.1 * loudest, `starts with ${onset}`);
  });
}

const CENT = 2 ** (1 / 1200) - 1;

for (const { name, parameters } of instruments.filter(({ tags }) => tags.includes('pitched'))) {
  test(`${name}: on pitch`, () => {
    const notes = parameters.freq.max < 1000 ? [55, 110] : [220, 440];
    const events = notes.flatMap((freq, i) => [
      [i * 8, ['/s_new', name, int(1000 + i), int(0), int(0), 'freq', freq]],
      [i * 8 + 7.5, ['/n_free', int(1000 + i)]],
    ]);
    const { left, right } = render({ definitions: [compiled(name)], events, seconds: 16 });
    const both = left.map((sample, i) => sample + right[i]);
    notes.forEach((freq, i) => {
      const sounding = span(both, i * 8 + 0.1, i * 8 + 7.4);
      // A percussive one has most to say at its start.
      const heard = parameters.decay ? sounding.subarray(0, 65536) : sounding;
      const { middle } = strongest(heard, freq / 1.3, freq * 1.3);
      const cents = (middle / freq - 1) / CENT;
      if (process.env.LEVELS) console.log(name, freq, cents);
      assert.ok(Math.abs(cents) < 6, `${middle} Hz for ${freq}, ${cents} cents off`);
    });
  });
}

test('sine: nothing but 440 Hz, exactly, and left only when panned there', () => {
  const events = [[0, ['/s_new', 'sine', int(1000), int(0), int(0), 'freq', 440, 'pan', -1]]];
  const { left, right } = render({ definitions: [compiled('sine')], events, seconds: 3 });
  const steady = span(left, 0.5, 2.5);
  assert.ok(Math.abs(frequency(steady, 440) - 440) < 0.001);
  assert.ok(Math.abs(component(steady, 440).amplitude - 0.2) < 0.001);
  assert.equal(peak(right), 0);
  const power = spectrum(steady);
  const at = Math.round((440 * 65536) / RATE);
  const others = power.filter((_, bin) => Math.abs(bin - at) > 40);
  const distance = 10 * Math.log10(Math.max(...others) / power[at]);
  assert.ok(distance < -80, `next strongest at ${distance} dB`);
});

test('click: one millisecond, up and down', () => {
  const events = [[0.1, ['/s_new', 'click', int(1000), int(0), int(0), 'pan', -1]]];
  const { left } = render({ definitions: [compiled('click')], events, seconds: 0.5 });
  const first = left.findIndex((sample) => Math.abs(sample) > 0.25);
  const last = left.findLastIndex((sample) => Math.abs(sample) > 0.25);
  assert.ok(Math.abs((last - first + 1) / RATE - 0.001) <= 2 / RATE, `${first} to ${last}`);
  assert.ok(left[first] > 0.45 && left[last] < -0.45);
  const total = left.reduce((sum, sample) => sum + sample, 0);
  assert.ok(Math.abs(total) <= 1.01, `sum ${total}`);
});

// --- the guard ---------------------------------------------------------------------------------

// `relay`: Out.ar(0, In.ar(2, 2)), written out byte by byte so that it needs no compiler.
function relay() {
  const parts = [];
  const short = (value) => parts.push(Buffer.from([value >> 8, value]));
  const long = (value) => parts.push(Buffer.from([24, 16, 8, 0].map((shift) => value >> shift)));
  const name = (text) => parts.push(Buffer.from([text.length]), Buffer.from(text));
  const unit = (type, inputs, outputs) => {
    name(type);
    parts.push(Buffer.from([2]));
    long(inputs.length);
    long(outputs);
    short(0);
    inputs.flat().forEach(long);
    parts.push(Buffer.alloc(outputs, 2));
  };
  parts.push(Buffer.from('SCgf\0\0\0\x02\0\x01', 'latin1'));
  name('relay');
  long(2); // constants 2 and 0
  parts.push(Buffer.from([0x40, 0, 0, 0, 0, 0, 0, 0]));
  long(0); // parameters
  long(0); // names
  long(2);
  unit('In', [[-1, 0]], 2);
  unit('Out', [[-1, 1], [0, 0], [0, 1]], 0);
  short(0); // variants
  return Buffer.concat(parts);
}

// What comes out when `sound(i)` gives both channels of sample i.
function guarded(sound, { events = [], seconds = 2 } = {}) {
  const input = [0, 1].map(() => new Float32Array(seconds * RATE));
  for (let i = 0; i < seconds * RATE; i++) [input[0][i], input[1][i]] = sound(i);
  const start = [
    [0, ['/s_new', 'relay', int(1000), int(0), int(0)]],
    [0, ['/s_new', GUARD, int(1001), int(1), int(0), 'bus', 0]],
  ];
  const definitions = [relay(), compiled(GUARD)];
  return { input, ...render({ definitions, events: [...start, ...events], seconds, input }) };
}

const tone = (i, hertz, amplitude) => amplitude * Math.sin((2 * Math.PI * hertz * i) / RATE);

// Noise that is the same each time.
function randomly(amplitude) {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return amplitude * ((2 * state) / 2147483647 - 1);
  };
}

test('guard: what is sane passes unchanged, 3 ms late', () => {
  const noise = randomly(0.5);
  const { input, left, right } = guarded(() => [noise(), noise()]);
  const delay = 0.003 * RATE;
  [left, right].forEach((channel, c) => {
    const difference = (late) =>
      peak(span(channel, 1, 1.5).map((sample, i) => sample - input[c][RATE + i - late]));
    assert.ok(difference(delay) < 0.02, `channel ${c} differs by ${difference(delay)}`);
    assert.ok(difference(delay + 1) > 0.5);
  });
});

test('guard: NaN, infinity and absurd values never get out, and what follows does', () => {
  const bad = [NaN, Infinity, -Infinity, 1e30, -1e30, 3.4e38, 1e-42, 1000];
  const { left, right } = guarded((i) => {
    const sane = tone(i, 500, 0.3);
    if (i < RATE / 2 || i >= RATE) return [sane, sane];
    return [bad[i % bad.length], i % 3 ? sane : bad[(i >> 3) % bad.length]];
  });
  for (const channel of [left, right]) {
    assert.ok(peak(channel) <= 0.9001, `peak ${peak(channel)}`);
    assert.ok(Math.abs(component(span(channel, 1.5, 2), 500).amplitude - 0.3) < 0.003);
  }
});

test('guard: loud sound stops at 0.9 from its first sample on, in both channels alike', () => {
  const { left, right } = guarded((i) =>
    i < RATE / 2 ? [0, 0] : [tone(i, 300, 8), tone(i, 300, 4)],
  );
  assert.ok(peak(left) <= 0.9001 && peak(left) > 0.8, `peak ${peak(left)}`);
  const level = (channel) => component(span(channel, 1, 2), 300).amplitude;
  const ratio = level(left) / level(right);
  assert.ok(Math.abs(ratio - 2) < 0.01, `left is ${ratio} times right`);
});

test('guard: DC is taken out', () => {
  const { left } = guarded((i) => [0.5 + tone(i, 400, 0.2), 0]);
  assert.ok(Math.abs(mean(span(left, 1, 2))) < 0.001, `mean ${mean(span(left, 1, 2))}`);
});

test('guard: mute silences within 40 ms without a click, and gain turns down', () => {
  const events = [
    [0.5, ['/n_set', int(1001), 'mute', 1]],
    [1, ['/n_set', int(1001), 'mute', 0, 'gain', 0.5]],
    [1.5, ['/n_set', int(1001), 'gain', NaN]],
  ];
  const { left } = guarded((i) => [tone(i, 200, 0.5), 0], { events });
  assert.ok(peak(span(left, 0.3, 0.5)) > 0.49);
  assert.ok(peak(span(left, 0.54, 1)) < 0.001, `${peak(span(left, 0.54, 1))}`);
  assert.ok(Math.abs(peak(span(left, 1.2, 1.5)) - 0.25) < 0.005);
  assert.ok(Number.isFinite(peak(span(left, 1.5, 2))));
  // A step of a 200 Hz sine of 0.5 is at most 0.0131 a sample; a click would be far more.
  const steps = span(left, 0.49, 0.56).map((sample, i, all) => (i ? sample - all[i - 1] : 0));
  assert.ok(peak(steps) < 0.03, `${peak(steps)}`);
});

test('guard: begins softly', () => {
  const { left } = guarded((i) => [tone(i, 1000, 0.5), 0]);
  assert.ok(peak(span(left, 0, 0.004)) < 0.1);
});
