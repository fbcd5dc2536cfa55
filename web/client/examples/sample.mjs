// SPDX-License-Identifier: GPL-3.0-or-later
// sample.mjs FILE [ADDRESS]: uploads a sound file, plays it once, and frees it.
import { readFile } from 'node:fs/promises';
import { connect } from 'farfield';

const [file, base = 'http://127.0.0.1:8080'] = process.argv.slice(2);
const farfield = connect(base);
await farfield.ready();
const { buffer, synth } = farfield.commands;

const { id: buf, channels, frames, rate } = await buffer.new({ data: await readFile(file) });
console.log(`${channels} channels, ${(frames / rate).toFixed(2)} s`);
const synthdef = channels > 1 ? 'player_stereo' : 'player_mono';
const ended = new Promise((resolve) => {
    farfield.on('node.ended', ({ id }) => resolve(id));
});
await synth.new({ synthdef, controls: { buf } });
await ended; // it frees itself
await buffer.free({ id: buf });
farfield.close();
