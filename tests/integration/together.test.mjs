// SPDX-License-Identifier: GPL-3.0-or-later
// Several at one Farfield: what each of them sees of what the others do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { level } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => { farfield = await startFarfield(); });
after(() => farfield.stop());

const held = (rpc) => rpc.events.filter(({ method }) => method === 'node.held')
    .map(({ params }) => params);

test('what one has under a finger the others are told, until it is let go', async () => {
    const [ada, bob] = [await farfield.rpc(), await farfield.rpc()];
    await ada.subscribe('nodes');
    await bob.subscribe('nodes');
    const { client } = await ada.call('client.name', { name: 'Ada' });
    const { id } = await ada.call('synth.new', { synthdef: 'sine' });
    await ada.call('node.hold', { id, controls: ['freq'], seconds: 20 });
    const told = await bob.event('node.held');
    assert.deepEqual({ ...told, until: 0 },
        { id, controls: ['freq'], by: 'Ada', client, until: 0 });
    assert.ok(Math.abs(told.until - Date.now() / 1000 - 20) < 5, told.until);

    // It keeps nobody from setting it.
    assert.equal((await bob.call('node.set', { id, controls: { freq: 300 } })).controls.freq, 300);
    await ada.call('node.unhold', { id, controls: ['freq'] });
    await bob.event('node.held', ({ controls }) => controls.length === 0);

    // Time ends it, too, and so does leaving.
    await ada.call('node.hold', { id, controls: ['amp'], seconds: 0.2 });
    await waitFor('the end of it', () => held(bob).length === 4);
    assert.deepEqual(held(bob).at(-1), { id, controls: [], by: 'Ada', client, until: null });
    await ada.call('node.hold', { id, controls: ['amp', 'freq'] });
    await ada.close();
    await waitFor('its leaving', () => held(bob).length === 6);
    assert.deepEqual(held(bob).at(-1).controls, []);
    assert.deepEqual(held(ada), [], 'nobody is told of himself');
    const refused = await bob.call('node.hold', { id, controls: ['nonsense'] }).catch((e) => e);
    assert.match(refused.message, /cannot be held/);
    await bob.call('node.free', { id });
});

test('a synth that a connection holds ends with it, unless another takes it up', async () => {
    const [ada, bob] = [await farfield.rpc(), await farfield.rpc()];
    await bob.subscribe('nodes');
    const play = async (controls) => (await ada.call('synth.new',
        { synthdef: 'sine', controls, held: true })).id;
    const [left, taken] = [await play({ freq: 300 }), await play({ freq: 400 })];
    const { id: free } = await ada.call('synth.new', { synthdef: 'sine' });
    ada.socket.terminate(); // as a page does that is killed
    await bob.call('synth.hold', { id: taken });
    await bob.event('node.ended', ({ id }) => id === left);
    const { nodes: there } = await bob.call('node.list');
    assert.deepEqual(there.filter(({ synthdef }) => synthdef === 'sine')
        .map(({ id, releasing }) => [id, releasing]).sort(),
    [[taken, false], [free, false]].sort());
    const refused = await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', held: true });
    assert.equal(refused.status, 422);
    await bob.call('server.panic');
    await bob.close();
});

// --- taking back --------------------------------------------------------------------------------

const nodes = async () => (await farfield.api('GET', '/v1/nodes')).body.nodes
    .filter(({ own, system }) => own && !system);
const silence = async () => { await farfield.api('POST', '/v1/server/panic'); };

test('a control goes back and forth, and what somebody else has set since stays', async () => {
    const [ada, bob] = [await farfield.rpc(), await farfield.rpc()];
    const { id } = await ada.call('synth.new', { synthdef: 'sine', controls: { freq: 440 } });
    for (const freq of [450, 460, 470]) await ada.call('node.set', { id, controls: { freq } });
    const { undone } = await ada.call('session.undo');
    assert.deepEqual(undone, { what: 'controls', words: `freq of sine ${id} is 440 again`,
        nodes: [id], was: [id], skipped: [] });
    assert.equal((await ada.call('node.query', { id })).controls.freq, 440);
    const { redone } = await ada.call('session.redo');
    assert.equal(redone.words, `freq of sine ${id} is 470 again`);
    await bob.call('node.set', { id, controls: { freq: 500 } });
    const again = await ada.call('session.undo');
    assert.deepEqual(again.undone.skipped,
        [`freq of sine ${id} has been set by somebody else since`]);
    assert.equal((await ada.call('node.query', { id })).controls.freq, 500);
    const empty = await ada.call('session.undo').catch((error) => error);
    assert.equal(empty.data.status, 409);
    assert.equal(empty.message, 'there is nothing left to take back');
    await silence();
});

test('what was freed sounds again as it did, in its place', async () => {
    const ada = await farfield.rpc();
    const listener = await farfield.listen();
    const sounds = (...pitches) => waitFor(`${pitches} Hz`, async () => {
        const { left } = await listener.hear(0.5);
        return [500, 900].every((hz) => level(left, hz) > 0.05 === pitches.includes(hz));
    });
    const { id: group } = await ada.call('group.new', { action: 'tail', name: 'band' });
    const { id: low } = await ada.call('synth.new',
        { synthdef: 'sine', target: group, controls: { freq: 440, amp: 0.2 } });
    await ada.call('synth.new', { synthdef: 'sine', target: group, action: 'tail',
        controls: { freq: 900, amp: 0.2 } });
    await ada.call('node.set', { id: low, controls: { freq: 500 } });
    await sounds(500, 900);
    const before = (await nodes()).map(({ id, parent, ...rest }) => rest);
    for (const [method, params] of [['node.free', { id: group }], ['server.panic', {}]]) {
        await ada.call(method, params);
        await sounds();
        const { undone } = await ada.call('session.undo');
        assert.equal(undone.nodes.length, method === 'node.free' ? 3 : 2);
        await sounds(500, 900);
        assert.deepEqual((await nodes()).map(({ id, parent, ...rest }) => rest), before, method);
        const band = (await nodes()).find(({ name }) => name === 'band').id;
        assert.deepEqual((await nodes()).filter(({ id }) => id !== band).map((n) => n.parent),
            [band, band]);
        params.id &&= band;
    }
    // What was done before it can still be taken back, by the new number.
    const { undone } = await ada.call('session.undo');
    assert.match(undone.words, /^freq of sine \d+ is 440 again$/);
    assert.notEqual(undone.nodes[0], low);
    await silence();
    await listener.close();
});

test('what is let go and still rings is called back', async () => {
    const ada = await farfield.rpc();
    const listener = await farfield.listen();
    const { id } = await ada.call('synth.new',
        { synthdef: 'pad', controls: { release: 5, freq: 440, amp: 0.3 } });
    // What has not sounded yet cannot ring out.
    await waitFor('its sound', async () => level((await listener.hear(0.5)).left, 440) > 0.005);
    await ada.call('node.release', { id });
    assert.equal((await nodes())[0].releasing, true);
    const { undone } = await ada.call('session.undo');
    assert.deepEqual(undone.nodes, [id]);
    const [node] = await nodes();
    assert.equal(node.releasing, false);
    assert.equal(node.controls.gate, 1);
    await silence();
    await listener.close();
});
