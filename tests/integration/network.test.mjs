// SPDX-License-Identifier: GPL-3.0-or-later
// A listener beyond a bad network: what it loses is known here, and a link that comes back is heard
// again without a new listener.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { startWire } from '../lib/network.mjs';
import { waitFor } from '../lib/wait.mjs';

const { wire, reason } = await startWire();

test('loss is known, and a link that was away for 5 s needs no new listener',
    { skip: reason && `no network can be made here: ${reason}` }, async () => {
        const farfield = await startFarfield({ key: 'a key', settings: { address: '0.0.0.0' } });
        let far;
        try {
            await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
            far = await wire.listen({ url: `http://${wire.here}:${farfield.httpPort}`,
                headers: farfield.headers });
            const ours = async () => (await farfield.api('GET', '/v1/listeners')).body.listeners;
            await waitFor('a pitch', async () =>
                Math.abs((await far.measure()).hz - 440) < 2, { every: 700 });
            const [{ id, lost }] = await ours();
            assert.ok(lost <= 0, `${lost} lost on a network that loses nothing`);

            wire.order('loss 0.05');
            const lossy = await waitFor('loss that is known', async () => {
                const { body } = await farfield.api('GET', `/v1/listeners/${id}`);
                return body.lost > 20 && body.loss > 0.005 && body;
            }, { timeout: 60000 });
            assert.ok(lossy.loss < 0.3, lossy.loss);
            const heard = await far.measure();
            assert.ok(heard.lost > 0 && Math.abs(heard.hz - 440) < 2, JSON.stringify(heard));

            wire.order('clear', 'down');
            await sleep(5000);
            await far.measure();
            wire.order('up');
            await waitFor('the sound again', async () => {
                const { hz, received } = await far.measure();
                return received > 20 && Math.abs(hz - 440) < 2;
            }, { every: 700, timeout: 20000 });
            assert.deepEqual((await ours()).map((each) => each.id), [id]);
        } finally {
            await far?.close();
            await wire.close();
            await farfield.stop();
        }
    });
