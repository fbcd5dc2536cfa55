// SPDX-License-Identifier: GPL-3.0-or-later
// Coming and going, in order and not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { listen } from '../lib/listener.mjs';
import { processUse } from '../lib/processes.mjs';
import { waitFor } from '../lib/wait.mjs';
import { Rig, build, newPeer } from './pipeline_rig.mjs';

const TURNS = Number(process.env.TURNS ?? 200);
// What a build with AddressSanitizer holds back beside its quarantine.
const MEMORY = build.endsWith('asan') ? 40e6 : 8e6; // bytes

let rig;

before(async () => {
    // AddressSanitizer keeps what was freed; as little as it can, or memory says nothing here.
    rig = await Rig.start({ period: 1024, settings: {
        ASAN_OPTIONS: `quarantine_size_mb=1:${process.env.ASAN_OPTIONS ?? ''}` } });
    await rig.captured();
    rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
    rig.scsynth.play('tone', 1001, { freq: 440, out: 1 });
});

after(() => rig?.stop());

// Joins, hears, leaves; each fourth way leaves before it is done.
const ways = [
    async () => (await listen({ base: rig.controller.base })).close(),
    async () => (await listen({ rpc: rig.controller.rpc })).close(),
    async () => (await listen({ base: rig.controller.base })).drop(),
    async (turn) => {
        const { peer, offer } = await newPeer();
        if (turn % 3 === 0) {
            // Offers, and is gone before it is answered.
            const answered = rig.controller.listen({ id: `half-${turn}`, sdp: offer });
            rig.controller.send({ type: 'close', listener: `half-${turn}` });
            answered.catch(() => {});
        } else {
            // Has its answer, or our offer, and does nothing with it.
            const { listener } = await rig.controller.listen({
                sdp: turn % 3 === 1 ? offer : undefined });
            rig.controller.send({ type: 'close', listener });
        }
        peer.close();
    },
];

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

test(`${TURNS} joins and leaves change nothing, and one who stays hears no gap`, async () => {
    const steady = await listen({ base: rig.controller.base });
    await steady.pitched(440);
    for (let turn = 0; turn < 10; turn++) await ways[turn % 4](turn);
    const early = await use(1);
    const heard = await steady.stats();
    for (let turn = 10; turn < TURNS; turn++) await ways[turn % 4](turn);
    const late = await use(1);
    const stats = await steady.stats();
    const concealed = (stats.concealedSamples - heard.concealedSamples) /
        (stats.totalSamplesReceived - heard.totalSamplesReceived);
    console.log(JSON.stringify({ early, late, concealed, lost: stats.packetsLost,
        packets: stats.packetsReceived }));
    await steady.pitched(440);
    await steady.close();
    assert.ok(late.threads <= early.threads, `threads ${early.threads} -> ${late.threads}`);
    assert.ok(late.descriptors <= early.descriptors,
        `descriptors ${early.descriptors} -> ${late.descriptors}`);
    assert.ok(late.resident < early.resident + MEMORY, `${early.resident} -> ${late.resident}`);
    assert.equal(stats.packetsLost, 0);
    assert.ok(concealed < 0.02, `concealed ${concealed}`);
});

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
