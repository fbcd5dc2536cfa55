// SPDX-License-Identifier: GPL-3.0-or-later
// Several commands at one time: all or none, when they were asked for, in what a listener decoded.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, rpc;
before(async () => {
    farfield = await startFarfield();
    rpc = await farfield.rpc();
    await rpc.subscribe('nodes', 'bundles', 'clock');
});
after(() => farfield.stop());
afterEach(() => rpc.call('server.panic', {}));

const now = () => Date.now() / 1000;
const send = (body) => farfield.api('POST', '/v1/bundles', body);
const sine = (controls = {}, more = {}) =>
    ({ method: 'synth.new', params: { synthdef: 'sine', controls, ...more } });
const synths = async () => (await rpc.call('node.list', {})).nodes
    .filter(({ kind, system }) => kind === 'synth' && !system);

test('a bundle of now is answered with what each command made', async () => {
    const { status, body } = await send({ commands: [
        { method: 'group.new', params: { name: 'choir' } },
        sine({ freq: 300 }, { target: '$0' }),
        sine({ freq: 400 }, { target: '$1', action: 'after' }),
        { method: 'node.set', params: { id: '$2', controls: { freq: 500 } } },
    ] });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.scheduled, false);
    assert.equal(body.late, 0);
    assert.equal(body.failed, 0);
    const [group, first, second, set] = body.results;
    assert.equal(group.name, 'choir');
    assert.equal(first.parent, group.id);
    assert.equal(second.parent, group.id);
    assert.equal(set.id, second.id);
    assert.equal(set.controls.freq, 500);
    const asked = await rpc.call('node.query', { id: second.id });
    assert.equal(asked.controls.freq, 500);
});

test('one wrong command undoes them all', async () => {
    const before = await rpc.call('node.list', {});
    const { body: { id } } = await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    const { status, body } = await send({ commands: [
        { method: 'node.set', params: { id, controls: { freq: 777 } } },
        sine(),
        { method: 'synth.new', params: { synthdef: 'sin' } },
    ] });
    assert.equal(status, 422);
    assert.match(body.errors[0].field, /^commands\[2\]\.synthdef$/);
    assert.match(body.errors[0].detail, /did you mean "sine"/);
    assert.equal((await rpc.call('node.query', { id })).controls.freq, 440);
    assert.equal((await rpc.call('node.list', {})).nodes.length, before.nodes.length + 1);
});

test('what a bundle cannot be is refused by name', async () => {
    for (const [body, words] of [
        [{ commands: [] }, /1 to/],
        [{ commands: [{ method: 'server.restart' }] }, /cannot be part/],
        [{ commands: [{ method: 'nothing' }] }, /no method/],
        [{ commands: [{ method: 'node.set', params: { id: '$0' } }] }, /no command before/],
        [{ commands: [sine()], in: 1, at: now() }, /only one/],
        [{ commands: [sine()], in: 1e9 }, /must be from/],
        [{ commands: [{ method: 'node.free', params: { id: 1 }, more: 1 }] }, /besides/],
        [{ commands: [sine()], phase: 1 }, /beats/],
    ]) {
        const answer = await send(body);
        assert.equal(answer.status, 422, JSON.stringify(body));
        assert.match(JSON.stringify(answer.body), words);
    }
    assert.deepEqual(await synths(), []);
});

test('a bundle of later starts when it was to, ends when it was to', async () => {
    const listener = await farfield.listen();
    await listener.silent();
    const at = now() + 1;
    const { body } = await send({ at, commands: [sine({ freq: 440 })] });
    assert.equal(body.scheduled, true);
    assert.ok(Math.abs(body.at - at) < 1e-5);
    const [{ id }] = body.results;
    assert.equal((await farfield.api('GET', `/v1/nodes/${id}`)).body.planned, true);
    assert.deepEqual(await synths(), []);
    // A second one speaks of what the first one will have made.
    const end = await send({ at: at + 1, commands: [
        { method: 'node.set', params: { id, controls: { freq: 660 } } }] });
    assert.equal(end.status, 200, JSON.stringify(end.body));
    const early = await send({ at: at - 0.5, commands: [
        { method: 'node.set', params: { id, controls: { freq: 660 } } }] });
    assert.equal(early.status, 422);
    assert.match(JSON.stringify(early.body), /will not have started/);
    assert.equal((await farfield.api('PATCH', `/v1/nodes/${id}`, { controls: {} })).status, 409);
    const started = await rpc.event('node.started', ({ node }) => node.id === id);
    const late = now() - at;
    assert.ok(late > -0.02 && late < 0.5, `started ${late} s after its time`);
    assert.equal(started.node.planned, undefined);
    await listener.pitched(440);
    await listener.pitched(660);
    assert.ok(now() - at > 0.95, 'not before its time');
    const done = await rpc.event('bundle.done', ({ bundle }) => bundle === end.body.bundle);
    assert.equal(done.failed, 0);
    assert.equal((await rpc.call('node.show', { id })).controls.freq, 660);
    await listener.close();
});

test('two synths of one bundle start at the same sample', async () => {
    const listener = await farfield.listen();
    await listener.silent();
    // Of opposite sign they are silent, if they start at the same time: 0.1 ms would be heard.
    const { body } = await send({ in: 0.4, commands: [
        sine({ freq: 400, amp: 0.3, attack: 0 }), sine({ freq: 400, amp: -0.3, attack: 0 })] });
    await rpc.event('bundle.done', ({ bundle }) => bundle === body.bundle);
    await waitFor('both', async () => (await synths()).length === 2);
    const { left } = await listener.hear(0.5);
    assert.ok(Math.max(...left.map(Math.abs)) < 1e-3, 'they cancel each other');
    await rpc.call('node.free', { id: body.results[1].id });
    await listener.pitched(400);
    await listener.close();
});

test('how late it was is in the answer', async () => {
    const { body } = await send({ at: now() - 2, commands: [sine()] });
    assert.equal(body.scheduled, false);
    assert.ok(Math.abs(body.late - 2) < 0.5, `${body.late}`);
    assert.equal((await synths()).length, 1);
});

test('a bundle can be called off until shortly before its time, and panic calls all off', async () => {
    const one = (await send({ in: 5, commands: [sine()] })).body;
    assert.equal((await rpc.call('bundle.list', {})).bundles.length, 1);
    assert.equal((await farfield.api('DELETE', `/v1/bundles/${one.bundle}`)).status, 204);
    await rpc.event('bundle.cancelled', ({ bundle }) => bundle === one.bundle);
    assert.equal((await farfield.api('GET', `/v1/nodes/${one.results[0].id}`)).status, 404);
    assert.equal((await farfield.api('DELETE', `/v1/bundles/${one.bundle}`)).status, 404);
    await send({ in: 5, commands: [sine()] });
    await rpc.call('server.panic', {});
    assert.deepEqual((await rpc.call('bundle.list', {})).bundles, []);
});

test('a bundle outlives a scsynth that is killed before its time', async () => {
    const at = now() + 4;
    const { body } = await send({ at, commands: [sine({ freq: 350 })] });
    await farfield.kill('scsynth');
    const started = await rpc.event('node.started',
        ({ node }) => node.id === body.results[0].id);
    assert.ok(now() >= at - 0.02);
    assert.equal(started.node.controls.freq, 350);
});

test('a thousand synths in one bundle', async () => {
    const { status, body } = await send({ commands:
        Array.from({ length: 1000 }, (_, i) => sine({ freq: 200 + i, amp: 0 })) });
    assert.equal(status, 200);
    assert.equal(body.failed, 0);
    assert.equal((await synths()).length, 1000);
});

test('the clock is shared: tempo, beat, and bundles on the beat', async () => {
    const { body: clock } = await farfield.api('PATCH', '/v1/clock',
        { tempo: 240, beat: 0, beats_per_bar: 3 });
    assert.equal(clock.tempo, 240);
    const changed = await rpc.event('clock.changed', ({ tempo }) => tempo === 240);
    assert.equal(changed.beats_per_bar, 3);
    const { body } = await send({ beats: 4, phase: 1, commands: [sine()] });
    const beat = (body.at - clock.time) * 4 + clock.beat;
    assert.ok(Math.abs(beat - Math.round(beat)) < 0.01, `${beat}`);
    assert.equal(Math.round(beat) % 4, 1);
    await rpc.event('node.started', ({ node }) => node.id === body.results[0].id);
    const ticks = [];
    await waitFor('beats', async () => {
        ticks.push(...rpc.events.filter(({ method }) => method === 'clock.beat')
            .map(({ params }) => params.beat));
        return ticks.length > 4;
    });
    for (const tick of ticks) assert.ok(Math.abs(tick - Math.round(tick)) < 1e-3, `${tick}`);
    assert.equal((await farfield.api('PATCH', '/v1/clock', { tempo: 0 })).status, 422);
});
