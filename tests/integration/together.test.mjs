// SPDX-License-Identifier: GPL-3.0-or-later
// Several at one Farfield: what each of them sees of what the others do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => { farfield = await startFarfield(); });
after(() => farfield.stop());

const held = (rpc) => rpc.events.filter(({ method }) => method === 'node.held')
    .map(({ params }) => params);

test('what one has under a finger the others are told, until it is let go', async () => {
    const [ada, bob] = [await farfield.rpc(), await farfield.rpc()];
    await ada.subscribe('nodes');
    await bob.subscribe('nodes');
    const { client } = await ada.call('client.name', { name: 'Ada' });
    const { id } = await ada.call('synth.new', { synthdef: 'sine' });
    await ada.call('node.hold', { id, controls: ['freq'], seconds: 20 });
    const told = await bob.event('node.held');
    assert.deepEqual({ ...told, until: 0 },
        { id, controls: ['freq'], by: 'Ada', client, until: 0 });
    assert.ok(Math.abs(told.until - Date.now() / 1000 - 20) < 5, told.until);

    // It keeps nobody from setting it.
    assert.equal((await bob.call('node.set', { id, controls: { freq: 300 } })).controls.freq, 300);
    await ada.call('node.unhold', { id, controls: ['freq'] });
    await bob.event('node.held', ({ controls }) => controls.length === 0);

    // Time ends it, too, and so does leaving.
    await ada.call('node.hold', { id, controls: ['amp'], seconds: 0.2 });
    await waitFor('the end of it', () => held(bob).length === 4);
    assert.deepEqual(held(bob).at(-1), { id, controls: [], by: 'Ada', client, until: null });
    await ada.call('node.hold', { id, controls: ['amp', 'freq'] });
    await ada.close();
    await waitFor('its leaving', () => held(bob).length === 6);
    assert.deepEqual(held(bob).at(-1).controls, []);
    assert.deepEqual(held(ada), [], 'nobody is told of himself');
    const refused = await bob.call('node.hold', { id, controls: ['nonsense'] }).catch((e) => e);
    assert.match(refused.message, /cannot be held/);
    await bob.call('node.free', { id });
});
