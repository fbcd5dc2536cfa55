// SPDX-License-Identifier: GPL-3.0-or-later
// A listener whose socket holds up whoever sends: it is put out, and the others hear on. Where the
// socket never lets go, the pipeline makes way for another one.
import assert from 'node:assert/strict';
import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { listen } from '../lib/listener.mjs';
import { gaps } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';
import { Rig, build } from './pipeline_rig.mjs';

const folder = mkdtempSync(join(tmpdir(), 'farfield-stalled-'));
const block = join(folder, 'port');
// Written in place: the pipeline has it mapped.
const file = openSync(block, 'w');
const hold = (port, milliseconds = 0) =>
    writeSync(file, new Uint8Array(new Uint16Array([port, milliseconds]).buffer), 0, 4, 0);
const OTHERS = 3;

let rig;

beforeEach(async () => {
    hold(0);
    rig = await Rig.start({ settings: {
        LD_PRELOAD: join(build, 'block.so'),
        FARFIELD_TEST_BLOCK: block,
        ASAN_OPTIONS: `verify_asan_link_order=0:${process.env.ASAN_OPTIONS ?? ''}`,
    } });
    await rig.captured();
    rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
});

afterEach(() => {
    hold(0);
    return rig?.stop();
});

after(() => rmSync(folder, { recursive: true }));

// The port at which a listener hears.
async function portOf(listener) {
    const stats = [...(await listener.peer.getStats()).values()];
    const pair = await waitFor('its path', () =>
        stats.find(({ type, nominated }) => type === 'candidate-pair' && nominated));
    return stats.find(({ id }) => id === pair.localCandidateId).port;
}

const areConnected = (count) => waitFor(`${count} listeners`, () => new Set(rig.controller.messages
    .filter(({ type, state }) => type === 'state' && state === 'connected')
    .map(({ listener }) => listener)).size === count);

// {slow, listener, others}: who is to be held up, by what id, and those who hear with it.
async function audience() {
    const others = [];
    for (let i = 0; i < OTHERS; i++) others.push(await listen({ base: rig.controller.base }));
    await areConnected(OTHERS);
    const before = rig.controller.present();
    const slow = await listen({ base: rig.controller.base });
    await areConnected(OTHERS + 1);
    const listener = rig.controller.present().find((id) => !before.includes(id));
    for (const one of [...others, slow]) await one.pitched(440);
    return { slow, listener, others };
}

const closed = () => rig.controller.receive(({ type, state }) =>
    type === 'state' && state === 'closed');

test('one that holds up the others again and again is put out, and they hear no gap', async () => {
    const { slow, listener, others } = await audience();
    const end = closed();
    hold(await portOf(slow), 30);
    const message = await end;
    assert.equal(message.listener, listener);
    assert.equal(message.detail, 'stalled: its packets held up the others');
    await Promise.all(others.map((one) => one.pitched(440)));
    for (const { left, rate } of await Promise.all(others.map((one) => one.hear(3)))) {
        assert.deepEqual(gaps(left, rate), [], 'no gap once it is out');
    }
    assert.equal(rig.controller.present().length, OTHERS);
    for (const one of [...others, slow]) one.drop();
});

test('one that never lets go ends the pipeline, which says so', async () => {
    const { slow, listener, others } = await audience();
    const end = closed();
    hold(await portOf(slow));
    assert.equal((await end).listener, listener);
    await rig.pipeline.said('pipeline.stuck room=main');
    assert.equal((await rig.pipeline.ended).code, 1);
    for (const one of [...others, slow]) one.drop();
});
