// SPDX-License-Identifier: GPL-3.0-or-later
// Other clients of the same scsynth: what sclang and oscsend do there is seen, and what they break
// is mended.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor, within } from '../lib/wait.mjs';

let farfield, rpc, port, group, guard;
before(async () => {
    farfield = await startFarfield();
    rpc = await farfield.rpc();
    await rpc.subscribe('nodes');
    ({ port } = await rpc.call('server.status', {}));
    ({ group } = await rpc.call('room.show', { room: 'main' }));
    guard = group + 1; // the first of our permanent ids
});
after(() => farfield.stop());
afterEach(async () => {
    await rpc.call('server.panic', {});
    await isWhole();
});

const nodes = async () => (await rpc.call('node.list', {})).nodes;
const find = async (id) => (await nodes()).find((node) => node.id === id);

// oscsend HOST PORT ADDRESS TYPES ARGUMENTS, from a socket of its own.
async function send(address, types = '', ...args) {
    const child = spawn('oscsend', ['127.0.0.1', port, address, types, ...args].map(String));
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
}

// When a node of ours is there, what was sent to scsynth before has been heard of, too.
async function heard() {
    const { id } = await rpc.call('group.new', {}).catch(() => rpc.call('group.new', { target: 0 }));
    await rpc.call('node.free', { id }).catch(() => {});
}

// The guard runs at the very end, the room's group runs.
const isWhole = () => waitFor('the guard to be last and all to run', async () => {
    const list = await nodes();
    const last = list.at(-1);
    const room = list.find(({ id }) => id === group);
    return last.id === guard && last.parent === 0 && last.running && last.system &&
        room?.running && room.kind === 'group' && list[0].running;
});

test('a synth of oscsend shows up with its SynthDef and controls, and its end too', async () => {
    await send('/s_new', 'siiisf', 'sine', 5000, 0, group, 'freq', 333);
    const started = await rpc.event('node.started', ({ node }) => node.id === 5000);
    assert.equal(started.node.own, false);
    assert.equal(started.node.room, 'main');
    const known = await waitFor('what it is', async () => {
        const node = await find(5000);
        return node?.synthdef && node;
    });
    assert.equal(known.synthdef, 'sine');
    assert.equal(known.controls.freq, 333);
    assert.equal(known.controls.amp > 0, true);
    await rpc.event('node.changed', ({ node }) => node.id === 5000 && node.synthdef === 'sine');
    // It can be set and released as any other.
    const set = await rpc.call('node.set', { id: 5000, controls: { freq: 444 } });
    assert.equal(set.controls.freq, 444);
    await rpc.call('node.release', { id: 5000 });
    await rpc.event('node.ended', ({ id }) => id === 5000);
});

test('groups of others, and what is in them, are where they are in scsynth', async () => {
    await send('/g_new', 'iii', 6000, 0, 0);
    await send('/s_new', 'siii', 'sine', 6001, 0, 6000);
    await send('/s_new', 'siii', 'sine', 6002, 3, 6001);
    await waitFor('them', async () => (await find(6002))?.synthdef);
    const inside = (await nodes()).filter(({ parent }) => parent === 6000).map(({ id }) => id);
    assert.deepEqual(inside, [6001, 6002]);
    assert.equal((await find(6001)).room, null);
    await send('/n_after', 'ii', 6001, 6002);
    await waitFor('their order', async () => (await nodes()).filter(({ parent }) => parent === 6000)
        .map(({ id }) => id).join() === '6002,6001');
    await send('/g_head', 'ii', group, 6001);
    await waitFor('its room', async () => (await find(6001)).room === 'main');
    await send('/n_run', 'ii', 6002, 0);
    await waitFor('its pause', async () => !(await find(6002)).running);
    await send('/n_free', 'i', 6000);
    await rpc.event('node.ended', ({ id }) => id === 6000);
    assert.equal(await find(6002), undefined);
    assert.equal((await find(6001)).room, 'main');
});

test('a node of ours that others free, move or pause is known to be so', async () => {
    const one = await rpc.call('synth.new', { synthdef: 'sine' });
    const two = await rpc.call('synth.new', { synthdef: 'sine' });
    await send('/n_run', 'ii', one.id, 0);
    await rpc.event('node.changed', ({ node }) => node.id === one.id && !node.running);
    await send('/n_before', 'ii', one.id, two.id);
    await waitFor('its move', async () => {
        const ids = (await nodes()).map(({ id }) => id);
        return ids.indexOf(one.id) === ids.indexOf(two.id) - 1;
    });
    await send('/n_free', 'i', one.id);
    await rpc.event('node.ended', ({ id }) => id === one.id);
    await assert.rejects(rpc.call('node.set', { id: one.id, controls: { freq: 5 } }),
        { message: `there is no node ${one.id}` });
    await rpc.call('node.free', { id: two.id });
});

async function breaks(address, types, ...args) {
    await send(address, types, ...args);
    await heard();
    await isWhole();
}

test('the guard stays last, whatever others put or move behind it', async () => {
    await breaks('/s_new', 'siii', 'sine', 7000, 1, 0);
    await breaks('/g_new', 'iii', 7001, 3, guard);
    await breaks('/n_after', 'ii', 7000, guard);
    await breaks('/g_head', 'ii', 7001, guard);
    await breaks('/n_before', 'ii', guard, 7000);
    assert.ok(await find(7000));
    await breaks('/n_free', 'i', 7001);
});

test('a guard, a group or a root that others free or pause is mended', async () => {
    const before = rpc.events.length;
    await breaks('/n_free', 'i', guard);
    await rpc.event('node.ended', ({ id }) => id === guard, { from: before });
    await rpc.event('node.started', ({ node }) => node.id === guard, { from: before });
    await breaks('/n_run', 'ii', guard, 0);
    const { id } = await rpc.call('synth.new', { synthdef: 'sine' });
    await breaks('/n_free', 'i', group);
    await rpc.event('node.ended', (ended) => ended.id === group, { from: before });
    assert.equal(await find(id), undefined);
    await breaks('/n_run', 'ii', group, 0);
    await breaks('/n_run', 'ii', 0, 0);
    await breaks('/g_freeAll', 'i', 0);
    const again = await rpc.call('synth.new', { synthdef: 'sine', controls: { freq: 700 } });
    const listener = await farfield.listen();
    await listener.pitched(700);
    await listener.close();
    await rpc.call('node.free', { id: again.id });
});

test('a stranger that speaks to our own socket is not heard', async () => {
    await send('/g_new', 'iii', 8000, 0, 0);
    await waitFor('it', () => find(8000));
    // scsynth's words from another address: if they were heard, the group would be gone.
    const { client } = await ourSocket();
    const child = spawn('oscsend', ['127.0.0.1', client, '/n_end', 'iiiiiii', 8000, 0, -1, -1, 1,
        -1, -1].map(String));
    await once(child, 'close');
    await send('/g_new', 'iii', 8001, 0, 0);
    await waitFor('what comes later', () => find(8001));
    assert.ok(await find(8000));
    await send('/n_free', 'i', 8000);
    await send('/n_free', 'i', 8001);
});

// The UDP port by which the controller talks to scsynth, from what it saves.
async function ourSocket() {
    const { readFileSync } = await import('node:fs');
    const saved = JSON.parse(readFileSync(join(farfield.dataDir, 'run', 'state.json'), 'utf8'));
    assert.ok(saved.osc_port > 0);
    return { client: saved.osc_port };
}

test('sclang attaches as docs/api.md says, plays, and sees what we do', async () => {
    const { id: ours } = await rpc.call('synth.new', { synthdef: 'sine', controls: { freq: 321 } });
    const script = join(farfield.dataDir, 'attach.scd');
    writeFileSync(script, `
        s = Server.remote(\\farfield, NetAddr("127.0.0.1", ${port}));
        OSCdef(\\seen, { |message|
            if (message[1] == ${ours}) { "FREQ %".format(message[3].round(1)).postln };
        }, '/n_set');
        s.doWhenBooted {
            "CLIENT %".format(s.clientID).postln;
            g = Group(s.defaultGroup);
            x = Synth(\\default, [freq: 300, amp: 0.05], g);
            s.sync;
            s.sendMsg('/s_get', ${ours}, "freq");
            s.sync;
            "PLAYING % %".format(g.nodeID, x.nodeID).postln;
            fork { 60.wait; 0.exit };
        };
        fork { 40.wait; "TOO LATE".postln; 1.exit };
    `);
    const sclang = spawn('timeout', ['60', 'sclang', '-D', script], { stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, QTWEBENGINE_DISABLE_SANDBOX: '1', QT_QPA_PLATFORM: 'offscreen' } });
    let said = '';
    for (const stream of [sclang.stdout, sclang.stderr])
        stream.on('data', (data) => { said += data; });
    const gone = once(sclang, 'close');
    try {
        const [, theirGroup, theirSynth] = await waitFor('sclang to play',
            () => /PLAYING (\d+) (\d+)/.exec(said), { timeout: 50000 })
            .catch((error) => { throw new Error(`${error.message}\n${said}`); });
        assert.match(said, /CLIENT 0/);
        assert.match(said, /FREQ 321/);
        const synth = await waitFor('its synth', async () => {
            const node = await find(Number(theirSynth));
            return node?.synthdef && node;
        });
        assert.equal(synth.parent, Number(theirGroup));
        assert.equal(synth.synthdef, 'default');
        assert.equal(synth.controls.freq, 300);
        assert.equal(synth.own, false);
        const set = await rpc.call('node.set', { id: synth.id, controls: { freq: 500 } });
        assert.equal(set.controls.freq, 500);
        const listener = await farfield.listen();
        await waitFor('both to be heard', async () => {
            const { left } = await listener.hear(0.5);
            return left.some((x) => Math.abs(x) > 0.01);
        });
        await listener.close();
        await rpc.call('node.free', { id: Number(theirGroup) });
        await rpc.event('node.ended', ({ id }) => id === synth.id);
    } finally {
        sclang.kill('SIGTERM');
        await within('end of sclang', 10000, gone);
    }
    // Its going harms nobody.
    assert.ok(await find(ours));
    await isWhole();
});
