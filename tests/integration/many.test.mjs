// SPDX-License-Identifier: GPL-3.0-or-later
// More nodes than one answer of scsynth holds, and callers who ask for too much.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

const MANY = 900;
let farfield, rpc, ids;

const own = async () => (await farfield.api('GET', '/v1/nodes')).body.nodes
    .filter((node) => !node.system);
const epoch = async () => (await farfield.api('GET', '/v1/server')).body.epoch;

before(async () => {
    farfield = await startFarfield();
    rpc = await farfield.rpc();
    ids = [];
    for (let i = 0; i < MANY; i += 100) {
        const made = await Promise.all(Array.from({ length: 100 }, (_, k) => rpc.call('synth.new',
            { synthdef: 'sine', controls: { amp: 0.0001, freq: 300 + i + k } })));
        ids.push(...made.map((node) => node.id));
    }
});
after(() => farfield.stop());

test(`${MANY} synths are all there, each id once`, async () => {
    assert.equal(new Set(ids).size, MANY);
    assert.equal((await own()).length, MANY);
});

test('a controller that is started again learns them, controls and all', async () => {
    const before = await own();
    const old = await epoch();
    await farfield.kill('controller');
    farfield.launch();
    await farfield.ready();
    assert.ok(await epoch() > old, 'the epoch has gone up');
    const found = await own();
    assert.deepEqual(found.map((node) => node.id), before.map((node) => node.id));
    await waitFor('every control', async () => {
        assert.deepEqual(await own(), before);
        return true;
    });
    rpc = await farfield.rpc();
    const { id } = await rpc.call('synth.new', { synthdef: 'sine', controls: { amp: 0.0001 } });
    assert.ok(!ids.includes(id), 'a new id is new');
    await rpc.call('node.free', { id });
});

test('scsynth killed: all of them come back', async () => {
    const before = await own();
    const old = await epoch();
    await farfield.kill('scsynth');
    await waitFor('a new epoch', async () => await epoch() > old);
    assert.deepEqual(await own(), before);
});

test('a batch that asks for more than can be answered is cut, and nothing else suffers', async () => {
    const greedy = Array.from({ length: 1000 }, (_, id) => ({ jsonrpc: '2.0', id,
        method: 'node.list' }));
    const answered = new Promise((done) => {
        rpc.socket.on('message', function listen(data) {
            const message = JSON.parse(data);
            if (!Array.isArray(message)) return;
            rpc.socket.off('message', listen);
            done(message);
        });
    });
    rpc.socket.send(JSON.stringify(greedy));
    const answers = await answered;
    assert.equal(answers.length, 1000);
    assert.ok(answers[0].result.nodes.length > MANY);
    assert.match(answers.at(-1).error.message, /too long/);
    assert.equal((await farfield.api('GET', '/v1/server')).body.state, 'running');
});

test('panic ends them all', async () => {
    const { body } = await farfield.api('POST', '/v1/server/panic');
    assert.equal(body.freed, MANY);
    await waitFor('an empty tree', async () => (await own()).length === 0);
});
