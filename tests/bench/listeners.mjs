// SPDX-License-Identifier: GPL-3.0-or-later
// What listeners cost: processor, memory, threads; how fast they join; what they lose.
import wrtc from '@roamhq/wrtc';
import { startFarfield } from '../lib/farfield.mjs';
import { cpuPercent, descriptors, median, memory, quantile, round, threads } from './figures.mjs';

const MANY = 20;
const SECONDS = 10;
const JOINS = 30;

// Milliseconds from the first line of code to being connected. No time is spent on gathering
// candidates before the offer goes: the listener's first packet tells where it is.
async function joinTime(farfield) {
    const start = performance.now();
    const peer = new wrtc.RTCPeerConnection();
    peer.addTransceiver('audio', { direction: 'recvonly' });
    const connected = new Promise((done) => {
        peer.onconnectionstatechange = () => {
            if (peer.connectionState === 'connected') done(performance.now() - start);
        };
    });
    await peer.setLocalDescription(await peer.createOffer());
    const { headers, body } = await farfield.api('POST', '/v1/rooms/main/whep',
        peer.localDescription.sdp, { 'content-type': 'application/sdp' });
    await peer.setRemoteDescription({ type: 'answer', sdp: body });
    const time = await connected;
    await farfield.api('DELETE', headers.get('location'));
    peer.close();
    return time;
}

async function join(farfield, count) {
    const listeners = [];
    for (let i = 0; i < count; i++) listeners.push(await farfield.listen());
    return listeners;
}

export async function measure() {
    const farfield = await startFarfield();
    const { pipeline } = farfield.pids;
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    const firstJoin = await joinTime(farfield);
    const joins = [];
    for (let i = 0; i < JOINS; i++) joins.push(await joinTime(farfield));
    const first = await join(farfield, 1);
    const one = { cpu: (await cpuPercent([pipeline], SECONDS))[0], memory: memory(pipeline),
        threads: threads(pipeline), descriptors: descriptors(pipeline) };
    const rest = await join(farfield, MANY - 1);
    const listeners = [...first, ...rest];
    const before = await Promise.all(listeners.map((each) => each.stats()));
    const cpus = [];
    for (let i = 0; i < 3; i++) cpus.push((await cpuPercent([pipeline], SECONDS))[0]);
    const after = await Promise.all(listeners.map((each) => each.stats()));
    const many = { cpu: median(cpus), memory: memory(pipeline), threads: threads(pipeline),
        descriptors: descriptors(pipeline) };
    const lost = after.reduce((sum, each) => sum + each.packetsLost, 0);
    const received = after.reduce((sum, each, i) =>
        sum + each.packetsReceived - before[i].packetsReceived, 0);
    for (const each of listeners) await each.close();
    await farfield.stop();
    const each = (name, digits) => round((many[name] - one[name]) / (MANY - 1), digits);
    return {
        title: 'Listeners',
        words: `
${MANY} native listeners (libwebrtc, all in one other process on the same two cores) of one room, 10 ms
frames, 128 kbit/s. "Each" is the difference between ${MANY} listeners and 1, divided by ${MANY - 1}.
A join by WHEP is timed from the listener's first line of code to its ICE and DTLS being connected,
the listener's own work included; one after the other.`,
        rows: [
            { what: 'CPU of the pipeline with 1 listener', figure: `${round(one.cpu)} % of a core` },
            { what: `CPU with ${MANY}`, figure: `${round(many.cpu)} % of a core` },
            { what: 'CPU each', figure: `${each('cpu', 2)} % of a core` },
            { what: 'memory each', figure: `${each('memory', 2)} MiB` },
            { what: 'threads each', figure: each('threads', 1) },
            { what: 'descriptors each', figure: each('descriptors', 1) },
            { what: 'first join', figure: `${round(firstJoin)} ms` },
            { what: `join, median of the ${JOINS} after it`, figure: `${round(median(joins))} ms` },
            { what: 'join, p95', figure: `${round(quantile(joins, 0.95))} ms` },
            { what: 'packets received while measured', figure: received },
            { what: 'packets lost since the joins', figure: lost },
        ],
    };
}
