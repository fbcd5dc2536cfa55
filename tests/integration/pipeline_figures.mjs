// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of the pipeline alone, printed; no test. Environment: BUILD, PERIOD (JACK's, 128),
// FRAME (ms, 10), CLICKS (100), LISTENERS (20).
import { readFileSync, readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import wrtc from '@roamhq/wrtc';
import { listen } from '../lib/listener.mjs';
import { processUse } from '../lib/processes.mjs';
import { Rig, newPeer } from './pipeline_rig.mjs';

const { PERIOD = 128, FRAME = '10', CLICKS = 100, LISTENERS = 20 } = process.env;

function spread(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
    return `min ${sorted[0].toFixed(1)} median ${at(0.5).toFixed(1)} p95 ${at(0.95).toFixed(1)} ms`;
}

// Milliseconds on a core so far. The clock ticks behind processUse() miss much of what runs for
// some microseconds at a time.
function busy(pid) {
    return readdirSync(`/proc/${pid}/task`).map((task) =>
        Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6)
        .reduce((sum, time) => sum + time, 0);
}

// Percent of a core over that many seconds.
async function load(pid, seconds) {
    const [before, begin] = [busy(pid), performance.now()];
    await sleep(seconds * 1000);
    return (100 * (busy(pid) - before)) / (performance.now() - begin);
}

function jitterBuffer(stats) {
    const { jitterBufferDelay, jitterBufferEmittedCount } = stats;
    return (1000 * jitterBufferDelay) / jitterBufferEmittedCount;
}

async function clicks(rig) {
    const listener = await listen({ base: rig.controller.base });
    const sink = new wrtc.nonstandard.RTCAudioSink(listener.peer.getReceivers()[0].track);
    let heard = null;
    sink.ondata = ({ samples }) => {
        if (samples.some((x) => Math.abs(x) > 6000)) heard?.(performance.now());
    };
    await sleep(3000); // the jitter buffer starts wide
    const times = [];
    for (let i = 0; i < CLICKS; i++) {
        const begin = performance.now();
        const end = new Promise((done) => { heard = done; });
        rig.scsynth.play('click', 2000 + i);
        const at = await Promise.race([end, sleep(1000)]);
        heard = null;
        if (at) times.push(at - begin);
        rig.scsynth.free(2000 + i);
        await sleep(60 + 60 * Math.random());
    }
    const stats = await listener.stats();
    console.log(`click in scsynth -> decoded sample: ${spread(times)}, ${times.length} of ${CLICKS}`);
    console.log(`  jitter buffer ${jitterBuffer(stats).toFixed(1)} ms, lost ${stats.packetsLost}`);
    sink.stop();
    await listener.close();
}

async function joins(rig) {
    const answers = [];
    const connections = [];
    for (let i = 0; i < 30; i++) {
        const { peer, offer } = await newPeer();
        const begin = performance.now();
        const { listener, sdp } = await rig.controller.listen({ sdp: offer });
        answers.push(performance.now() - begin);
        const connected = rig.controller.receive((message) => message.state === 'connected');
        await peer.setRemoteDescription({ type: 'answer', sdp });
        await connected;
        connections.push(performance.now() - begin);
        rig.controller.send({ type: 'close', listener });
        peer.close();
        await sleep(50);
    }
    console.log(`offer -> answer: ${spread(answers)}; -> connected: ${spread(connections)}`);
}

async function crowd(rig) {
    const { pid } = rig.pipeline;
    const listeners = [await listen({ base: rig.controller.base })];
    const one = await load(pid, 5);
    while (listeners.length < LISTENERS) {
        listeners.push(await listen({ base: rig.controller.base }));
    }
    await sleep(2000);
    const all = await load(pid, 10);
    const stats = await Promise.all(listeners.map((listener) => listener.stats()));
    const lost = stats.reduce((sum, { packetsLost }) => sum + packetsLost, 0);
    const { resident, threads, descriptors } = processUse(pid);
    console.log(`one listener: ${one.toFixed(2)} %; ${LISTENERS}: ${all.toFixed(2)} %, ` +
        `${((all - one) / (LISTENERS - 1)).toFixed(2)} % for each further one, lost ${lost}`);
    console.log(`  ${(resident / 2 ** 20).toFixed(0)} MiB, ${threads} threads, ` +
        `${descriptors} descriptors`);
    for (const listener of listeners) await listener.close();
}

const rig = await Rig.start({ period: PERIOD, settings: { FARFIELD_OPUS_FRAME_MS: FRAME } });
await rig.captured();
const { resident } = processUse(rig.pipeline.pid);
console.log(`period ${PERIOD}, frames of ${FRAME} ms; at rest ` +
    `${(await load(rig.pipeline.pid, 5)).toFixed(2)} %, ${(resident / 2 ** 20).toFixed(0)} MiB`);
await clicks(rig);
await joins(rig);
rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
await crowd(rig);
await rig.stop();
process.exit(0);
