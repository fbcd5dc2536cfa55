// SPDX-License-Identifier: GPL-3.0-or-later
// note.mjs [ADDRESS]: plays a note, bends it up by a fifth, and lets it ring out.
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'farfield';

const [base = 'http://127.0.0.1:8080'] = process.argv.slice(2);
const farfield = connect(base);
await farfield.ready();
const { synth, node } = farfield.commands;

const { id } = await synth.new({ synthdef: 'sine', controls: { freq: 440 } });
console.log(`synth ${id} plays 440 Hz`);
await sleep(1000);
await node.set({ id, controls: { freq: 660 } });
console.log('now 660 Hz');
await sleep(1000);
await node.release({ id });
farfield.close();
