// SPDX-License-Identifier: GPL-3.0-or-later
// A musician's whole state, and what is left of it when scsynth or the controller is killed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, rpc, bus, groups, buffers, lead;
before(async () => {
    farfield = await startFarfield();
    rpc = await farfield.rpc();
    await rpc.subscribe('server', 'nodes');
    bus = await rpc.call('bus.new', { name: 'pitch', channels: 2, values: [333, 0.5] });
    buffers = [];
    for (let i = 0; i < 20; i++) {
        const { id } = await rpc.call('buffer.new', { frames: 4800, channels: 1 });
        await rpc.call('buffer.generate', { id: String(id), wave: 'sine1', amplitudes: [1, i / 20] });
        buffers.push(id);
    }
    groups = [];
    for (let i = 0; i < 10; i++) {
        const { results } = await rpc.call('bundle.send', { commands: [
            { method: 'group.new', params: { action: 'tail', name: `section ${i}` } },
            ...Array.from({ length: 20 }, (_, k) => ({ method: 'synth.new', params: {
                synthdef: 'sine', controls: { amp: 0, freq: 200 + 20 * i + k },
                map: k % 2 ? { freq: 'pitch' } : {}, target: '$0', action: k % 3 ? 'head' : 'tail',
            } })),
        ] });
        groups.push(results[0].id);
    }
    lead = await rpc.call('synth.new',
        { synthdef: 'sine', map: { freq: 'pitch' }, controls: { amp: 0.2 }, name: 'lead' });
    await rpc.call('node.run', { id: groups[3], run: false });
    await rpc.call('node.free', { id: groups[4] });
});
after(() => farfield.stop());

// What Farfield's own guard is made of is asked for when there is time.
const state = async () => ({
    nodes: (await rpc.call('node.list', {})).nodes
        .filter(({ kind, system }) => kind === 'group' || !system),
    buses: (await rpc.call('bus.list', {})).buses,
    buffers: (await rpc.call('buffer.list', {})).buffers,
});

// scsynth's own words: every node where it stands, and the values that it reads.
async function asked(nodes) {
    const found = [];
    for (const { id } of nodes) found.push(await rpc.call('node.query', { id }));
    return found;
}

async function samples(id) {
    return (await rpc.call('buffer.read', { id: String(id), start: 0, count: 64 })).samples;
}

test('scsynth killed: 181 synths, 9 groups, 91 maps and 20 buffers are as they were', async () => {
    const listener = await farfield.listen();
    await listener.pitched(333);
    const before = await state();
    assert.equal(before.nodes.filter(({ kind, system }) => kind === 'synth' && !system).length, 181);
    const wave = await samples(buffers[7]);
    const { epoch } = await rpc.call('server.status', {});
    await farfield.kill('scsynth');
    const event = await rpc.event('server.status',
        (status) => status.state === 'running' && status.epoch > epoch);
    assert.equal(event.epoch, epoch + 1);
    assert.deepEqual(await state(), before);
    assert.deepEqual(await asked(before.nodes), before.nodes);
    assert.deepEqual(await samples(buffers[7]), wave);
    await listener.pitched(333);
    await rpc.call('bus.set', { id: 'pitch', values: [444] });
    await listener.pitched(444);
    await listener.close();
    assert.ok(!(await state()).nodes.some(({ id }) => id === groups[4]), 'what was freed stays away');
});

// One that ends in order tells of every node's end first, as it would if all had been freed.
test('scsynth told to quit by another client: all is as it was', async () => {
    const before = await state();
    const { epoch, port } = await rpc.call('server.status', {});
    const gone = await rpc.call('synth.new', { synthdef: 'sine', controls: { amp: 0 } });
    await rpc.call('node.free', { id: gone.id });
    execFileSync('oscsend', ['127.0.0.1', String(port), '/quit']);
    await waitFor('the next epoch', async () => {
        const status = await rpc.call('server.status', {});
        return status.state === 'running' && status.epoch > epoch;
    });
    assert.deepEqual(await state(), before);
    assert.deepEqual(await asked(before.nodes), before.nodes);
});

test('controller killed: names, buses and the clock are known again', async () => {
    await rpc.call('clock.set', { tempo: 93, beat: 5, beats_per_bar: 7 });
    const before = await state();
    await new Promise((done) => { setTimeout(done, 600); }); // until the model is on disk
    await farfield.kill('controller');
    farfield.launch();
    await farfield.ready();
    rpc = await farfield.rpc();
    await waitFor('all of it', async () => {
        assert.deepEqual(await state(), before);
        return true;
    });
    const clock = await rpc.call('clock.show', {});
    assert.equal(clock.tempo, 93);
    assert.equal(clock.beats_per_bar, 7);
    assert.ok(clock.beat > 5);
    const next = await rpc.call('bus.new', { channels: 1 });
    assert.equal(next.index, bus.index + 2, 'what is taken is known to be');
    assert.equal((await rpc.call('node.show', { id: lead.id })).name, 'lead');
});

test('both killed at once: what the tree held is gone, and Farfield runs', async () => {
    await farfield.kill('controller');
    await farfield.kill('scsynth').catch(() => {});
    farfield.launch();
    await farfield.ready();
    rpc = await farfield.rpc();
    const made = await rpc.call('synth.new', { synthdef: 'sine', map: { freq: 'pitch' } });
    assert.equal(made.maps.freq, bus.id);
});
