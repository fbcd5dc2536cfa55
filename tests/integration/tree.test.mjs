// SPDX-License-Identifier: GPL-3.0-or-later
// Groups, add actions, moves, pauses, maps and buses, as scsynth itself has them afterwards.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { level } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, rpc;
before(async () => {
    farfield = await startFarfield();
    rpc = await farfield.rpc();
    await rpc.subscribe('nodes', 'buses');
});
after(() => farfield.stop());
afterEach(async () => {
    await rpc.call('server.panic', {});
    for (const node of (await rpc.call('node.list', {})).nodes) {
        if (node.kind === 'group' && !node.system) {
            await rpc.call('node.free', { id: node.id }).catch(() => {});
        }
    }
    for (const { id } of (await rpc.call('bus.list', {})).buses) await rpc.call('bus.free', { id });
});

const group = async (params = {}) => (await rpc.call('group.new', params)).id;
const synth = async (target, action = 'tail', more = {}) =>
    (await rpc.call('synth.new', { synthdef: 'sine', controls: { amp: 0.05 }, target, action,
        ...more })).id;
const below = async (id) => (await rpc.call('node.list', {})).nodes
    .filter(({ parent }) => parent === id).map((node) => node.id);
// What scsynth itself says, through a query of each node.
const asked = async (id) => rpc.call('node.query', { id });

const refused = (method, params, words) => assert.rejects(rpc.call(method, params), (error) => {
    assert.equal(error.data.status, 422);
    assert.match(JSON.stringify(error.data.errors), words);
    return true;
});

test('the five add actions put nodes where scsynth has them', async () => {
    const top = await group();
    const a = await synth(top, 'head');
    const b = await synth(top, 'tail');
    const c = await synth(a, 'before');
    const d = await synth(a, 'after');
    assert.deepEqual(await below(top), [c, a, d, b]);
    const e = await synth(d, 'replace');
    await waitFor('the end of what was replaced', async () => !(await below(top)).includes(d));
    assert.deepEqual(await below(top), [c, a, e, b]);
    const inner = await group({ target: a, action: 'after', parallel: true, name: 'inner' });
    assert.deepEqual(await below(top), [c, a, inner, e, b]);
});

test('nodes move before, after, to the head and to the tail', async () => {
    const top = await group();
    const other = await group({ target: top, action: 'after' });
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push(await synth(top));
    const [a, b, c, d] = ids;
    await rpc.call('node.move', { id: d, target: a, action: 'before' });
    assert.deepEqual(await below(top), [d, a, b, c]);
    await rpc.call('node.move', { id: a, target: c, action: 'after' });
    assert.deepEqual(await below(top), [d, b, c, a]);
    await rpc.call('node.move', { id: c, target: top, action: 'head' });
    assert.deepEqual(await below(top), [c, d, b, a]);
    const set = await farfield.api('PATCH', `/v1/nodes/${c}`,
        { target: other, action: 'tail', controls: { freq: 300 }, name: 'mover' });
    assert.equal(set.status, 200);
    assert.equal(set.body.parent, other);
    assert.equal(set.body.name, 'mover');
    assert.equal((await asked(c)).parent, other);
    assert.equal((await asked(c)).controls.freq, 300);
});

test('what cannot be moved is refused and stays', async () => {
    const top = await group();
    const inner = await group({ target: top });
    const a = await synth(inner);
    for (const [params, words] of [
        [{ id: top, target: inner }, /into itself/],
        [{ id: a, target: a, action: 'before' }, /into itself/],
        [{ id: inner, target: a, action: 'tail' }, /is a synth/],
        [{ id: a, target: 99999, action: 'head' }, /no node/],
    ]) {
        await refused('node.move', params, words);
    }
    assert.deepEqual(await below(top), [inner]);
    assert.deepEqual(await below(inner), [a]);
});

test('free all and deep free do what their names say', async () => {
    const top = await group();
    const inner = await group({ target: top });
    const a = await synth(inner);
    const b = await synth(top);
    assert.equal((await farfield.api('POST', `/v1/groups/${top}/deep_free`)).status, 204);
    await waitFor('synths to end', async () =>
        !(await below(top)).includes(b) && (await below(inner)).length === 0);
    assert.deepEqual(await below(top), [inner]);
    await synth(inner);
    await rpc.call('group.free_all', { id: top });
    await waitFor('all to end', async () => (await below(top)).length === 0);
    assert.equal((await asked(top)).kind, 'group');
    assert.equal((await farfield.api('POST', `/v1/groups/${a}/free_all`)).status, 404);
    assert.equal((await farfield.api('POST', '/v1/groups/0/deep_free')).status, 403);
});

test('controls are set by name, index and fill', async () => {
    const id = await synth((await group()));
    const node = await rpc.call('node.set', { id, controls: { 1: 321, 2: [0.07, -0.5] } });
    assert.equal(node.controls.freq, 321);
    assert.equal(node.controls.amp, 0.07);
    assert.equal(node.controls.pan, -0.5);
    const filled = await rpc.call('node.fill', { id, control: 'amp', count: 2, value: 0.25 });
    assert.equal(filled.controls.amp, 0.25);
    assert.equal(filled.controls.pan, 0.25);
    assert.deepEqual((await asked(id)).controls, filled.controls);
    await refused('node.set', { id, controls: { 7: 1 } }, /no such control/);
    await refused('node.fill', { id, control: '5', count: 3, value: 0 }, /has 2 values, not 3/);
});

test('a mapped control follows its bus, and is heard to', async () => {
    const listener = await farfield.listen();
    const bus = (await farfield.api('POST', '/v1/buses',
        { name: 'pitch', channels: 2, values: [500, 0.2] })).body;
    assert.deepEqual(bus.values, [500, 0.2]);
    assert.match(bus.id, /^c\d+$/);
    const made = await rpc.call('synth.new', { synthdef: 'sine', map: { freq: 'pitch' } });
    assert.deepEqual(made.maps, { freq: bus.id });
    await listener.pitched(500);
    await rpc.call('bus.set', { id: 'pitch', values: [700] });
    await listener.pitched(700);
    const set = await rpc.call('node.set', { id: made.id, controls: { freq: 900 } });
    assert.deepEqual(set.maps, {}, 'setting a control ends its map');
    await listener.pitched(900);
    await farfield.api('POST', `/v1/nodes/${made.id}/map`, { controls: { freq: bus.id } });
    await listener.pitched(700);
    const freed = await rpc.call('node.map', { id: made.id, controls: { freq: null } });
    assert.deepEqual(freed.maps, {});
    await refused('node.map', { id: made.id, controls: { freq: 'nowhere' } }, /no bus/);
    const top = await group();
    await synth(top);
    await refused('node.map', { id: top, controls: { freq: 'nowhere' } }, /no bus/);
    await listener.close();
});

test('a control reads an audio bus', async () => {
    const bus = await rpc.call('bus.new', { rate: 'audio' });
    assert.match(bus.id, /^a\d+$/);
    assert.equal('values' in bus, false);
    const made = await rpc.call('synth.new', { synthdef: 'sine', map: { pan: bus.id } });
    assert.deepEqual((await asked(made.id)).maps, { pan: bus.id });
    await refused('bus.set', { id: bus.id, values: [1] }, /synths write to it/);
});

test('buses are ours alone, and given back', async () => {
    const { client_id: client, max_logins: clients } = await rpc.call('server.status', {});
    const share = Math.floor(16384 / clients);
    const first = await rpc.call('bus.new', { channels: 3 });
    const second = await rpc.call('bus.new', { values: [7] });
    assert.equal(first.index, client * share);
    assert.equal(second.index, first.index + 3);
    await rpc.call('bus.free', { id: first.id });
    assert.equal((await rpc.call('bus.new', { channels: 2 })).index, first.index);
    assert.deepEqual((await rpc.call('bus.show', { id: second.id })).values, [7]);
    assert.equal((await farfield.api('GET', `/v1/buses/${first.id}x`)).status, 404);
    const named = await farfield.api('POST', '/v1/buses', { name: 'c5' });
    assert.equal(named.status, 422);
    for (let i = 0; i < 3; i++) await rpc.call('bus.new', { channels: 256 });
    const none = await farfield.api('POST', '/v1/buses', { channels: 256 });
    assert.equal(none.status, 409);
});

test('a name goes to the newest node that asks for it', async () => {
    const a = await rpc.call('synth.new', { synthdef: 'sine', name: 'lead' });
    assert.equal(a.name, 'lead');
    const b = await rpc.call('synth.new', { synthdef: 'sine', name: 'lead' });
    assert.equal(b.name, 'lead');
    assert.equal((await rpc.call('node.show', { id: a.id })).name, null);
});

test('a paused group is silent and goes on', async () => {
    const listener = await farfield.listen();
    const top = await group();
    await rpc.call('synth.new', { synthdef: 'sine', controls: { freq: 600 }, target: top });
    await listener.pitched(600);
    assert.equal((await rpc.call('node.run', { id: top, run: false })).running, false);
    await listener.silent();
    await rpc.call('node.set', { id: top, run: true });
    const heard = await listener.pitched(600);
    assert.ok(level(heard.left, 600) > 0.05);
    await listener.close();
});
