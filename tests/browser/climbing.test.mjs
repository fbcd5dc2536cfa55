// SPDX-License-Identifier: GPL-3.0-or-later
// A network that lets no UDP through for a while: the client library leaves WebRTC, and comes back
// to it by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startFarfield } from '../lib/farfield.mjs';
import { startWire } from '../lib/network.mjs';
import { waitFor } from '../lib/wait.mjs';

const BROWSER = fileURLToPath(new URL('../lib/network_browser.mjs', import.meta.url));
const { wire, reason } = await startWire();

test('WebRTC is left when no UDP comes through, and taken again when it does',
    { skip: reason && `no network can be made here: ${reason}` }, async (t) => {
        const farfield = await startFarfield({ key: 'a key', settings: { address: '0.0.0.0' } });
        let far;
        // Waits until it is heard by this kind of path; gives the longest gap around the change, of
        // which the tap sees 0.68 s at most.
        const heardBy = async (kind) => {
            const began = Date.now();
            await waitFor(`sound by ${kind}`, async () => {
                const seen = await far.measure();
                if (seen.kind !== kind) throw new Error(JSON.stringify(seen));
                return Math.abs(seen.hz - 440) < 1;
            }, { timeout: 40000, every: 100 });
            t.diagnostic(`${kind}: heard after ${Date.now() - began} ms`);
            await sleep(1500); // all that is around the change was looked at
            return (await far.measure()).gap;
        };
        // Waits until WebRTC was tried so many times, each being a listener of its own.
        const tried = async (times) => {
            const ids = new Set();
            await waitFor(`WebRTC to be tried ${times} times`, async () => {
                const { listeners } = (await farfield.api('GET', '/v1/listeners')).body;
                for (const { id, kind } of listeners) if (kind === 'webrtc') ids.add(id);
                return ids.size >= times;
            }, { timeout: 40000 });
        };
        try {
            await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
            wire.order('udp 0');
            far = await wire.listen({ url: `http://${wire.here}:${farfield.httpPort}`,
                key: farfield.key }, BROWSER);
            await heardBy('websocket');
            await tried(2);
            wire.order('udp 1');
            const climbing = await heardBy('webrtc');
            wire.order('udp 0');
            await heardBy('websocket');
            wire.order('udp 1');
            const again = await heardBy('webrtc');
            // One path fades into the other.
            assert.ok(Math.max(climbing, again) < 0.05, `gaps of ${climbing} s and ${again} s`);
        } finally {
            await far?.close();
            await wire.close();
            await farfield.stop();
        }
    });
