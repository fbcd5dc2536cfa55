// SPDX-License-Identifier: GPL-3.0-or-later
// Clicks at known times, and when they are heard.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import osc from 'osc';
import { sleep } from './figures.mjs';

const AHEAD = 150; // ms before a click at which its bundle is sent
const PATIENCE = 400; // ms after a click until it counts as not heard
const NTP_OFFSET = 2208988800;

// Unix milliseconds.
export const now = () => performance.timeOrigin + performance.now();

// scsynth starts the synth at the sample that its clock gives to this time, whenever the bundle came.
function clickAt(socket, port, time, id) {
    const seconds = time / 1000;
    const packet = osc.writePacket({
        timeTag: { raw: [Math.floor(seconds) + NTP_OFFSET, (seconds % 1) * 2 ** 32] },
        packets: [{ address: '/s_new', args: [
            { type: 's', value: 'click' }, { type: 'i', value: id }, { type: 'i', value: 0 },
            { type: 'i', value: 0 }, { type: 's', value: 'pan' }, { type: 'f', value: -1 }] }],
    }, { metadata: true });
    socket.send(packet, port, '127.0.0.1');
}

let id = 5000;

// Milliseconds from each of `count` clicks until it was heard, null for one that was not; `take()`
// gives the times at which something loud was heard since it was last asked.
export async function measureClicks(farfield, count, take) {
    const port = Number(/-u\0(\d+)/.exec(
        readFileSync(`/proc/${farfield.pids.scsynth}/cmdline`, 'utf8'))[1]);
    const socket = createSocket('udp4');
    const delays = [];
    for (let i = 0; i < count; i++) {
        // Off the packets' grid, so that every phase of it is met.
        const time = now() + AHEAD + Math.random() * 10;
        await take();
        clickAt(socket, port, time, id++);
        await sleep((AHEAD + PATIENCE) / 1000);
        const heard = (await take()).find((at) => at > time);
        delays.push(heard === undefined ? null : heard - time);
    }
    socket.close();
    return delays;
}
