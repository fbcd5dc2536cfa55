// SPDX-License-Identifier: GPL-3.0-or-later
// sequencer.mjs [ADDRESS]: eight notes in time. Each is a bundle that is sent well before its
// moment, so that neither this program nor the network is heard in the rhythm.
import { connect } from 'farfield';

const [base = 'http://127.0.0.1:8080'] = process.argv.slice(2);
const NOTES = [0, 3, 7, 10, 12, 10, 7, 3]; // semitones above 220 Hz
const STEP = 0.25; // seconds

const farfield = connect(base);
await farfield.ready();
const { bundle, clock } = farfield.commands;

// By the server's clock, which need not be ours.
const begin = (await clock.show()).time + 1;
const played = new Promise((resolve) => {
    let count = 0;
    farfield.on('bundle.done', ({ late, failed }) => {
        if (late > 0 || failed > 0) console.log(`late by ${late} s, ${failed} failed`);
        if (++count === NOTES.length) resolve(count);
    });
});
for (const [step, semitones] of NOTES.entries()) {
    const freq = 220 * 2 ** (semitones / 12);
    await bundle.send({
        at: begin + step * STEP,
        commands: [{ method: 'synth.new', params: { synthdef: 'pluck', controls: { freq } } }],
    });
}
console.log(`${await played} notes, one each ${STEP} s`);
farfield.close();
