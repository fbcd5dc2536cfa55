// SPDX-License-Identifier: GPL-3.0-or-later
// Hearing a room by the client library in Node: samples by either path, at the pitch that is played,
// over what can go wrong.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import wrtc from '@roamhq/wrtc';
import WebSocket from 'ws';
import { connect } from '../../web/client/farfield.js';
import { startFarfield } from '../lib/farfield.mjs';
import { leaveQuickly } from '../lib/listener.mjs';
import { pitch, rms } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

const RATE = 48000;

let farfield;
let client;
before(async () => {
    leaveQuickly();
    farfield = await startFarfield();
    client = connect(farfield.base, { WebSocket });
    await client.ready();
});
afterEach(() => client.commands.server.panic());
after(async () => {
    client.close();
    await farfield.stop();
});

// A listening that keeps the last second: {listening, blocks, pitched(hz)}.
function hear(options = {}) {
    let heard = { left: new Float32Array(RATE), right: new Float32Array(RATE), count: 0 };
    const keep = (all, block) => {
        all.copyWithin(0, block.length);
        all.set(block, all.length - block.length);
    };
    const listening = client.listen('main', {
        ...options,
        onsamples({ left, right, rate }) {
            assert.equal(rate, RATE);
            keep(heard.left, left);
            keep(heard.right, right);
            heard.count += left.length;
        },
    });
    return {
        listening,
        get count() {
            return heard.count;
        },
        get left() {
            return heard.left;
        },
        get right() {
            return heard.right;
        },
        pitched: (hz) => waitFor(`${hz} Hz`, () => {
            const is = pitch(heard.left.subarray(RATE / 2), RATE);
            if (!(Math.abs(is - hz) < 1)) throw new Error(`${is} Hz`);
            return true;
        }),
    };
}

for (const [kind, options] of [['pcm', {}], ['webrtc', { wrtc }]]) {
    test(`by ${kind}: what is played, left and right, with figures`, async () => {
        const ear = hear(options);
        const { listening } = ear;
        const states = [];
        listening.addEventListener('state', ({ detail }) => states.push(detail));
        listening.start();
        const { synth, node } = client.commands;
        const { id } = await synth.new({ synthdef: 'sine', controls: { freq: 440, pan: -1 } });
        await ear.pitched(440);
        assert.ok(rms(ear.right) < 0.01 * rms(ear.left), 'it is on the left');
        await node.set({ id, controls: { freq: 587 } });
        await ear.pitched(587);
        assert.deepEqual(states, ['connecting', 'connected']);
        // Samples of 16 bits, or a stream of Opus at the room's bitrate; once what a busy machine has
        // held back at first has come after.
        const [least, most] = kind === 'pcm' ? [1.4e6, 1.7e6] : [30e3, 200e3];
        let stats;
        await waitFor('figures', () => {
            stats = listening.getAudioStats();
            return [stats?.loss, stats?.delay, stats?.roundTrip].every(Number.isFinite) &&
                stats.bitrate > least && stats.bitrate < most;
        });
        assert.equal(stats.kind, kind);
        assert.equal(stats.loss, 0);
        assert.ok(stats.delay > 0 && stats.delay < 1, `${stats.delay} s`);
        assert.ok(stats.roundTrip < 0.5, `${stats.roundTrip} s`);
        await listening.stop();
        assert.deepEqual([listening.state, listening.getAudioStats()], ['idle', null]);
        const then = ear.count;
        await waitFor('the server to see it go',
            async () => (await client.commands.listener.list()).listeners.length === 0);
        assert.equal(ear.count, then, 'nothing comes after stop()');
    });
}

for (const [kind, options] of [['pcm', {}], ['webrtc', { wrtc }]]) {
    test(`by ${kind}: an error of the program's own is reported, and ends no sound`, async () => {
        const thrown = [];
        const had = process.listeners('uncaughtException');
        process.removeAllListeners('uncaughtException');
        process.on('uncaughtException', ({ message }) => thrown.push(message));
        let blocks = 0;
        const listening = client.listen('main', {
            ...options,
            onsamples() {
                if (++blocks % 10 === 1) throw new Error('mine');
            },
        });
        const states = [];
        listening.addEventListener('state', ({ detail }) => states.push(detail));
        listening.start();
        try {
            await waitFor('what comes after it', () => blocks > 30);
            await waitFor('the reports', () => thrown.length >= 3);
        } finally {
            await listening.stop();
            process.removeAllListeners('uncaughtException');
            for (const listener of had) process.on('uncaughtException', listener);
        }
        assert.deepEqual(states, ['connecting', 'connected', 'idle']);
        assert.deepEqual([...new Set(thrown)], ['mine']);
    });
}

test('WebRTC that does not come through is followed by plain samples', async () => {
    // One whose packets go nowhere: it never hears of a candidate.
    class Deaf extends wrtc.RTCPeerConnection {
        setRemoteDescription({ type, sdp }) {
            return super.setRemoteDescription({ type, sdp: sdp.replace(/a=candidate.*\r\n/g, '') });
        }

        addIceCandidate() {
            return Promise.resolve();
        }

        set onicecandidate(handler) {} // nor is it heard of
    }
    const ear = hear({ wrtc: { RTCPeerConnection: Deaf, nonstandard: wrtc.nonstandard } });
    ear.listening.start();
    await client.commands.synth.new({ synthdef: 'sine', controls: { freq: 311 } });
    await ear.pitched(311);
    assert.deepEqual(ear.listening.path,
        { kind: 'pcm', mode: 'balanced', reason: 'WebRTC does not come through' });
    await ear.listening.stop();
});

test('it is heard again when the pipeline dies, and while the controller is away', async () => {
    const ear = hear();
    ear.listening.start();
    const { id } = await client.commands.synth.new({ synthdef: 'sine', controls: { freq: 466 } });
    await ear.pitched(466);
    await farfield.kill('pipeline');
    await waitFor('it to be lost', () => ear.listening.state === 'lost');
    ear.left.fill(0);
    await ear.pitched(466);
    assert.equal(ear.listening.state, 'connected');
    await farfield.kill('controller');
    await waitFor('the connection to be lost', () => client.connection === 'lost');
    ear.left.fill(0);
    await ear.pitched(466); // half a second of it came with nobody to ask
    assert.equal(client.connection, 'lost');
    farfield.launch();
    await farfield.ready();
    await client.ready();
    await client.commands.node.free({ id });
    await client.commands.synth.new({ synthdef: 'sine', controls: { freq: 277 } });
    await ear.pitched(277);
    await ear.listening.stop();
});

test('what happens to nodes is told when it is heard, until stop()', async () => {
    const { listening } = hear();
    listening.start();
    await waitFor('a delay', () => listening.delay > 0);
    const heard = client.heard(listening);
    const events = [];
    const told = new Map(); // id -> when its event came
    const stop = client.on('node.started', ({ node }) => told.set(node.id, performance.now()));
    heard.addEventListener('heard', ({ detail }) =>
        events.push({ ...detail, at: performance.now() }));
    const { id } = await client.commands.synth.new({ synthdef: 'sine' });
    assert.equal(heard.hears(id), false, 'it is on its way');
    await waitFor('it to be heard', () => heard.hears(id));
    const [first] = events;
    assert.deepEqual([first.event, first.id, first.node.synthdef], ['node.started', id, 'sine']);
    assert.ok(first.at - told.get(id) > 400 * listening.delay, 'not before it arrives');
    await client.commands.node.free({ id });
    await waitFor('its end', () => !heard.hears(id));
    assert.equal(events.at(-1).event, 'node.ended');
    heard.stop();
    const count = events.length;
    const witness = client.heard(listening);
    const { id: other } = await client.commands.synth.new({ synthdef: 'sine' });
    await waitFor('another to hear it', () => witness.hears(other));
    assert.deepEqual([events.length, heard.hears(other)], [count, false]);
    witness.stop();
    await listening.stop();
    stop();
    assert.equal(client.nodes.size, 0, 'nobody watches them');
});
