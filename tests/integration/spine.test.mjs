// SPDX-License-Identifier: GPL-3.0-or-later
// From a request to an ear, and back: what curl does is measured in what a listener decoded.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { decibels, level, pitch, rms } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => { farfield = await startFarfield(); });
after(() => farfield.stop());

const play = (body) => farfield.api('POST', '/v1/nodes', body);

for (const transport of ['WHEP', 'WebSocket']) {
    test(`a synth is heard at its pitch over ${transport}, follows PATCH, ends with DELETE`,
        async () => {
            const rpc = transport === 'WebSocket' ? await farfield.rpc() : null;
            const listener = await farfield.listen({ rpc });
            const made = await play({ synthdef: 'sine', controls: { freq: 440 } });
            assert.equal(made.status, 201);
            const path = made.headers.get('location');
            assert.equal(path, `/v1/nodes/${made.body.id}`);
            let heard = await listener.pitched(440);
            assert.ok(Math.abs(pitch(heard.left) - 440) < 1, `${pitch(heard.left)} Hz`);

            const set = await farfield.api('PATCH', path, { controls: { freq: 660 } });
            assert.equal(set.status, 200);
            assert.equal(set.body.controls.freq, 660);
            heard = await listener.pitched(660);
            assert.ok(Math.abs(pitch(heard.left) - 660) < 1, `${pitch(heard.left)} Hz`);

            assert.equal((await farfield.api('DELETE', path)).status, 204);
            await listener.silent();
            await waitFor('end of the node',
                async () => (await farfield.api('GET', path)).status === 404);
            await listener.close();
        });
}

test('a synth panned hard left is heard in the left channel alone', async () => {
    const listener = await farfield.listen();
    const left = await play({ synthdef: 'sine', controls: { freq: 500, pan: -1 } });
    const right = await play({ synthdef: 'sine', controls: { freq: 900, pan: 1 } });
    const heard = await waitFor('both channels', async () => {
        const sound = await listener.hear(0.5);
        return level(sound.left, 500) > 0.05 && level(sound.right, 900) > 0.05 && sound;
    });
    assert.ok(level(heard.left, 900) < level(heard.left, 500) / 30, 'nothing of the right in left');
    assert.ok(level(heard.right, 500) < level(heard.right, 900) / 30);
    for (const { body } of [left, right]) await farfield.api('DELETE', `/v1/nodes/${body.id}`);
    await listener.close();
});

test('a flood of control changes leaves the last value sounding', async () => {
    const rpc = await farfield.rpc();
    const listener = await farfield.listen();
    const { body } = await play({ synthdef: 'sine' });
    for (let i = 0; i <= 5000; i++)
        rpc.notify('node.set', { id: body.id, controls: { freq: 300 + i / 10 } });
    const node = await rpc.call('node.show', { id: body.id });
    assert.equal(node.controls.freq, 800);
    await listener.pitched(800);
    await rpc.call('node.free', { id: body.id });
    await listener.close();
});

test('loud, wrong and infinite sound stays within bounds at the listener', async () => {
    const listener = await farfield.listen();
    const made = [];
    for (let i = 0; i < 20; i++)
        made.push((await play({ synthdef: 'sine', controls: { freq: 440, amp: 2 } })).body.id);
    await listener.pitched(440);
    // This is more than anybody can have meant: the guard lets nothing of it through.
    made.push((await play({ synthdef: 'sine', controls: { freq: 440, amp: 1e6 } })).body.id);
    const heard = await listener.hear(1);
    for (const channel of [heard.left, heard.right])
        assert.ok(channel.every((x) => Number.isFinite(x) && Math.abs(x) <= 1), 'within +-1');
    assert.ok(decibels(rms(heard.left)) < 0.5);
    const { status, body } = await farfield.api('POST', '/v1/server/panic');
    assert.equal(status, 200);
    assert.equal(body.freed, made.length);
    await listener.silent();
    const { body: tree } = await farfield.api('GET', '/v1/nodes');
    assert.deepEqual(tree.nodes.filter((node) => !node.system), []);
    const { body: again } = await play({ synthdef: 'sine', controls: { freq: 520 } });
    await listener.pitched(520);
    await farfield.api('DELETE', `/v1/nodes/${again.id}`);
    await listener.close();
});

test('a paused synth is silent and goes on', async () => {
    const listener = await farfield.listen();
    const { body } = await play({ synthdef: 'sine', controls: { freq: 440 } });
    const path = `/v1/nodes/${body.id}`;
    await listener.pitched(440);
    assert.equal((await farfield.api('PATCH', path, { run: false })).body.running, false);
    await listener.silent();
    assert.equal((await farfield.api('PATCH', path, { run: true })).body.running, true);
    await listener.pitched(440);
    await farfield.api('DELETE', path);
    await listener.close();
});

test('a group takes what is in it along', async () => {
    const { body: group } = await farfield.api('POST', '/v1/groups', {});
    const { body: one } = await play({ synthdef: 'sine', target: group.id });
    const { body: two } = await play({ synthdef: 'sine', target: one.id, action: 'after' });
    assert.equal(one.parent, group.id);
    assert.equal(two.parent, group.id);
    const set = await farfield.api('PATCH', `/v1/nodes/${group.id}`, { controls: { amp: 0.01 } });
    assert.equal(set.status, 200);
    assert.equal((await farfield.api('GET', `/v1/nodes/${two.id}`)).body.controls.amp, 0.01);
    await farfield.api('DELETE', `/v1/nodes/${group.id}`);
    await waitFor('end of the group',
        async () => (await farfield.api('GET', `/v1/nodes/${group.id}`)).status === 404);
    assert.equal((await farfield.api('GET', `/v1/nodes/${one.id}`)).status, 404);
});

test('events tell the life of a node and the level of the room', async () => {
    const rpc = await farfield.rpc();
    await rpc.call('subscribe', { topics: ['nodes', 'meters', 'listeners', 'rooms'] });
    const made = await rpc.call('synth.new', { synthdef: 'sine' });
    const started = await rpc.event('node.started', (e) => e.node.id === made.id);
    assert.equal(started.node.synthdef, 'sine');
    await rpc.call('node.set', { id: made.id, controls: { freq: 550 } });
    await rpc.event('node.changed', (e) => e.node.id === made.id && e.node.controls.freq === 550);
    await rpc.event('meter', (e) => e.room === 'main' && e.peak[0] > -40);
    await rpc.call('node.release', { id: made.id });
    await rpc.event('node.ended', (e) => e.id === made.id);
    const listener = await farfield.listen();
    await rpc.event('listener.changed', (e) => e.listener.state === 'connected');
    await listener.close();
    await rpc.event('listener.changed', (e) => e.listener.state === 'closed');
});
