// SPDX-License-Identifier: GPL-3.0-or-later
// Each part dies without a word while somebody listens.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { level } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, listener;
beforeEach(async () => {
    farfield = await startFarfield();
    listener = await farfield.listen();
});
afterEach(() => farfield.stop());

const isConnected = async () => (await farfield.api('GET', '/v1/listeners')).body.listeners
    .some((one) => one.state === 'connected');

async function epoch() {
    return (await farfield.api('GET', '/v1/server')).body.epoch;
}

async function fiftySynths() {
    const rpc = await farfield.rpc();
    const made = await Promise.all(Array.from({ length: 50 }, (_, i) => rpc.call('synth.new',
        { synthdef: 'sine', controls: { freq: 440, amp: 0.004 + i * 1e-5 } })));
    await rpc.call('node.set', { id: made[7].id, controls: { freq: 700, amp: 0.2 } });
    await rpc.call('node.run', { id: made[9].id, run: false });
    const { id: group } = await rpc.call('group.new', {});
    const { id: inner } = await rpc.call('synth.new',
        { synthdef: 'sine', target: group, controls: { freq: 1000, amp: 0.2 } });
    return { rpc, made, group, inner };
}

const both = (...pitches) => waitFor(`${pitches} Hz`, async () => {
    const { left } = await listener.hear(0.5);
    return pitches.every((hz) => level(left, hz) > 0.05);
});

const own = (tree) => tree.nodes.filter((node) => node.own);

test('scsynth: 50 synths are back as they were, the listener never leaves', async () => {
    const { group, inner } = await fiftySynths();
    await both(700, 1000);
    const { body: before } = await farfield.api('GET', '/v1/nodes');
    const first = before.epoch;
    await farfield.kill('scsynth');
    await waitFor('a new epoch', async () => await epoch() > first, { every: 20 });
    await both(700, 1000);
    const { body: later } = await farfield.api('GET', '/v1/nodes');
    assert.deepEqual(own(later), own(before), 'the same tree, values and all');
    assert.equal(later.nodes.find((node) => node.id === inner).parent, group);
    assert.ok(await isConnected());
    assert.equal(later.nodes.at(-1).system, true, 'the guard is last');
});

test('scsynth: what was freed or over does not come back', async () => {
    const rpc = await farfield.rpc();
    const gone = await rpc.call('synth.new', { synthdef: 'sine', controls: { freq: 990 } });
    const stays = await rpc.call('synth.new', { synthdef: 'sine', controls: { freq: 440 } });
    await rpc.call('synth.new', { synthdef: 'bell' });
    await rpc.call('node.free', { id: gone.id });
    const first = await epoch();
    await farfield.kill('scsynth');
    await waitFor('a new epoch', async () => await epoch() > first);
    const { body } = await farfield.api('GET', '/v1/nodes');
    assert.deepEqual(body.nodes.filter((n) => !n.system).map((n) => n.id), [stays.id]);
});

test('scsynth: one that hangs is replaced', async () => {
    const rpc = await farfield.rpc();
    await rpc.call('synth.new', { synthdef: 'sine', controls: { freq: 440 } });
    const first = await epoch();
    const pid = farfield.pids.scsynth;
    process.kill(pid, 'SIGSTOP');
    await waitFor('a new epoch', async () => await epoch() > first);
    assert.notEqual(farfield.pids.scsynth, pid);
    await listener.pitched(440);
    assert.ok(await isConnected());
});

test('jackd: everything behind it returns, the listener never leaves', async () => {
    const rpc = await farfield.rpc();
    await rpc.call('synth.new', { synthdef: 'sine', controls: { freq: 440 } });
    await listener.pitched(440);
    const first = await epoch();
    await farfield.kill('jackd');
    await waitFor('a new epoch', async () => await epoch() > first);
    await listener.pitched(440);
    assert.ok(await isConnected());
});

test('pipeline: no synth is lost, a new listener hears them', async () => {
    const rpc = await farfield.rpc();
    const { id } = await rpc.call('synth.new', { synthdef: 'sine', controls: { freq: 440 } });
    await listener.pitched(440);
    const first = await epoch();
    await farfield.kill('pipeline');
    const ready = async () => (await farfield.api('GET', '/v1/health/ready')).status;
    await waitFor('its loss to be noticed', async () => await ready() === 503);
    await waitFor('the pipeline', async () => await ready() === 200);
    assert.equal(await epoch(), first, 'scsynth was not touched');
    assert.equal((await farfield.api('GET', `/v1/nodes/${id}`)).status, 200);
    const second = await farfield.listen();
    await second.pitched(440);
    assert.equal((await farfield.api('GET', '/v1/listeners')).body.listeners.length, 1);
});

test('pipeline: however often it ends, it is started again', async () => {
    const ready = async () => (await farfield.api('GET', '/v1/health/ready')).status;
    for (let kill = 0; kill < 6; kill++) {
        await farfield.kill('pipeline');
        await waitFor('its loss to be noticed', async () => await ready() === 503, { every: 5 });
        await waitFor('the pipeline', async () => await ready() === 200);
    }
    await (await farfield.rpc()).call('synth.new', { synthdef: 'sine', controls: { freq: 440 } });
    const second = await farfield.listen();
    await second.pitched(440);
});

test('controller: sound goes on, and the next one knows synths and listeners', async () => {
    const rpc = await farfield.rpc();
    const { id } = await rpc.call('synth.new', { synthdef: 'sine', controls: { freq: 440 } });
    await rpc.call('node.set', { id, controls: { freq: 550 } });
    await listener.pitched(550);
    const before = farfield.pids;
    const { body: { listeners: [known] } } = await farfield.api('GET', '/v1/listeners');
    await farfield.kill('controller');
    await listener.pitched(550);
    farfield.launch();
    await farfield.ready();
    const { controller, ...others } = farfield.pids;
    assert.deepEqual(others, { jackd: before.jackd, scsynth: before.scsynth,
        pipeline: before.pipeline }, 'nothing was started anew');
    const { status, body: node } = await farfield.api('GET', `/v1/nodes/${id}`);
    assert.equal(status, 200);
    assert.equal(node.controls.freq, 550);
    assert.equal(node.own, true);
    const { body: { listeners } } = await farfield.api('GET', '/v1/listeners');
    assert.deepEqual(listeners.map(({ id: each, state }) => [each, state]),
        [[known.id, 'connected']]);
    assert.equal((await farfield.api('PATCH', `/v1/nodes/${id}`, { controls: { freq: 660 } }))
        .status, 200);
    await listener.pitched(660);
});
