// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that README.md prints, run as they are printed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { root, startFarfield } from '../lib/farfield.mjs';

const run = promisify(execFile);
let farfield;

before(async () => {
    farfield = await startFarfield();
}, { timeout: 120000 });

after(async () => {
    await farfield?.stop();
});

// The commands of the section's first or later `sh` block, on this test's own port; a command that
// goes on over several lines stays one.
function commands(section, block = 0) {
    const text = readFileSync(join(root, 'README.md'), 'utf8').split(`\n## ${section}\n`)[1];
    const blocks = [...text.split('\n## ')[0].matchAll(/```sh\n(.*?)```/gs)];
    return blocks[block][1].replaceAll('http://127.0.0.1:8080', farfield.base)
        .replaceAll('\\\n', '').trim().split('\n');
}

test('the lines play, change and end a sine', async () => {
    const listener = await farfield.listen();
    const [play, change, end] = commands('By curl');
    const { stdout } = await run('bash', ['-ec', `${play}\necho $NODE`]);
    const env = { ...process.env, NODE: stdout.trim() };
    await listener.pitched(440);
    await run('bash', ['-ec', change], { env });
    await listener.pitched(660);
    await run('bash', ['-ec', end], { env });
    await listener.silent();
});

test('the lines to look around all answer', async () => {
    for (const line of commands('By curl', 1)) {
        const { stdout } = await run('bash', ['-ec', line.replace('curl ', 'curl --fail -s ')]);
        assert.ok(typeof JSON.parse(stdout) === 'object', line);
    }
});
