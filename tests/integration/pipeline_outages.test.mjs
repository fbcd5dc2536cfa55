// SPDX-License-Identifier: GPL-3.0-or-later
// What may die around a pipeline does not take its listeners along.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { listen } from '../lib/listener.mjs';
import { waitFor } from '../lib/wait.mjs';
import { Rig } from './pipeline_rig.mjs';

let rig;
let listener;

beforeEach(async () => {
    rig = await Rig.start({ period: 256 });
    await rig.captured();
    rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
    listener = await listen({ base: rig.controller.base });
    await listener.pitched(440);
});

afterEach(async () => {
    await listener?.close();
    await rig?.stop();
});

// Sound goes on coming in, without a loss.
async function stillConnected() {
    const before = await listener.stats();
    await listener.hear(1);
    const now = await listener.stats();
    assert.equal(listener.peer.connectionState, 'connected');
    assert.equal(now.packetsLost, 0);
    assert.ok(now.packetsReceived - before.packetsReceived >= 80,
        `${now.packetsReceived - before.packetsReceived} packets in a second`);
}

test('jackd killed and started again: silence, then the tone', async () => {
    await rig.jack.kill('SIGKILL');
    await rig.scsynth.quit();
    rig.forgetJack();
    await waitFor('the news', () => rig.controller.last('capture')?.capture.jack === false);
    await listener.silent();
    await stillConnected();
    await rig.startJack();
    await waitFor('JACK', () => rig.controller.last('capture').capture.jack);
    assert.equal(rig.controller.last('capture').capture.rate, 48000);
    await rig.startScsynth();
    await rig.captured();
    rig.scsynth.play('tone', 1000, { freq: 550, out: 0 });
    await listener.pitched(550);
    await stillConnected();
});

test('jackd back at another rate: the pitch stays', async () => {
    await rig.jack.kill('SIGKILL');
    await rig.scsynth.quit();
    rig.forgetJack();
    rig.options.rate = 44100;
    await rig.startJack();
    await rig.startScsynth();
    await waitFor('the rate', () => rig.controller.last('capture').capture.rate === 44100);
    await rig.captured();
    rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
    await listener.pitched(440);
    await stillConnected();
});

test('jackd stopped for a while: silence goes on, then the tone', async () => {
    rig.jack.process.kill('SIGSTOP');
    await listener.silent();
    await stillConnected();
    rig.jack.process.kill('SIGCONT');
    await listener.pitched(440);
    await stillConnected();
});

test('scsynth gone and back: its ports are connected by themselves', async () => {
    rig.scsynth.child.kill('SIGKILL');
    await rig.captured(0);
    await listener.silent();
    await rig.scsynth.quit();
    await rig.startScsynth();
    await rig.captured();
    rig.scsynth.play('tone', 1000, { freq: 660, out: 0 });
    await listener.pitched(660);
    await stillConnected();
});

test('the controller gone and back: no listener dropped, and its hello names them', async () => {
    const [id] = rig.controller.present();
    rig.controller.refuse = true;
    rig.controller.link.terminate();
    await listener.hear(2.5);
    await stillConnected();
    const again = rig.controller.receive((message) => message.type === 'pipeline.hello');
    rig.controller.refuse = false;
    const { listeners } = await again;
    assert.equal(listeners.length, 1);
    const [{ listener: name, room, state, since }] = listeners;
    assert.deepEqual([name, room, state], [id, 'main', 'connected']);
    assert.ok(Math.abs(since - Date.now() / 1000) < 60, `since ${since}`);
    await rig.controller.receive((message) => message.type === 'meter');
    await rig.controller.receive((message) => message.type === 'capture' ||
        message.type === 'stats');
    await stillConnected();
});

test('SIGTERM: says goodbye to each, and ends with 0 within 3 s', async () => {
    const [id] = rig.controller.present();
    const closed = rig.controller.receive((message) => message.type === 'state' &&
        message.state === 'closed');
    const begin = Date.now();
    const end = await rig.pipeline.kill('SIGTERM');
    assert.ok(Date.now() - begin < 3000, `${Date.now() - begin} ms`);
    assert.deepEqual(end, { code: 0, signal: null });
    assert.equal((await closed).listener, id);
    listener.drop();
    listener = null;
});

test('SIGTERM while jackd hangs: ends all the same', async () => {
    rig.jack.process.kill('SIGSTOP');
    await listener.silent();
    const begin = Date.now();
    const end = await rig.pipeline.kill('SIGTERM');
    rig.jack.process.kill('SIGCONT');
    assert.ok(Date.now() - begin < 3000, `${Date.now() - begin} ms`);
    assert.deepEqual(end, { code: 0, signal: null }, rig.pipeline.output.slice(-4000));
    listener.drop();
    listener = null;
});
