// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that docs/recordings.md prints, run as they are printed.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { shell, shellBlocks, shellJson } from '../lib/docs.mjs';
import { root, startFarfield } from '../lib/farfield.mjs';
import { decode } from '../lib/recording.mjs';
import { level } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

const text = readFileSync(join(root, 'docs/recordings.md'), 'utf8');
const blocks = shellBlocks('docs/recordings.md');
let farfield, folder;

before(async () => {
    farfield = await startFarfield();
    folder = mkdtempSync(join(tmpdir(), 'farfield-docs-'));
    await farfield.api('POST', '/v1/nodes',
        { synthdef: 'sine', controls: { freq: 1000, amp: 0.2 } });
    await waitFor('the level', async () =>
        (await farfield.api('GET', '/v1/rooms/main')).body.level.rms[0] > -20.1);
});
after(async () => {
    rmSync(folder, { recursive: true });
    await farfield.stop();
});

test('the lines record a file, show it and delete it', async () => {
    const [start, show, ...rest] = blocks[0];
    const answers = await shellJson(farfield, [start, 'sleep 1', show, ...rest], { cwd: folder });
    assert.deepEqual(answers.map(({ state }) => state), ['recording', 'done']);
    assert.equal(answers[1].name, 'first take');
    const { left } = decode(readFileSync(join(folder, 'take.flac')));
    assert.equal(left.length, answers[1].frames);
    assert.ok(level(left.subarray(-24000), 1000) > 0.1);
    assert.deepEqual((await farfield.api('GET', '/v1/recordings')).body.recordings, []);
});

test('the lines go on with a download', async () => {
    const { body: { id } } = await farfield.api('POST', '/v1/recordings', { seconds: 1 });
    await waitFor('its end', async () =>
        (await farfield.api('GET', `/v1/recordings/${id}`)).body.state === 'done');
    await shell(farfield, blocks[1], { cwd: folder, env: { ID: id } });
    const { left } = decode(readFileSync(join(folder, 'cut.wav')));
    assert.equal(left.length, 48000);
    assert.ok(level(left, 1000) > 0.1);
});

test('the line gives an address that needs no key', async () => {
    const { body: { id } } = await farfield.api('POST', '/v1/recordings', { seconds: 0.3 });
    const [link] = await shellJson(farfield, blocks[2], { cwd: folder, env: { ID: id } });
    const shown = JSON.parse([...text.matchAll(/```json\n(.*?)```/gs)][1][1]);
    assert.deepEqual(Object.keys(link), Object.keys(shown));
    assert.ok(Math.abs(link.expires - Date.now() / 1000 - 600) < 60, `${link.expires}`);
});

test('the example of an answer has the members that answers have', async () => {
    const { body } = await farfield.api('POST', '/v1/recordings', { seconds: 0.3 });
    const shown = JSON.parse(/```json\n(.*?)```/s.exec(text)[1]);
    delete body.length;
    assert.deepEqual(Object.keys(shown).sort(), Object.keys(body).sort());
});
