// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that docs/buffers.md prints, run as they are printed.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { shell, shellBlocks, shellJson } from '../lib/docs.mjs';
import { root, startFarfield } from '../lib/farfield.mjs';
import { readWav, sine, wav } from '../lib/soundfile.mjs';

const text = readFileSync(join(root, 'docs/buffers.md'), 'utf8');
const blocks = shellBlocks('docs/buffers.md');
const kick = wav([sine(500)]);
let farfield, folder;

before(async () => {
    farfield = await startFarfield();
    folder = mkdtempSync(join(tmpdir(), 'farfield-docs-'));
    writeFileSync(join(folder, 'kick.wav'), kick);
});
after(async () => {
    rmSync(folder, { recursive: true });
    await farfield.stop();
});

const bash = (lines) => shellJson(farfield, lines, { cwd: folder });

test('the lines play a file, show it, bring it back and free it', async () => {
    const listener = await farfield.listen();
    const [upload, play, ...rest] = blocks[0];
    const [node] = await bash([upload, play]);
    assert.equal(node.synthdef, 'player_mono');
    await listener.pitched(500);
    const [shown] = await bash(rest);
    assert.equal(shown.name, 'kick');
    assert.equal(shown.state, 'ready');
    assert.deepEqual(readWav(readFileSync(join(folder, 'back.wav'))).channels, readWav(kick).channels);
    assert.deepEqual((await farfield.api('GET', '/v1/buffers')).body.buffers, []);
    await listener.close();
});

test('the lines keep a sound', async () => {
    const [asset, { assets }] = await bash(blocks[1]);
    assert.equal(asset.title, 'kick');
    assert.deepEqual(assets, [asset]);
});

test('the lines fill a table', async () => {
    const [made, table, read] = await bash(blocks[2]);
    assert.equal(made.name, 'wave');
    assert.equal(table.layers, 1);
    assert.deepEqual(read.samples, [0, 0.5, 1, 0.5]);
});

test('the limits that are named are those of the settings', async () => {
    const stdout = await shell(farfield, [`${farfield.program} --help`]);
    const defaults = { 'max-upload': 256, 'max-assets': 4096, 'max-buffers': 1024 };
    for (const [name, value] of Object.entries(defaults)) {
        assert.match(text, new RegExp(`\\| \`${name}\` \\| ${value} MiB \\|`), name);
        assert.match(stdout, new RegExp(`${name}[^]*?${value}`), name);
    }
});
