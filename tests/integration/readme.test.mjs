// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that README.md prints, run as they are printed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { shell, shellBlocks, shellJson } from '../lib/docs.mjs';
import { startFarfield } from '../lib/farfield.mjs';

let farfield;

before(async () => {
    farfield = await startFarfield();
}, { timeout: 120000 });

after(async () => {
    await farfield?.stop();
});

const commands = (section, block = 0) => shellBlocks('README.md', section)[block];

test('the lines play, change and end a sine', async () => {
    const listener = await farfield.listen();
    const [play, change, end] = commands('By curl');
    const env = { NODE: (await shell(farfield, [play, 'echo $NODE'])).trim() };
    await listener.pitched(440);
    await shell(farfield, [change], { env });
    await listener.pitched(660);
    await shell(farfield, [end], { env });
    await listener.silent();
});

test('the lines to look around all answer', async () => {
    const lines = commands('By curl', 1);
    const answers = await shellJson(farfield, lines);
    assert.equal(answers.length, lines.length);
    for (const answer of answers) assert.equal(typeof answer, 'object');
});
