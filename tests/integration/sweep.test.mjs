// SPDX-License-Identifier: GPL-3.0-or-later
// What scsynth tells nobody, and what it fails to tell, is found by asking: in a tree of 5,000
// nodes, of which one answer could not hold a tenth.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

const MANY = 5000;
let farfield, rpc, port, group;
before(async () => {
    farfield = await startFarfield();
    rpc = await farfield.rpc();
    ({ port } = await rpc.call('server.status', {}));
    await rpc.subscribe('nodes');
    group = (await rpc.call('group.new', {})).id;
});
after(() => farfield.stop());

async function send(address, types, ...args) {
    const child = spawn('oscsend', ['127.0.0.1', port, address, types, ...args].map(String));
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
}

const show = (id) => rpc.call('node.show', { id });
const nodes = async () => (await rpc.call('node.list', {})).nodes;

test('a control that another client sets or maps is seen, and told', async () => {
    const { id } = await rpc.call('synth.new', { synthdef: 'sine', target: group });
    await send('/n_set', 'isf', id, 'freq', 333);
    const { node, by } = await rpc.event('node.changed',
        (event) => event.node.id === id && event.node.controls.freq === 333);
    assert.equal(by, null, 'scsynth does not tell who');
    assert.equal(node.maps.amp, undefined);
    await send('/n_map', 'isi', id, 'amp', 5);
    await waitFor('the map', async () => (await show(id)).maps.amp === 'c5');
    // What is set here is never overwritten by an answer that is older.
    for (let i = 0; i < 300; i++) {
        rpc.notify('node.set', { id, controls: { freq: 400 + i } });
        if (i % 10 === 0) {
            const { controls } = await rpc.call('node.set', { id, controls: { freq: 400 + i } });
            assert.equal(controls.freq, 400 + i);
        }
    }
    assert.equal((await rpc.call('node.query', { id })).controls.freq, 699);
    await rpc.call('node.free', { id });
});

test(`${MANY} nodes stay right, whatever another client does`, async () => {
    await rpc.call('node.run', { id: group, run: false }); // they need not sound
    const ids = [];
    for (let i = 0; i < MANY; i += 1000) {
        const { results } = await rpc.call('bundle.send', { commands:
            Array.from({ length: 1000 }, () => ({ method: 'synth.new',
                params: { synthdef: 'sine', target: group, action: 'tail' } })) });
        ids.push(...results.map(({ id }) => id));
    }
    assert.equal(new Set(ids).size, MANY);
    const listed = (await nodes()).filter(({ parent }) => parent === group).map(({ id }) => id);
    assert.deepEqual(listed, ids);
    await send('/n_set', 'isf', ids[4321], 'freq', 222);
    await waitFor('the control', async () => (await show(ids[4321])).controls.freq === 222);
    await send('/n_before', 'ii', ids[4999], ids[0]);
    // More at once than scsynth can tell of.
    await send('/g_freeAll', 'i', group);
    await waitFor('their end', async () =>
        (await nodes()).every(({ parent }) => parent !== group), { timeout: 60000 });
    assert.ok((await show(group)).kind === 'group', 'the group itself is still there');
});
