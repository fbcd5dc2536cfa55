// SPDX-License-Identifier: GPL-3.0-or-later
// A scsynth that crashes again and again: what was sent to it last is left out, the rest comes back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { root, startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, rpc;
before(async () => {
    farfield = await startFarfield();
    rpc = await farfield.rpc();
    await rpc.subscribe('nodes', 'server', 'synthdefs');
});
after(() => farfield.stop());
afterEach(() => rpc.call('server.panic', {}));

const epoch = async () => (await rpc.call('server.status', {})).epoch;
const alive = async (id) => (await farfield.api('GET', `/v1/nodes/${id}`)).status === 200;
const play = (synthdef, more = {}) => rpc.call('synth.new', { synthdef, ...more });

// A fault of scsynth's own, as a bad definition makes one.
async function crash() {
    const before = await epoch();
    await farfield.kill('scsynth', 'SIGSEGV');
    await waitFor('scsynth to be back', async () => {
        const { state, epoch: now } = await rpc.call('server.status', {});
        return state === 'running' && now > before;
    });
}

test('after one crash all comes back, after two the newest synth stays away', async () => {
    const sine = await play('sine');
    const drone = await play('drone');
    await crash();
    assert.ok(await alive(sine.id) && await alive(drone.id));
    await crash();
    assert.ok(await alive(sine.id), 'what was not sent last is back');
    assert.ok(!await alive(drone.id), 'what was sent last is not');
    const event = await rpc.event('server.aside', ({ synthdef }) => synthdef === 'drone');
    assert.deepEqual(event, { method: 'synth.new', synthdef: 'drone', node: null });
    const { body } = await farfield.api('GET', '/v1/health/ready');
    assert.deepEqual(body.aside, [event]);
    assert.ok(await play('drone'), 'a definition that ships can be played again');
});

test('a definition of a user goes with all its synths, and can be uploaded again', async () => {
    const bytes = readFileSync(join(root, 'synthdefs/sine.scsyndef'));
    bytes.write('oops', bytes.indexOf('sine'), 'latin1');
    const upload = () => rpc.call('synthdef.put', { name: 'oops', data: bytes.toString('base64') });
    await upload();
    const kept = await play('pad');
    const gone = [await play('oops'), await play('oops')];
    await crash();
    await crash();
    assert.ok(await alive(kept.id));
    for (const { id } of gone) assert.ok(!await alive(id));
    assert.equal((await farfield.api('GET', '/v1/synthdefs/oops')).status, 404);
    await upload();
    assert.ok(await play('oops'));
});

test('a scsynth that is ended from outside puts nothing aside', async () => {
    const { body } = await farfield.api('GET', '/v1/health/ready');
    const sine = await play('sine');
    for (let i = 0; i < 2; i++) {
        const before = await epoch();
        await farfield.kill('scsynth');
        await waitFor('scsynth to be back', async () => await epoch() > before);
    }
    assert.ok(await alive(sine.id));
    const now = await farfield.api('GET', '/v1/health/ready');
    assert.deepEqual(now.body.aside, body.aside);
});
