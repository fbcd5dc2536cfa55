// SPDX-License-Identifier: GPL-3.0-or-later
// Listeners that never quite come, or go without a word. Many of them: churn.test.mjs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { processUse } from '../lib/processes.mjs';
import { waitFor } from '../lib/wait.mjs';
import { Rig, newPeer } from './pipeline_rig.mjs';

let rig;

before(async () => {
    rig = await Rig.start({ period: 1024 });
    await rig.captured();
    rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
    rig.scsynth.play('tone', 1001, { freq: 440, out: 1 });
});

after(() => rig?.stop());

// Once whatever left has been taken down.
async function use(listeners) {
    let seen, alike = 0;
    await waitFor('the pipeline to settle', () => {
        const now = processUse(rig.pipeline.pid);
        const same = seen?.threads === now.threads && seen?.descriptors === now.descriptors;
        alike = same && rig.controller.present().length === listeners ? alike + 1 : 0;
        seen = now;
        // A peer whose negotiation is under way is taken down when that has settled.
        return alike >= 4;
    }, { every: 700, timeout: 60000 });
    return seen;
}

test('one whose machine is gone without a word is let go', async () => {
    const script = `import('${new URL('../lib/listener.mjs', import.meta.url)}')
        .then(({ listen }) => listen({ base: '${rig.controller.base}' }))
        .then(() => console.log('joined'))`;
    const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const state = (wanted) => rig.controller.receive((message) => message.type === 'state' &&
        message.state === wanted, 60000);
    const connected = state('connected');
    await once(other.stdout, 'data');
    const { listener } = await connected;
    const begin = Date.now();
    const closed = state('closed');
    other.kill('SIGKILL');
    const message = await closed;
    assert.equal(message.listener, listener);
    assert.match(message.detail, /^(no report of what it hears for 20 s|connection failed)$/);
    assert.ok(Date.now() - begin < 50000, `after ${(Date.now() - begin) / 1000} s`);
});

test('a half-finished join is given up after 15 s, an offer after 30', async () => {
    const answered = await newPeer();
    const replies = [await rig.controller.listen({ sdp: answered.offer }),
        await rig.controller.listen()];
    assert.deepEqual(replies.map(({ type }) => type), ['answer', 'offer']);
    const gone = await Promise.all(replies.map(({ listener }) => rig.controller.receive(
        (message) => message.listener === listener && message.type === 'state', 40000)));
    answered.peer.close();
    for (const message of gone) {
        assert.equal(message.state, 'closed');
        assert.equal(message.detail, 'no connection in time');
    }
    await use(0);
});
