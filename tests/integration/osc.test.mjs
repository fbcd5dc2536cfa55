// SPDX-License-Identifier: GPL-3.0-or-later
// Raw OSC: what may be sent is answered as scsynth answers it; what would end, hang or blind
// scsynth is refused with a reason, by itself and within completion messages, and nothing changes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { oscBytes } from '../lib/osc.mjs';
import { waitFor } from '../lib/wait.mjs';

const BUFFER = 16000; // in the share of client 15 of 16
let farfield, group, guard, synth;
before(async () => {
    farfield = await startFarfield();
    ({ group } = (await farfield.api('GET', '/v1/rooms/main')).body);
    guard = group + 1;
    ({ id: synth } = (await farfield.api('POST', '/v1/nodes',
        { synthdef: 'sine', controls: { amp: 0.01 } })).body);
});
after(() => farfield.stop());

const osc = (address, ...args) => farfield.api('POST', '/v1/osc', { address, args });
const server = async () => (await farfield.api('GET', '/v1/server')).body;
const message = (address, ...args) => ({ message: { address, args } });
const blob = (bytes) => ({ blob: Buffer.from(bytes).toString('base64') });

async function sends(address, ...args) {
    const { status, body } = await osc(address, ...args);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
}

// The whole state: the tree as scsynth has it, and that it is the same scsynth.
async function state() {
    const [tree] = (await sends('/g_queryTree', 0, 1)).replies;
    const { epoch, restarts, synthdefs, state: running } = await server();
    return { tree, epoch, restarts, synthdefs, running };
}

// --- what is answered ---------------------------------------------------------------------------

test('questions have scsynth\'s answers', async () => {
    const [status] = (await sends('/status')).replies;
    assert.equal(status.address, '/status.reply');
    assert.equal(status.args.length, 9);
    const [version] = (await sends('/version')).replies;
    assert.equal(version.args[0], 'scsynth');
    assert.deepEqual((await sends('/sync', 123456)).replies,
        [{ address: '/synced', args: [123456] }]);
    await sends('/c_set', 20, 1.5, 21, -2);
    assert.deepEqual((await sends('/c_get', 20, 21)).replies,
        [{ address: '/c_set', args: [20, 1.5, 21, -2] }]);
    assert.deepEqual((await sends('/c_getn', 20, 2)).replies,
        [{ address: '/c_setn', args: [20, 2, 1.5, -2] }]);
    assert.deepEqual((await sends('/s_get', synth, 'amp')).replies,
        [{ address: '/n_set', args: [synth, 'amp', 0.01] }]);
    assert.deepEqual((await sends('/n_query', synth, group)).replies.map(({ args }) => args[0]),
        [synth, group]);
    assert.deepEqual((await sends('/g_queryTree', group, 0)).replies[0].args,
        [0, group, 1, synth, -1, 'sine']);
});

test('a buffer is made, filled, read and freed', async () => {
    const { replies } = await sends('/b_alloc', BUFFER, 64, 1,
        message('/b_zero', BUFFER, message('/b_query', BUFFER)));
    assert.deepEqual(replies.map(({ address, args }) => [address, args[0], args[1]]).sort(), [
        ['/b_info', BUFFER, 64], ['/done', '/b_alloc', BUFFER], ['/done', '/b_zero', BUFFER]]);
    await sends('/b_setn', BUFFER, 1, 3, 0.25, 0.5, 1);
    assert.deepEqual((await sends('/b_getn', BUFFER, 0, 5)).replies[0].args,
        [BUFFER, 0, 5, 0, 0.25, 0.5, 1, 0]);
    await sends('/b_gen', BUFFER, 'sine1', 5, 1);
    const samples = (await sends('/b_get', BUFFER, 16)).replies[0].args;
    assert.ok(Math.abs(samples[2] - 1) < 1e-6, 'a quarter of a sine is at its top');
    const { status, body } = await osc('/b_get', BUFFER, 64);
    assert.equal(status, 502);
    assert.match(body.detail, /scsynth refused \/b_get: index out of range/);
    await sends('/b_free', BUFFER);
    assert.equal((await sends('/b_query', BUFFER)).replies[0].args[1], 0);
});

test('a synth with the id -1 gets one of Farfield\'s, and is as any of its own', async () => {
    const { sent, replies } = await sends('/s_new', 'sine', -1, 0, group, 'freq', 333, 'amp', 0.01);
    const id = sent.args[1];
    assert.equal(replies[0].address, '/n_go');
    assert.equal(replies[0].args[0], id);
    const node = (await farfield.api('GET', `/v1/nodes/${id}`)).body;
    assert.equal(node.own, true);
    assert.equal(node.controls.freq, 333);
    await sends('/n_set', id, 'freq', 444, 2, 0.02);
    const set = (await farfield.api('GET', `/v1/nodes/${id}`)).body;
    assert.deepEqual([set.controls.freq, set.controls.amp], [444, 0.02]);
    await sends('/n_run', id, 0);
    await waitFor('its pause',
        async () => !(await farfield.api('GET', `/v1/nodes/${id}`)).body.running);
    await sends('/n_free', id);
    await waitFor('its end', async () => (await farfield.api('GET', `/v1/nodes/${id}`))
        .status === 404);
});

test('what would stand behind the guard stands before it', async () => {
    const { sent } = await sends('/g_new', -1, 1, 0);
    const { nodes } = (await farfield.api('GET', '/v1/nodes')).body;
    assert.equal(nodes.at(-1).id, guard);
    await sends('/n_free', sent.args[0]);
});

// --- what is refused ----------------------------------------------------------------------------

// The danger list, each with what the answer must say.
const dangers = [
    ['/quit', [], 403, /scsynth would end/],
    ['/cmd', ['x'], 403, /cannot be checked/],
    ['/u_cmd', [1, 0, 'x'], 403, /cannot be checked/],
    ['/dumpOSC', [1], 403, /floods/],
    ['/error', [0], 403, /errors/],
    ['/clearSched', [], 403, /scheduled.*server\.panic/],
    ['/notify', [0], 403, /login/],
    ['/d_recv', ['x'], 403, /checked first.*synthdef\.add/],
    ['/d_load', ['/x'], 403, /path.*synthdef\.add/],
    ['/d_loadDir', ['/x'], 403, /path/],
    ['/d_freeAll', [], 403, /guards/],
    ['/d_free', ['farfield_guard'], 403, /Farfield's own/],
    ['/d_free', ['sine'], 403, /Farfield's list/],
    ['/n_trace', [0], 403, /prints/],
    ['/g_dumpTree', [0, 1], 403, /prints/],
    ['/n_free', [0], 403, /Farfield's own/],
    ['/g_freeAll', [0], 403, /Farfield's own/],
    ['/g_deepFree', [0], 403, /Farfield's own/],
    ['/n_run', [0, 0], 403, /Farfield's own/],
    ['/n_cmd', [0], 403, /not allowed/],
    ['/s_noid', [1], 403, /lose the node/],
    ['/s_new', ['farfield_guard', -1, 0, 0], 403, /Farfield's own/],
    ['/s_new', ['nothing', -1, 0, 0], 422, /no SynthDef/],
    ['/b_allocRead', [1, '/etc/passwd'], 403, /path.*buffer\.new/],
    ['/b_allocReadChannel', [1, '/etc/passwd', 0, 0, 0], 403, /path/],
    ['/b_read', [1, '/etc/passwd'], 403, /path/],
    ['/b_readChannel', [1, '/etc/passwd', 0, 0, 0, 0, 0], 403, /path/],
    ['/b_write', [1, '/etc/passwd', 'wav', 'int16'], 403, /path.*recording\.start/],
    ['/n_fill', [0, 0, 200000000, 1], 403, /Farfield's own/],
    ['/c_fill', [0, 200000000, 1], 422, /from 0 to/],
    ['/c_setn', [16383, 2, 1, 1], 422, /from 0 to 1/],
    ['/c_set', [-1, 1], 422, /from 0 to 16383/],
    ['/c_set', [2147483647, 1], 422, /from 0 to 16383/],
    ['/c_getn', [0, 2000000000], 422, /from 0 to/],
    ['/b_alloc', [5000, 64], 422, /from 15360 to 16383/],
    ['/b_alloc', [-1, 64], 422, /from 15360 to 16383/],
    ['/b_alloc', [BUFFER, 2147483647, 100], 422, /from 1 to/],
    ['/b_fill', [BUFFER, 0, 2000000000, 1], 422, /from 0 to/],
    ['/b_getn', [BUFFER, 0, 2000000000], 422, /from 0 to/],
    ['/b_gen', [20000, 'sine1', 7, 1], 422, /from 0 to 16383/],
    ['/nrt_end', [], 403, /real time/],
    ['/nothing', [], 422, /no command of scsynth/],
];
// Those that name the guard and the synth are made when these are known.
const later = () => [
    ['/n_free', [guard], 403, /Farfield's own/],
    ['/n_free', [group], 403, /Farfield's own/],
    ['/n_run', [guard, 0], 403, /Farfield's own/],
    ['/n_set', [guard, 'bus', 5], 403, /Farfield's own/],
    ['/n_map', [guard, 'bus', 5], 403, /Farfield's own/],
    ['/n_before', [guard, group], 403, /Farfield's own/],
    ['/n_after', [synth, guard], 403, /behind the guard/],
    ['/g_tail', [0, synth], 403, /behind the guard/],
    ['/n_order', [1, 0, synth], 403, /behind the guard/],
    ['/g_head', [group, group], 403, /Farfield's own/],
    ['/s_new', ['sine', -1, 4, guard], 403, /Farfield's own/],
    ['/s_new', ['sine', synth, 0, 0], 409, /already/],
    ['/s_new', ['sine', 5, 0, 0], 422, /Farfield's/],
    ['/n_fill', [synth, 0, 200000000, 1], 422, /from 0 to/],
    ['/n_mapn', [synth, 0, 0, 2000000000], 422, /from 0 to/],
    ['/n_mapan', [synth, 0, 0, 2000000000], 422, /from 0 to/],
    ['/n_setn', [synth, 0, 2000000000, 1], 422, /from 0 to/],
    ['/n_map', [synth, 'freq', 2000000000], 422, /from -1 to/],
    ['/n_set', [synth, 'freq', { type: 'd', value: 1e300 }], 422, /float32/],
    ['/s_getn', [synth, 0, 2000000000], 422, /from 0 to/],
];

// By each way that a message comes to scsynth: as itself, as a completion message, as one within
// one, and as the bytes of one.
const ways = [
    ['itself', (address, args) => [address, ...args]],
    ['a completion message', (address, args) =>
        ['/b_alloc', BUFFER, 64, 1, message(address, ...args)]],
    ['one within one', (address, args) =>
        ['/b_zero', BUFFER, message('/b_free', BUFFER, message(address, ...args))]],
    ['bytes', (address, args) => ['/b_zero', BUFFER, blob(oscBytes(address, ...args))]],
    ['bytes within bytes', (address, args) =>
        ['/b_zero', BUFFER, blob(oscBytes('/b_free', BUFFER, { bytes: oscBytes(address, ...args) }))]],
];

for (const [way, wrap] of ways) {
    test(`the danger list is refused as ${way}, with a reason, and nothing changes`, async () => {
        const was = await state();
        for (const [address, args, expected, why] of [...dangers, ...later()]) {
            const { status, body } = await osc(...wrap(address, args));
            const what = `${address} ${JSON.stringify(args)}: ${JSON.stringify(body)}`;
            assert.equal(status, expected, what);
            assert.match(body.detail, why, what);
            assert.ok(body.errors[0].field, what);
        }
        assert.deepEqual(await state(), was);
    });
}

test('addresses that scsynth would take and the table lacks are refused', async () => {
    const was = await state();
    const zero = (bytes) => osc('/b_zero', BUFFER, blob(bytes));
    for (const address of ['quit', '', '/*', '/n_fre?', '/{quit,x}', '/[q]uit', '#bundle', '/qu it'])
        assert.equal((await osc(address)).status, 422, address);
    for (const address of ['quit', '/*', '/qui?', '/{quit,x}', '/[q]uit'])
        assert.equal((await zero(oscBytes(address))).status, 422, address);
    // A number for an address: 3 is quit, 8 is d_freeAll.
    for (const number of [3, 8, 0x7fffffff]) {
        const bytes = Buffer.alloc(8);
        bytes.writeInt32BE(number);
        bytes.write(',', 4);
        const { status, body } = await zero(bytes);
        assert.equal(status, 422);
        assert.match(body.detail, /base64: (an address|a string)/);
    }
    // A bundle, with what may not be sent in it.
    const quit = oscBytes('/quit');
    const head = Buffer.from('#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\0', 'latin1');
    head.writeInt32BE(quit.length, 16);
    assert.match((await zero(Buffer.concat([head, quit]))).body.detail, /a bundle cannot/);
    assert.deepEqual(await state(), was);
});

test('bytes that are no message are refused, whatever they are', async () => {
    const was = await state();
    const good = oscBytes('/b_query', BUFFER);
    const refused = async (bytes) => assert.equal((await osc('/b_zero', BUFFER, blob(bytes))).status,
        422, bytes.toString('hex'));
    for (let length = 0; length < good.length; length++) await refused(good.subarray(0, length));
    await refused(Buffer.concat([good, Buffer.alloc(4)]));
    for (let at = 0; at < good.length - 4; at++) {
        const bad = Buffer.from(good);
        bad[at] ^= 0x80;
        await refused(bad);
    }
    for (const base64 of ['x', '====', 'L2Ffff', 'not base64', 5, null])
        assert.equal((await osc('/b_zero', BUFFER, { blob: base64 })).status, 422);
    assert.deepEqual(await state(), was);
});

test('no group comes below itself, by one message or two at once', async () => {
    const one = (await sends('/g_new', -1, 0, group)).sent.args[0];
    const two = (await sends('/g_new', -1, 0, group)).sent.args[0];
    assert.equal((await osc('/g_head', one, two, two, one)).status, 422);
    const [first, second] = await Promise.all([osc('/g_head', one, two), osc('/g_head', two, one)]);
    // 409 while the first is on its way, 422 where it has been heard of already.
    const statuses = [first.status, second.status].sort();
    assert.ok(statuses[0] === 200 && [409, 422].includes(statuses[1]), `${statuses}`);
    await waitFor('the move', async () => {
        const { body } = await farfield.api('GET', `/v1/nodes/${two}`);
        const { body: other } = await farfield.api('GET', `/v1/nodes/${one}`);
        return body.parent === one || other.parent === two;
    });
    await sends('/g_queryTree', 0, 0);
    await sends('/n_free', first.status === 200 ? one : two);
});

test('a notification over the WebSocket is checked, too', async () => {
    const rpc = await farfield.rpc();
    const was = await state();
    rpc.notify('osc.send', { address: '/quit' });
    rpc.notify('osc.send', { address: '/n_set', args: [synth, 'amp', 0.03] });
    await rpc.call('osc.send', { address: '/sync', args: [1] });
    assert.equal((await rpc.call('node.show', { id: synth })).controls.amp, 0.03);
    assert.equal((await state()).epoch, was.epoch);
});
