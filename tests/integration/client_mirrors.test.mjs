// SPDX-License-Identifier: GPL-3.0-or-later
// What the client library keeps of what the server knows is what the server has, whoever changed it
// and whatever became of the connection; and it keeps nothing that nobody watches.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { connect } from '../../web/client/farfield.js';
import { root, startFarfield } from '../lib/farfield.mjs';
import { sine, wav } from '../lib/soundfile.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
let client;
let other; // who does what the client is to see
before(async () => {
    farfield = await startFarfield();
    client = connect(farfield.base, { WebSocket });
    other = connect(farfield.base, { WebSocket });
    await Promise.all([client.ready(), other.ready()]);
});
after(async () => {
    client.close();
    other.close();
    await farfield.stop();
});

// Watches a kind: {changes, stop}, once it is known.
async function watch(kind) {
    const changes = [];
    const stop = client.watch(kind, (value, change) => changes.push(change));
    await waitFor(`${kind} to be known`, () => changes.length > 0);
    return { changes, stop };
}

// Waits until all groups have what is in them in the server's order.
async function inOrder() {
    const walk = (id) => [id, ...client.children(id).flatMap(walk)];
    await waitFor('the order of the server', async () => {
        const { nodes } = await other.call('node.list');
        assert.deepEqual(walk(0), nodes.map(({ id }) => id));
        return true;
    }, { timeout: 10000 });
}

// Waits until what is kept is what the server lists.
async function agrees(kind, list, key, without = (entry) => entry) {
    await waitFor(`${kind} as the server has them`, async () => {
        const answer = await other.call(list);
        const theirs = Object.fromEntries(answer[kind].map((entry) => [entry[key], without(entry)]));
        const ours = Object.fromEntries([...client[kind]].map(([id, entry]) => [id, without(entry)]));
        assert.deepEqual(ours, theirs);
        return true;
    }, { timeout: 10000 });
}

test('what nobody watches is neither asked for nor kept', async () => {
    const rpc = await farfield.rpc();
    assert.deepEqual([client.nodes.size, client.server, client.log], [0, null, []]);
    const { stop } = await watch('nodes');
    assert.ok(client.nodes.size > 0);
    stop();
    assert.equal(client.nodes.size, 0);
    await other.commands.group.new();
    const { topics } = await client.rpc.call('subscribe', { topics: [] });
    assert.deepEqual(topics, []);
    await rpc.close();
});

test('nodes: made, set, moved and freed by another', async () => {
    const { changes, stop } = await watch('nodes');
    const { id: group } = await other.commands.group.new();
    const { id } = await other.commands.synth.new({ synthdef: 'sine', target: group });
    await other.commands.node.set({ id, controls: { freq: 333 } });
    await agrees('nodes', 'node.list', 'id');
    assert.equal(client.nodes.get(id).controls.freq, 333);
    const { id: beside } = await other.commands.group.new();
    await other.commands.node.move({ id, target: beside, action: 'head' });
    await agrees('nodes', 'node.list', 'id');
    assert.equal(client.nodes.get(id).parent, beside);
    await inOrder();
    await other.commands.node.free({ id: beside });
    await other.commands.node.free({ id: group });
    await waitFor('its end', () => !client.nodes.has(group));
    const last = changes.filter((change) => change?.key === group).at(-1);
    assert.equal(last.value, undefined);
    assert.equal(last.before.id, group);
    stop();
});

test('who did it is told by name and number, to oneself as well', async () => {
    client.rename('Ada');
    await waitFor('its number', () => client.client);
    const told = [];
    const stop = other.on('nodes', (params, event) => told.push({ event, ...params }));
    const ours = [];
    const end = client.on('node.started', (params) => ours.push(params));
    await waitFor('both to be told', async () => {
        const { id } = await client.commands.group.new();
        await client.commands.node.free({ id });
        return ours.length > 0 && told.some((each) => each.event === 'node.ended');
    });
    for (const { by, client: number } of [...ours, ...told]) {
        assert.deepEqual([by, number], ['Ada', client.client]);
    }
    const { body } = await farfield.api('POST', '/v1/groups');
    const { by, client: number, client_id: theirs } = await waitFor('what HTTP did', () =>
        told.find(({ node }) => node?.id === body.id));
    const { client_id: server } = await other.commands.server.status();
    assert.deepEqual([by, number, theirs], [null, null, server]);
    await other.commands.node.free({ id: body.id });
    stop();
    end();
});

test('nodes are in the order in which scsynth runs them, however they are moved', async () => {
    const { changes, stop } = await watch('nodes');
    const { commands } = other;
    const { id: a } = await commands.group.new();
    const { id: b } = await commands.group.new({ target: a, action: 'after' });
    const synths = [];
    for (const action of ['head', 'tail', 'head', 'tail', 'tail']) {
        synths.push((await commands.synth.new({ synthdef: 'drone', target: a, action })).id);
    }
    await inOrder();
    const [one, two, three, four, five] = synths;
    const moves = [[one, three, 'before'], [five, two, 'after'], [two, b, 'tail'],
        [three, b, 'head'], [four, two, 'before'], [a, b, 'tail'], [a, b, 'before']];
    await Promise.all(moves.map(([id, target, action]) =>
        commands.node.move({ id, target, action })));
    await commands.node.free({ id: five });
    await commands.node.free({ id: four });
    await inOrder();
    assert.deepEqual(client.children(b), (await commands.node.list()).nodes
        .filter(({ parent }) => parent === b).map(({ id }) => id));
    assert.equal(changes.filter((change) => change === null).length, 1, 'it asked once');
    await commands.node.free({ id: a });
    await commands.node.free({ id: b });
    await inOrder();
    assert.deepEqual(client.children(a), []);
    stop();
});

test('synthdefs, buses, buffers, scenes and rooms', async () => {
    const watched = await Promise.all(['synthdefs', 'buses', 'buffers', 'scenes', 'rooms'].map(watch));
    const { commands } = other;
    await commands.synthdef.add({ data: readFileSync(join(root, 'synthdefs/bell.scsyndef')) });
    const { id: bus } = await commands.bus.new({ rate: 'control', name: 'cutoff' });
    const { id: buffer } = await commands.buffer.new({ name: 'a', data: wav([sine(440)]) });
    await commands.scene.put({ name: 'one' });
    await commands.room.set({ room: 'main', bitrate: 96000 });
    await agrees('synthdefs', 'synthdef.list', 'name');
    await agrees('buses', 'bus.list', 'id');
    await agrees('buffers', 'buffer.list', 'id');
    await agrees('scenes', 'scene.list', 'name');
    await agrees('rooms', 'room.list', 'name', ({ level, audience, ...rest }) => rest);
    assert.equal(client.rooms.get('main').bitrate, 96000);
    await commands.bus.free({ id: bus });
    await commands.buffer.free({ id: buffer });
    await commands.scene.delete({ name: 'one' });
    await commands.synthdef.delete({ name: 'bell' });
    await agrees('synthdefs', 'synthdef.list', 'name');
    await agrees('buses', 'bus.list', 'id');
    await agrees('buffers', 'buffer.list', 'id');
    await agrees('scenes', 'scene.list', 'name');
    assert.deepEqual([client.buses.size, client.buffers.size, client.scenes.size], [0, 0, 0]);
    for (const { stop } of watched) stop();
});

test('recordings and bundles come and go', async () => {
    const watched = await Promise.all(['recordings', 'bundles'].map(watch));
    const { commands } = other;
    const { id } = await commands.recording.start();
    await waitFor('it to be told', () => client.recordings.get(id)?.state === 'recording');
    await commands.recording.stop({ id });
    await waitFor('its end', () => client.recordings.get(id)?.state === 'done');
    await commands.recording.delete({ id });
    await waitFor('it to go', () => !client.recordings.has(id));
    const { bundle } = await commands.bundle.send({ in: 30,
        commands: [{ method: 'group.new', params: {} }] });
    await waitFor('the bundle', () => client.bundles.get(bundle)?.scheduled);
    await commands.bundle.cancel({ bundle });
    await waitFor('it to be called off', () => client.bundles.size === 0);
    for (const { stop } of watched) stop();
});

test('relays: begun, failing, and ended by another', async () => {
    const { changes, stop } = await watch('relays');
    const { commands } = other;
    const socket = createSocket('udp4');
    await new Promise((done) => { socket.bind(0, '127.0.0.1', done); });
    const { id } = await commands.relay.new({ host: '127.0.0.1', port: socket.address().port });
    await waitFor('it to be told', () => client.relays.has(id));
    await agrees('relays', 'relay.list', 'id', ({ packets, bytes, ...rest }) => rest);
    socket.close(); // the machine says that nobody is there
    await waitFor('it to fail', () => client.relays.get(id).errors > 0);
    await commands.relay.free({ id });
    await waitFor('it to go', () => !client.relays.has(id));
    assert.deepEqual([changes.at(-1).key, changes.at(-1).value], [id, undefined]);
    stop();
});

test('listeners come with their figures, and go', async () => {
    const { stop } = await watch('listeners');
    const listener = await farfield.listen();
    await waitFor('it to be there', () => client.listeners.size === 1);
    const [id] = client.listeners.keys();
    await waitFor('its figures', () => client.listeners.get(id).packets > 0);
    assert.equal(client.listeners.get(id).kind, 'webrtc'); // the figures took nothing away
    await listener.close();
    await waitFor('it to go', () => client.listeners.size === 0);
    stop();
});

test('server, clock, log and history', async () => {
    const watched = await Promise.all(['server', 'clock', 'log', 'history'].map(watch));
    assert.equal(client.server.state, 'running');
    await other.commands.clock.set({ tempo: 97 });
    await waitFor('the tempo', () => client.clock.tempo === 97);
    const before = client.history.length;
    await waitFor('another figure', () => client.history.length > before);
    assert.deepEqual(Object.keys(client.history.at(-1)), Object.keys(client.history[0]));
    const lines = (await other.commands.log.list({ count: 500 })).lines;
    assert.deepEqual(client.log.map(({ message }) => message).slice(0, lines.length),
        lines.map(({ message }) => message));
    for (const { stop } of watched) stop();
});

test('all is fetched anew when scsynth dies, and when the controller does', async () => {
    const nodes = await watch('nodes');
    const server = await watch('server');
    const { id } = await other.commands.synth.new({ synthdef: 'sine', controls: { freq: 350 } });
    const { epoch } = await other.commands.server.status();
    await waitFor('the synth', () => client.nodes.has(id));
    const fetched = () => nodes.changes.filter((change) => change === null).length;

    let had = fetched();
    await farfield.kill('scsynth');
    await waitFor('another epoch', () => client.server.epoch !== epoch &&
        client.server.state === 'running');
    await waitFor('the nodes anew', () => fetched() > had);
    await agrees('nodes', 'node.list', 'id');
    assert.equal(client.nodes.get(id).controls.freq, 350); // which came back

    had = fetched();
    await farfield.kill('controller');
    farfield.launch();
    await farfield.ready();
    await Promise.all([client.ready(), other.ready()]);
    await waitFor('the nodes anew', () => fetched() > had);
    await agrees('nodes', 'node.list', 'id');
    nodes.stop();
    server.stop();
});
