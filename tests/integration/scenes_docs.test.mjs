// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that docs/scenes.md prints, run as they are printed.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { shellBlocks, shellJson } from '../lib/docs.mjs';
import { root, startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

const text = readFileSync(join(root, 'docs/scenes.md'), 'utf8');
const blocks = shellBlocks('docs/scenes.md');
let farfield, folder;

before(async () => {
    farfield = await startFarfield();
    folder = mkdtempSync(join(tmpdir(), 'farfield-docs-'));
});
after(async () => {
    rmSync(folder, { recursive: true });
    await farfield.stop();
});

const bash = (lines) => shellJson(farfield, lines, { cwd: folder });

const synths = async () => (await farfield.api('GET', '/v1/nodes')).body.nodes
    .filter(({ kind, system }) => kind === 'synth' && !system).map(({ synthdef }) => synthdef);
const scene = async (name) => (await farfield.api('GET', `/v1/scenes/${name}`)).body;

test('the lines keep two scenes and fade into the first', async () => {
    const answers = await bash(blocks[0]);
    assert.deepEqual(answers.at(-1).scenes.map(({ name, synths: count }) => [name, count]),
        [['evening', 2], ['morning', 1]]);
    await waitFor('the morning', async () => {
        assert.deepEqual(await synths(), ['pad']);
        return true;
    });
});

test('the line adds a scene later', async () => {
    const [{ scheduled, mode }] = await bash(blocks[1]);
    assert.deepEqual([scheduled, mode], [true, 'add']);
    await waitFor('the evening', async () => (await synths()).length === 3);
});

test('the lines move a scene', async () => {
    await bash(blocks[2].slice(0, 2));
    assert.deepEqual(await scene('copy'), await scene('morning'));
    await bash(blocks[2].slice(2));
    assert.equal((await scene('copy')).status, 404);
});

test('the lines keep a preset, play it, show it and forget it', async () => {
    const [kept, node, shown] = await bash(blocks[3]);
    assert.deepEqual(kept.controls, { freq: 330, amp: 0.05 });
    assert.equal(node.controls.freq, 440);
    assert.equal(node.controls.amp, 0.05);
    assert.deepEqual(shown, kept);
    assert.deepEqual((await farfield.api('GET', '/v1/synthdefs/sine/presets')).body.presets, []);
});

test('the scene that is shown is one', async () => {
    const shown = JSON.parse(/```json\n(.*?)```/s.exec(text)[1]);
    const { status, body } = await farfield.api('PUT', '/v1/scenes/shown', shown);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal((await farfield.api('POST', '/v1/scenes/shown/recall')).status, 409);
});
