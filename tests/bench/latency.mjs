// SPDX-License-Identifier: GPL-3.0-or-later
// From a click in scsynth to the decoded sample in a native listener, on loopback.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import osc from 'osc';
import { startFarfield } from '../lib/farfield.mjs';
import { quantile, round, sleep } from './figures.mjs';

const CLICKS = 200;
const AHEAD = 150; // ms before a click at which its bundle is sent
const NTP_OFFSET = 2208988800;

const now = () => performance.timeOrigin + performance.now();

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

async function clicks(farfield) {
    const listener = await farfield.listen();
    const port = Number(/-u\0(\d+)/.exec(
        readFileSync(`/proc/${farfield.pids.scsynth}/cmdline`, 'utf8'))[1]);
    const socket = createSocket('udp4');
    let heard = null;
    const add = listener.tape.add.bind(listener.tape);
    listener.tape.add = (data) => {
        const time = now();
        add(data);
        if (heard === null && data.samples.some((x) => Math.abs(x) > 2000)) heard = time;
    };
    await listener.hear(5); // the jitter buffer settles
    const delays = [];
    let lost = 0;
    for (let i = 0; i < CLICKS; i++) {
        // Off the packets' grid, so that every phase of it is met.
        const time = now() + AHEAD + Math.random() * 10;
        heard = null;
        clickAt(socket, port, time, 5000 + i);
        await sleep((AHEAD + 250) / 1000);
        if (heard === null) lost++;
        else delays.push(heard - time);
    }
    const stats = await listener.stats();
    socket.close();
    await listener.close();
    return { delays, lost, stats };
}

export async function measure() {
    const rows = [];
    for (const frame of ['10', '5', '20']) {
        const farfield = await startFarfield({ settings: { 'opus-frame-ms': frame } });
        const { delays, lost, stats } = await clicks(farfield);
        await farfield.stop();
        rows.push({
            'Opus frame': `${frame} ms`,
            minimum: round(Math.min(...delays)), median: round(quantile(delays, 0.5)),
            'p95': round(quantile(delays, 0.95)), clicks: delays.length, 'not heard': lost,
            'mean time in the jitter buffer': round(
                1000 * stats.jitterBufferDelay / stats.jitterBufferEmittedCount),
            'packets lost': stats.packetsLost,
        });
    }
    return {
        title: 'Delay',
        words: `
Milliseconds from the time at which scsynth was told to click (a bundle with a timetag, so the way of
the command is not in it) to the moment when libwebrtc (\`@roamhq/wrtc\`) hands over the decoded
block of 10 ms that holds the click. The guard's limiter (3 ms) is in it. The jitter buffer of the
listener is the largest part and its floor: its share is what libwebrtc itself counts.`,
        rows,
    };
}
