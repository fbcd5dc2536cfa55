// SPDX-License-Identifier: GPL-3.0-or-later
// What listeners cost: processor, memory, threads; how fast they join; what they lose.
import { execFileSync, spawn } from 'node:child_process';
import { join as joinPath } from 'node:path';
import { createInterface } from 'node:readline';
import wrtc from '@roamhq/wrtc';
import { build, startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';
import { cpuPercent, descriptors, median, memory, quantile, round, threads } from './figures.mjs';

const MANY = 20;
const SECONDS = 8;
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

// The peer, fed from the same JACK server at the same time.
function startTee(farfield) {
    const port = (channel) => `scsynth:out_${channel}`;
    const tee = spawn(joinPath(build, 'bench/tee'), ['jackaudiosrc name=tee connect=none client-name=tee ' +
        'buffer-time=60000 latency-time=5000'], { stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, JACK_DEFAULT_SERVER: farfield.jackServer } });
    const lines = createInterface({ input: tee.stdout })[Symbol.asyncIterator]();
    return {
        pid: tee.pid,
        connect() {
            for (const channel of [1, 2]) {
                execFileSync('jack_connect', ['-s', farfield.jackServer, port(channel),
                    `tee:in_tee_${channel}`], { stdio: 'ignore' });
            }
        },
        async join() {
            const peer = new wrtc.RTCPeerConnection();
            peer.addTransceiver('audio', { direction: 'recvonly' });
            await peer.setLocalDescription(await peer.createOffer());
            await waitFor('gathering', () => peer.iceGatheringState === 'complete');
            tee.stdin.write(`${JSON.stringify(peer.localDescription.sdp)}\n`);
            const { value } = await lines.next();
            await peer.setRemoteDescription({ type: 'answer', sdp: JSON.parse(value) });
            await waitFor('connected', () => peer.connectionState === 'connected');
            return peer;
        },
        stop() {
            tee.kill();
        },
    };
}

// Percent of a core for each listener beyond the first.
async function teeCost(farfield) {
    const tee = startTee(farfield);
    const peers = [await tee.join()];
    tee.connect();
    const one = (await cpuPercent([tee.pid], SECONDS))[0];
    while (peers.length < MANY) peers.push(await tee.join());
    const runs = [];
    for (let i = 0; i < 3; i++) runs.push((await cpuPercent([tee.pid], SECONDS))[0]);
    const figures = { each: (median(runs) - one) / (MANY - 1),
        threads: threads(tee.pid) / MANY, memory: memory(tee.pid) };
    for (const peer of peers) peer.close();
    tee.stop();
    return figures;
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
    const tee = await teeCost(farfield);
    await farfield.stop();
    const each = (name, digits) => round((many[name] - one[name]) / (MANY - 1), digits);
    return {
        title: 'Listeners',
        words: `
${MANY} native listeners (libwebrtc, all in one other process on the same two cores) of one room, 10 ms
frames, 128 kbit/s. "Each" is the difference between ${MANY} listeners and 1, divided by ${MANY - 1}.
A join by WHEP is timed from the listener's first line of code to its ICE and DTLS being connected,
the listener's own work included; one after the other. The peer (tests/bench/tee.c) is one GStreamer
pipeline with a queue, a payloader and a webrtcbin for each listener, measured right after, from the
same JACK server.`,
        rows: [
            { what: 'CPU of the pipeline with 1 listener', figure: `${round(one.cpu)} % of a core` },
            { what: `CPU with ${MANY}`, figure: `${round(many.cpu)} % of a core` },
            { what: 'CPU each', figure: `${each('cpu', 2)} % of a core` },
            { what: 'CPU each of the peer, tee ! queue ! webrtcbin',
                figure: `${round(tee.each, 2)} % of a core` },
            { what: 'ratio', figure: round((many.cpu - one.cpu) / (MANY - 1) / tee.each, 2) },
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
