// SPDX-License-Identifier: GPL-3.0-or-later
// Scenes are kept, made again and faded into each other; what comes of it is measured in what the
// room recorded, to the sample.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, startFarfield, temporaryFolder } from '../lib/farfield.mjs';
import { decode, joined } from '../lib/recording.mjs';
import { level, rms } from '../lib/sound.mjs';
import { sine as tone, wav } from '../lib/soundfile.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => { farfield = await startFarfield(); });
after(() => farfield.stop());

async function ask(status, ...args) {
    const answer = await farfield.api(...args);
    assert.equal(answer.status, status, `${args[0]} ${args[1]}: ${JSON.stringify(answer.body)}`);
    return answer.body;
}
async function play(body) {
    const node = await ask(201, 'POST', '/v1/nodes', { synthdef: 'sine', ...body });
    // A gate that closes before scsynth has computed a block is never seen to have been open.
    await sleep(60);
    return node;
}
const sine = (freq, more = {}) => play({ controls: { freq, amp: 0.1, ...more } });
const keep = (name) => ask(200, 'PUT', `/v1/scenes/${name}`);
const recall = (name, wish = {}) => ask(200, 'POST', `/v1/scenes/${name}/recall`, wish);
const nodes = async () => (await ask(200, 'GET', '/v1/nodes')).nodes.filter((node) => !node.system);

// The tree without its numbers: a list of [kind or SynthDef, name, controls that say something].
async function shape() {
    const all = (await ask(200, 'GET', '/v1/nodes')).nodes;
    const below = (parent) => all.filter((node) => node.parent === parent && node.synthdef !==
        'farfield_guard').map((node) => ({
        is: node.synthdef ?? node.kind, name: node.name, freq: node.controls?.freq,
        amp: node.controls?.amp, running: node.running,
        ...(node.kind === 'group' && { nodes: below(node.id) }),
    }));
    return below(0);
}

async function clear() {
    await ask(200, 'PUT', '/v1/scenes/empty', { scene: { format: 'farfield.scene', version: 1 } });
    await recall('empty');
    await waitFor('an empty tree', async () => (await nodes()).length === 0, { timeout: 10000 });
}

// {left, right} of what sounds while `what` goes on.
async function recorded(what) {
    const { id } = await ask(201, 'POST', '/v1/recordings', {});
    await what();
    const recording = await ask(200, 'POST', `/v1/recordings/${id}/stop`);
    assert.equal(recording.lost, 0);
    const sounds = [];
    for (const { part } of recording.parts) {
        const response = await fetch(`${farfield.base}/v1/recordings/${id}/audio?part=${part}`);
        sounds.push(decode(Buffer.from(await response.arrayBuffer())));
    }
    return joined(sounds);
}

const part = (samples, from, seconds) =>
    samples.subarray(Math.round(from * 48000), Math.round((from + seconds) * 48000));

// What is left of a sound when the sines that it should consist of have been taken out: a click.
function residue(samples, frequencies) {
    let rest = Float64Array.from(samples);
    for (const hz of frequencies) {
        const turn = 2 * Math.cos((2 * Math.PI * hz) / 48000);
        rest = rest.map((x, i) => (i < 2 ? 0 : x - turn * rest[i - 1] + rest[i - 2]));
    }
    let most = 0;
    for (let i = 2 * frequencies.length; i < rest.length; i++)
        most = Math.max(most, Math.abs(rest[i]));
    return most;
}

// SynthDefs of the class library's own compiler.
function compile(source) {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'run'));
    writeFileSync(join(folder, 'defs.scd'), source);
    const { status, stdout } = spawnSync('timeout',
        ['60', 'sclang', '-D', join(root, 'sclang/compile.scd'), folder, join(folder, 'defs.scd')],
        { env: { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: folder,
            XDG_DATA_HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run'),
            QT_QPA_PLATFORM: 'offscreen', QTWEBENGINE_DISABLE_SANDBOX: '1' } });
    assert.equal(status, 0, String(stdout));
    return (name) => readFileSync(join(folder, `${name}.scsyndef`));
}

// A group with a sine whose pitch comes from a control bus, and one that goes through an effect by
// an audio bus; one paused; and one beside the room.
async function rich() {
    const { index: wire } = await ask(201, 'POST', '/v1/buses', { rate: 'audio', channels: 2 });
    const bus = await ask(201, 'POST', '/v1/buses',
        { rate: 'control', channels: 2, name: 'pitches', values: [100, 500] });
    const voices = await ask(201, 'POST', '/v1/groups', { name: 'voices' });
    const inner = await ask(201, 'POST', '/v1/groups', { target: voices.id });
    await play({ name: 'mapped', target: inner.id, controls: { freq: 1, amp: 0.1 },
        map: { freq: `c${bus.index + 1}` } });
    await play({ target: voices.id, action: 'tail', controls: { freq: 900, amp: 0.1, out: wire } });
    await play({ synthdef: 'half', name: 'effect', target: voices.id, action: 'after',
        controls: { from: wire } });
    const paused = await sine(1234);
    await ask(200, 'PATCH', `/v1/nodes/${paused.id}`, { run: false });
    const { group } = await ask(200, 'GET', '/v1/rooms/main');
    await play({ target: group, action: 'after', controls: { freq: 1500, amp: 0.05 } });
    return wire;
}

function soundsRich({ left }) {
    assert.ok(Math.abs(level(left, 500) - 0.0707) < 0.002, `mapped ${level(left, 500)}`);
    assert.ok(Math.abs(level(left, 900) - 0.0354) < 0.001, `effect ${level(left, 900)}`);
    assert.ok(Math.abs(level(left, 1500) - 0.0354) < 0.001, `beside ${level(left, 1500)}`);
    assert.ok(level(left, 1234) < 1e-4, 'paused');
}

const listen = async (seconds = 0.6) => {
    const sound = await recorded(() => sleep(1000 * seconds + 300));
    return { left: part(sound.left, 0.2, seconds), right: part(sound.right, 0.2, seconds) };
};

let defs;
test('the whole state comes back: order, names, maps, buses and sound', async () => {
    defs = compile(`SynthDef(\\half, { |from = 0, out = 0|
        Out.ar(out, In.ar(from, 2) * 0.5) })`);
    await ask(201, 'PUT', '/v1/synthdefs/half', defs('half'));
    const wire = await rich();
    const before = await shape();
    soundsRich(await listen());
    const kept = await keep('rich');
    assert.deepEqual([kept.synths, kept.groups, kept.buses, kept.left_out], [5, 2, 2, 0]);
    const ids = (await ask(200, 'GET', '/v1/buses')).buses.map(({ id }) => id);

    await ask(200, 'POST', '/v1/server/panic');
    await ask(200, 'PATCH', '/v1/buses/pitches', { values: [1, 2] });
    const { nodes: made, failed } = await recall('rich');
    assert.equal(made.length, 7);
    assert.equal(failed, 0);
    await waitFor('the same tree', async () => {
        assert.deepEqual(await shape(), before);
        return true;
    });
    soundsRich(await listen());
    assert.deepEqual((await ask(200, 'GET', '/v1/buses')).buses.map(({ id }) => id), ids,
        'buses keep their numbers');
    assert.equal((await nodes()).find(({ name }) => name === 'effect').controls.from, wire);
});

test('a scene that is added brings buses of its own', async () => {
    const before = (await ask(200, 'GET', '/v1/buses')).buses;
    await recall('rich', { mode: 'add' });
    await waitFor('twice as many', async () => (await nodes()).length === 14);
    const { left } = await listen();
    assert.ok(level(left, 900) > 0.001 && level(left, 500) > 0.001);
    const { buses } = await ask(200, 'GET', '/v1/buses');
    assert.equal(buses.length, 4);
    const fresh = buses.filter(({ id }) => !before.some((bus) => bus.id === id));
    const effects = (await nodes()).filter(({ synthdef }) => synthdef === 'half');
    const audio = buses.filter(({ rate }) => rate === 'audio').map(({ index }) => index);
    assert.deepEqual(effects.map(({ controls }) => controls.from).sort(), audio.sort());
    assert.equal(fresh.find(({ rate }) => rate === 'control').name, 'pitches');
    // And one that replaces takes all of it away again.
    await recall('rich');
    await waitFor('one again', async () => (await nodes()).length === 7);
    assert.equal((await ask(200, 'GET', '/v1/buses')).buses.length, 2);
    await clear();
    await waitFor('no buses', async () => !(await ask(200, 'GET', '/v1/buses')).buses.length);
});

test('buffers come back by their sounds and tables, and controls follow their numbers', async () => {
    await clear();
    const tables = compile(`SynthDef(\\table, { |buf = 0, freq = 100, amp = 0.1, gate = 1|
        Out.ar(0, (Osc.ar(buf, freq, 0, amp) * EnvGen.kr(Env.asr(0.01, 1, 0.05), gate,
            doneAction: 2)) ! 2) })`);
    await ask(201, 'PUT', '/v1/synthdefs/table', tables('table'));
    const sound = await ask(201, 'POST', '/v1/buffers?name=loop', wav([tone(750, { amp: 0.2 })]));
    const table = await ask(201, 'POST', '/v1/buffers', { frames: 1024 });
    await ask(200, 'POST', `/v1/buffers/${table.id}/generate`,
        { wave: 'sine1', amplitudes: [1], wavetable: true });
    await ask(201, 'POST', '/v1/buffers', { frames: 16, channels: 2 });
    const written = (await ask(200, 'GET', '/v1/buffers')).buffers.at(-1).id;
    await ask(204, 'PATCH', `/v1/buffers/${written}/samples`, { start: 3, values: [0.25, -0.5] });
    await play({ synthdef: 'player_mono', controls: { buf: sound.id, loop: 1, amp: 0.5 } });
    await play({ synthdef: 'table', controls: { buf: table.id, freq: 300 } });
    const before = await listen();
    assert.ok(level(before.left, 750) > 0.01 && level(before.left, 300) > 0.05);
    assert.equal((await keep('sampled')).buffers, 3);

    const same = async () => {
        const { left } = await listen();
        for (const hz of [300, 750]) {
            const ratio = level(left, hz) / level(before.left, hz);
            assert.ok(Math.abs(ratio - 1) < 0.03, `${hz} Hz: ${ratio}`);
        }
    };
    // What is there is used, and nothing is made twice.
    const numbers = async () => (await ask(200, 'GET', '/v1/buffers')).buffers.map(({ id }) => id);
    const at = await numbers();
    await recall('sampled');
    await waitFor('two', async () => (await nodes()).length === 2);
    assert.deepEqual(await numbers(), at);
    await same();
    // From nothing.
    await clear();
    await waitFor('no buffers', async () => (await numbers()).length === 0);
    await ask(201, 'POST', '/v1/buffers', { frames: 64, name: 'in the way' });
    await recall('sampled');
    await same();
    assert.equal((await numbers()).length, 3);
    const last = (await ask(200, 'GET', '/v1/buffers')).buffers.find(({ channels }) =>
        channels === 2);
    const { samples } = await ask(200, 'GET',
        `/v1/buffers/${last.id}/samples?start=2&count=4`);
    assert.deepEqual(samples, [0, 0.25, -0.5, 0]);
    // Beside it: the sound is shared, the others are its own.
    await recall('sampled', { mode: 'add' });
    await waitFor('four', async () => (await nodes()).length === 4);
    assert.equal((await numbers()).length, 5);
    // A sound that is gone is named.
    await clear();
    await waitFor('no buffers', async () => (await numbers()).length === 0);
    await ask(204, 'DELETE', `/v1/assets/${sound.asset}`);
    const { errors } = await ask(409, 'POST', '/v1/scenes/sampled/recall');
    assert.deepEqual(errors.map(({ field }) => field), ['asset']);
    assert.deepEqual(await numbers(), []);
});

test('scenes come at the time they were asked for', async () => {
    await clear();
    await sine(800, { attack: 0.001 });
    await keep('one');
    await clear();
    await sine(2000, { attack: 0.001 });
    await keep('two');
    await clear();
    const { left } = await recorded(async () => {
        const now = Date.now() / 1000;
        await recall('one', { at: now + 0.5 });
        await recall('two', { at: now + 1.25, mode: 'add' });
        assert.equal((await nodes()).length, 0, 'not yet');
        await sleep(1900);
    });
    // The first sample that a sine has left its mark on, of blocks of 64.
    const onset = (hz) => {
        for (let i = 0; i + 480 < left.length; i += 24)
            if (level(left.subarray(i, i + 480), hz) > 0.02) return i / 48000;
        return NaN;
    };
    const apart = onset(2000) - onset(800);
    assert.ok(Math.abs(apart - 0.75) < 0.005, `${apart} s apart`);
    await clear();
});

test('one scene fades into another, smoothly and at equal power', async () => {
    const FADE = 1.5;
    await sine(440);
    await keep('low');
    await clear();
    await sine(1000);
    await keep('high');
    await recall('low');
    await waitFor('low', async () => (await nodes()).length === 1);
    // Another client's sound, or what is not of the scenes: it stays as loud as it is.
    let sound;
    const { left } = await recorded(async () => {
        await sleep(400);
        await recall('high', { fade: FADE });
        const during = await nodes();
        assert.equal(during.length, 7, JSON.stringify(during.map((node) => node.synthdef)));
        sound = await ask(200, 'PUT', '/v1/scenes/halfway');
        await waitFor('the end of the fade', async () => (await nodes()).length === 1);
        await sleep(300);
    });
    assert.deepEqual([sound.synths, sound.groups], [1, 0], 'halfway only the new scene counts');
    const full = 0.0707;
    const windows = [];
    for (let at = 0.2; at + 0.1 < left.length / 48000 - 0.1; at += 0.05) {
        const piece = part(left, at, 0.1);
        windows.push({ at: at + 0.05, low: level(piece, 440), high: level(piece, 1000) });
    }
    assert.ok(windows[0].high < 1e-4 && windows.at(-1).low < 1e-4, 'wholly the one, then the other');
    for (const { at, low, high } of windows) {
        const power = Math.hypot(low, high) / full;
        assert.ok(Math.abs(20 * Math.log10(power)) < 0.5, `power ${power} at ${at}`);
    }
    // The angle of the two levels goes evenly from 0 to a right angle.
    const between = windows.filter(({ low, high }) => low > 0.1 * full && high > 0.1 * full)
        .map(({ at, low, high }) => ({ at, x: Math.atan2(high, low) / (Math.PI / 2) }));
    const [first, last] = [between[0], between.at(-1)];
    const took = (last.at - first.at) / (last.x - first.x);
    assert.ok(Math.abs(took - FADE) < 0.03, `the fade took ${took} s`);
    for (const { at, x } of between)
        assert.ok(Math.abs(x - first.x - (at - first.at) / took) < 0.02, `${x} at ${at}`);
    // A click would be as large as what jumps: -60 dBFS is 0.001.
    const click = residue(left.subarray(4800, left.length - 4800), [440, 1000]);
    assert.ok(click < 2e-4, `a click of ${click}`);
});

test('what is not of the scene goes on through a fade as it is', async () => {
    await clear();
    await sine(440);
    await keep('low');
    await clear();
    await recall('high');
    await waitFor('high', async () => (await nodes()).length === 1);
    const { left } = await recorded(async () => {
        await sleep(300);
        await recall('low', { fade: 1 });
        // Started during the fade, it is neither the old scene's nor the new one's.
        await sine(1700, { attack: 0.3 });
        await sleep(700);
        assert.ok((await nodes()).some(({ synthdef }) => synthdef === 'farfield_stash'));
        await waitFor('the end of the fade', async () => (await nodes()).length === 2);
        await sleep(300);
    });
    for (let at = 0.85; at < 1.6; at += 0.1) {
        const heard = level(part(left, at, 0.1), 1700);
        assert.ok(Math.abs(heard - 0.0707) < 0.002, `${heard} at ${at}`);
    }
    assert.ok(residue(left.subarray(4800, left.length - 4800), [440, 1000, 1700]) < 5e-4);
    await clear();
});

test('a fade that is overtaken by another ends with it', async () => {
    await clear();
    await recall('low');
    await waitFor('low', async () => (await nodes()).length === 1, { timeout: 5000 });
    const { left } = await recorded(async () => {
        await recall('high', { fade: 2 });
        await sleep(500);
        await recall('low', { fade: 0.5 });
        await waitFor('the end of it', async () => (await nodes()).length === 1, { timeout: 5000 });
        await sleep(300);
    });
    assert.ok(residue(left.subarray(4800, left.length - 4800), [440, 1000]) < 5e-4, 'no click');
    assert.ok(level(left.subarray(left.length - 9600), 440) > 0.07);
    assert.ok(level(left.subarray(left.length - 9600), 1000) < 1e-4);
    // Nor is there anything left when a scene without a fade cuts one short.
    await recall('high', { fade: 2 });
    await recall('low');
    const nothingLeft = (count) => waitFor(`${count} nodes and nothing else`, async () =>
        (await nodes()).length === count && !(await ask(200, 'GET', '/v1/buses')).buses.length &&
        !(await ask(200, 'GET', '/v1/bundles')).bundles.length, { timeout: 5000 });
    await nothingLeft(1);
    // A panic in the middle of one leaves nothing either.
    await recall('high', { fade: 2 });
    await ask(200, 'POST', '/v1/server/panic');
    await nothingLeft(0);
});

test('a recall that is called off changes nothing', async () => {
    await clear();
    await ask(201, 'POST', '/v1/buses', { rate: 'control', channels: 1 });
    await sine(440);
    const before = [await shape(), await ask(200, 'GET', '/v1/buses')];
    for (const fade of [0, 1]) {
        const { bundle } = await recall('rich', { in: 5, fade });
        await ask(204, 'DELETE', `/v1/bundles/${bundle}`);
        assert.deepEqual([await shape(), await ask(200, 'GET', '/v1/buses')], before);
        assert.deepEqual((await ask(200, 'GET', '/v1/bundles')).bundles, []);
    }
    await clear();
});

test('what a scene needs and is not there is named, and nothing changes', async () => {
    await clear();
    await sine(440);
    const before = await nodes();
    const scene = { format: 'farfield.scene', version: 1, nodes: [
        { kind: 'room', room: 'main', nodes: [{ kind: 'synth', synthdef: 'sine' },
            { kind: 'synth', synthdef: 'no such thing' }, { kind: 'synth', synthdef: 'nor this' }] },
        { kind: 'room', room: 'attic', nodes: [] }] };
    await ask(200, 'PUT', '/v1/scenes/foreign', { scene });
    const { detail, errors } = await ask(409, 'POST', '/v1/scenes/foreign/recall');
    assert.match(detail, /nothing has changed/);
    assert.deepEqual(errors.map((error) => error.detail), ['there is no synthdef "no such thing"',
        'there is no synthdef "nor this"', 'there is no room "attic"']);
    assert.deepEqual(await nodes(), before);
    await ask(404, 'POST', '/v1/scenes/nowhere/recall');
    await ask(422, 'POST', '/v1/scenes/foreign/recall', { fade: -1 });
    await ask(422, 'POST', '/v1/scenes/foreign/recall', { mode: 'mix' });
    await ask(422, 'POST', '/v1/scenes/foreign/recall', { in: 1, beats: 4 });
    await clear();
});

test('a scene travels to another Farfield and sounds the same there', async () => {
    await clear();
    await rich();
    await keep('rich');
    const exported = await ask(200, 'GET', '/v1/scenes/rich');
    const first = farfield;
    const other = await startFarfield();
    try {
        farfield = other;
        await ask(201, 'PUT', '/v1/synthdefs/half', defs('half'));
        await ask(200, 'PUT', '/v1/scenes/from afar', exported);
        assert.deepEqual(await ask(200, 'GET', '/v1/scenes/from afar'), exported);
        await recall('from afar');
        await waitFor('its nodes', async () => (await nodes()).length === 7);
        soundsRich(await listen());
    } finally {
        farfield = first;
        await other.stop();
    }
    await clear();
});

test('a scene gets another name and stays what it is', async () => {
    await keep('first');
    const { created, changed } = (await ask(200, 'GET', '/v1/scenes')).scenes
        .find(({ name }) => name === 'first');
    const shown = await ask(200, 'GET', '/v1/scenes/first');
    const head = await ask(200, 'POST', '/v1/scenes/first/rename', { to: 'second' });
    assert.deepEqual([head.name, head.created, head.changed], ['second', created, changed]);
    assert.deepEqual(await ask(200, 'GET', '/v1/scenes/second'), shown);
    await ask(404, 'GET', '/v1/scenes/first');
    await ask(404, 'POST', '/v1/scenes/first/rename', { to: 'third' });
    await keep('third');
    assert.match((await ask(409, 'POST', '/v1/scenes/second/rename', { to: 'third' })).detail,
        /there is a scene "third" already/);
    await ask(422, 'POST', '/v1/scenes/second/rename', { to: 'a/b' });
    await ask(204, 'DELETE', '/v1/scenes/second');
    await ask(204, 'DELETE', '/v1/scenes/third');
});

test('events tell of scenes', async () => {
    const rpc = await farfield.rpc();
    await rpc.subscribe('scenes');
    await rpc.call('scene.put', { name: 'told' });
    assert.equal((await rpc.event('scene.changed')).scene.name, 'told');
    await rpc.call('scene.recall', { name: 'told' });
    assert.equal((await rpc.event('scene.recalled')).name, 'told');
    await rpc.call('scene.rename', { name: 'told', to: 'said' });
    assert.equal((await rpc.event('scene.removed')).name, 'told');
    await rpc.event('scene.changed', ({ scene }) => scene.name === 'said');
    await rpc.call('scene.delete', { name: 'said' });
    await rpc.event('scene.removed', ({ name }) => name === 'said');
});

test('a full disk is said, in the answer and in the state of health', async () => {
    const limit = (bytes) => spawnSync('prlimit',
        ['--pid', String(farfield.pids.controller), `--fsize=${bytes}:unlimited`]);
    await keep('before');
    limit(4096);
    const { detail } = await ask(507, 'PUT', '/v1/scenes/before');
    assert.match(detail, /the disk is full/);
    const { store } = (await ask(503, 'GET', '/v1/health/ready')).parts;
    assert.equal(store.ok, false);
    assert.match(store.detail, /the disk is full/);
    limit('unlimited');
    await keep('before');
    await ask(200, 'GET', '/v1/health/ready');
});

test('a controller that takes over ends the fade that it finds', async () => {
    await clear();
    await recall('low');
    await waitFor('low', async () => (await nodes()).length === 1, { timeout: 5000 });
    await recall('high', { fade: 2 });
    farfield.controller.kill('SIGKILL');
    await farfield.exited;
    farfield.launch();
    await farfield.ready();
    assert.ok((await nodes()).length > 1, 'it goes on');
    await waitFor('the end of it', async () => (await nodes()).length === 1 &&
        !(await ask(200, 'GET', '/v1/buses')).buses.length, { timeout: 8000 });
    await waitFor('the new one alone', async () => {
        const { left } = await listen();
        return level(left, 1000) > 0.07 && level(left, 440) < 1e-4;
    }, { timeout: 8000 });
});

test('scenes and presets outlive everything', async () => {
    await clear();
    await sine(620);
    await keep('lasting');
    await ask(200, 'PUT', '/v1/synthdefs/sine/presets/soft', { controls: { freq: 710, amp: 0.1 } });
    const before = await ask(200, 'GET', '/v1/scenes/lasting');
    farfield.controller.kill('SIGKILL');
    await farfield.exited;
    farfield.launch();
    await farfield.ready();
    assert.deepEqual(await ask(200, 'GET', '/v1/scenes/lasting'), before);
    await farfield.stop({ keep: true });
    farfield.launch();
    await farfield.ready();
    assert.equal((await nodes()).length, 0);
    await recall('lasting');
    await play({ preset: 'soft' });
    const { left } = await listen();
    assert.ok(level(left, 620) > 0.07 && level(left, 710) > 0.07, `${rms(left)}`);
    await clear();
});
