// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that docs/osc.md prints, run as they are printed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort, root, startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

const run = promisify(execFile);
let farfield, port;
before(async () => {
    port = await freePort();
    farfield = await startFarfield({ settings: { 'osc-port': port } });
});
after(() => farfield.stop());

function lines(section, block) {
    const text = readFileSync(join(root, 'docs/osc.md'), 'utf8').split(`\n## ${section}\n`)[1];
    const blocks = [...text.split('\n## ')[0].matchAll(/```sh\n(.*?)```/gs)];
    return blocks[block][1].replaceAll('http://127.0.0.1:8080', farfield.base)
        .replaceAll('127.0.0.1 8000', `127.0.0.1 ${port}`).trim().split('\n');
}

test('every message of scsynth is sent and answered', async () => {
    const answers = [];
    for (const line of lines('scsynth\'s commands', 0)) {
        const { stdout } = await run('bash', ['-ec', line.replace('curl ', 'curl --fail ')]);
        answers.push(JSON.parse(stdout));
    }
    assert.equal(answers[0].replies[0].address, '/n_go');
    assert.deepEqual(answers[2].replies[0].args, [100, 2, 0.5, 0.25]);
    assert.equal(answers[4].replies.length, 2);
});

test('every message of oscsend is understood', async () => {
    const synth = async (name) => (await farfield.api('GET', '/v1/nodes')).body.nodes
        .find((node) => node.name === name);
    const [make, freq, amp, set, pad, panic] = lines('Playing by OSC', 1);
    await run('bash', ['-ec', make]);
    const { id } = await waitFor('lead', () => synth('lead'));
    for (const line of [freq, amp]) await run('bash', ['-ec', line]);
    await waitFor('its controls', async () => {
        const { controls } = await synth('lead');
        return controls.freq === 660 && controls.amp === 0.1;
    });
    await run('bash', ['-ec', set.replace('2000', id)]);
    await waitFor('its frequency', async () => (await synth('lead')).controls.freq === 330);
    await run('bash', ['-ec', pad]);
    await waitFor('pad', () => synth('pad'));
    await run('bash', ['-ec', panic]);
    await waitFor('silence', async () => !(await synth('lead')) && !(await synth('pad')));
    assert.doesNotMatch(farfield.log, /osc_in\.refused/);
});
