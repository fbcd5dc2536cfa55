// SPDX-License-Identifier: GPL-3.0-or-later
// node examples.mjs: uploads every definition of SuperCollider's own help files, of which none may be
// refused but for what scsynth cannot have here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startFarfield, temporaryFolder } from '../../lib/farfield.mjs';

// UGens of other platforms, a table of 88,200 inputs, a pulse at demand rate, which has none, a page
// with its arguments in the wrong order, a name that is there twice, and missing plugins.
const EXCUSES = [/there is no UGen of this name/, /expected 0 to 16384 inputs/,
    /Impulse .* demand rate/, /Unpack1FFT .* found 1$/, /expected a new parameter name/,
    /not installed here/, /realtime memory/];

const folder = temporaryFolder();
const harvest = join(dirname(fileURLToPath(import.meta.url)), 'harvest.sh');
assert.equal(spawnSync(harvest, [folder], { stdio: 'inherit' }).status, 0);
const files = readdirSync(folder).filter((file) => file.endsWith('.scsyndef'));
const farfield = await startFarfield({ settings: { audition: 'off' } });
let refused = 0;
try {
    assert.ok(files.length > 1000, `${files.length} definitions`);
    for (const file of files) {
        const bytes = readFileSync(join(folder, file));
        const { status, body } = await farfield.api('POST', '/v1/synthdefs', bytes);
        if (status === 201) continue;
        refused++;
        assert.ok(EXCUSES.some((excuse) => excuse.test(body.detail)), `${file}: ${body.detail}`);
    }
} finally {
    await farfield.stop();
    rmSync(folder, { recursive: true, force: true });
}
console.log(`examples: ${files.length} definitions, ${refused} that scsynth cannot have, no other`);
