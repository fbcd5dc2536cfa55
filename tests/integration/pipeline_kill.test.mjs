// SPDX-License-Identifier: GPL-3.0-or-later
// Clients that are killed at every stage of joining.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { listen } from '../lib/listener.mjs';
import { processUse } from '../lib/processes.mjs';
import { waitFor } from '../lib/wait.mjs';
import { Rig } from './pipeline_rig.mjs';

const JOINS = 12;
const REASONS = /^(no connection in time|connection failed|no report of what it hears for 20 s)$/;

let rig;

before(async () => {
    rig = await Rig.start({ period: 1024 });
    await rig.captured();
    rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
});

after(() => rig?.stop());

// Begins joins one after the other, without waiting for any, and says when the first is through.
function startClients() {
    const script = `import('${new URL('../lib/listener.mjs', import.meta.url)}')
        .then(async ({ listen }) => {
            for (let i = 0; i < ${JOINS}; i++) {
                listen({ base: '${rig.controller.base}' }).then(() => console.log('joined'), () => {});
                await new Promise((done) => { setTimeout(done, 20); });
            }
        })`;
    return spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('clients killed while they join are let go, and the others hear no gap', async () => {
    const steady = await listen({ base: rig.controller.base });
    await steady.pitched(440);
    const settled = () => waitFor('only one to be there', () =>
        rig.controller.present().length === 1, { timeout: 70000, every: 200 });
    const states = rig.controller.messages.length;
    const before = processUse(rig.pipeline.pid);
    const clients = startClients();
    await once(createInterface({ input: clients.stdout }), 'line');
    clients.kill('SIGKILL');
    await settled();
    const closed = rig.controller.messages.slice(states).filter(({ type, state }) =>
        type === 'state' && state === 'closed');
    assert.ok(closed.length >= 2, `${closed.length} were known`);
    for (const { detail } of closed) assert.match(detail, REASONS);
    await waitFor('threads and descriptors as before', () => {
        const now = processUse(rig.pipeline.pid);
        return now.threads <= before.threads && now.descriptors <= before.descriptors;
    }, { timeout: 20000, every: 200 });
    await steady.pitched(440);
    const { packetsLost } = await steady.stats();
    assert.equal(packetsLost, 0);
    await steady.close();
});
