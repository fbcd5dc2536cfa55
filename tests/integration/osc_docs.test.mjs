// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that docs/osc.md prints, run as they are printed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { shell, shellBlocks, shellJson } from '../lib/docs.mjs';
import { freePort, startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, port;
before(async () => {
    port = await freePort();
    farfield = await startFarfield({ settings: { 'osc-port': port } });
});
after(() => farfield.stop());

const lines = (section, block) => shellBlocks('docs/osc.md', section)[block]
    .map((line) => line.replaceAll('127.0.0.1 8000', `127.0.0.1 ${port}`));

test('every message of scsynth is sent and answered', async () => {
    const answers = await shellJson(farfield, lines('scsynth\'s commands', 0));
    assert.equal(answers[0].replies[0].address, '/n_go');
    assert.deepEqual(answers[2].replies[0].args, [100, 2, 0.5, 0.25]);
    assert.equal(answers[4].replies.length, 2);
});

test('every message of oscsend is understood', async () => {
    const synth = async (name) => (await farfield.api('GET', '/v1/nodes')).body.nodes
        .find((node) => node.name === name);
    const [make, freq, amp, set, pad, panic] = lines('Playing by OSC', 1);
    await shell(farfield, [make]);
    const { id } = await waitFor('lead', () => synth('lead'));
    for (const line of [freq, amp]) await shell(farfield, [line]);
    await waitFor('its controls', async () => {
        const { controls } = await synth('lead');
        return controls.freq === 660 && controls.amp === 0.1;
    });
    await shell(farfield, [set.replace('2000', id)]);
    await waitFor('its frequency', async () => (await synth('lead')).controls.freq === 330);
    await shell(farfield, [pad]);
    await waitFor('pad', () => synth('pad'));
    await shell(farfield, [panic]);
    await waitFor('silence', async () => !(await synth('lead')) && !(await synth('pad')));
    assert.doesNotMatch(farfield.log, /osc_in\.refused/);
});
