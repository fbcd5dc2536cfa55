// SPDX-License-Identifier: GPL-3.0-or-later
// What a relay costs Farfield, and what Janus makes of it.
import { startFarfield } from '../lib/farfield.mjs';
import { mountpoint, startJanus } from '../lib/janus.mjs';
import { bindUdp, freeUdpPort } from '../lib/receiver.mjs';
import { cpuPercent, median, round, sleep } from './figures.mjs';
import { farfieldServer, janusListeners, startLoad } from './load.mjs';

const RUNS = 5;
const SECONDS = 4;
const MOST = 16;
const LISTENERS = 50;
const KEY = Buffer.alloc(30, 7).toString('base64');

async function relays(farfield, count, wanted) {
    const ids = [];
    for (let i = 0; i < count; i++) {
        const { body } = await farfield.api('POST', '/v1/relays', { host: '127.0.0.1', ...wanted });
        ids.push(body.id);
    }
    return async () => {
        for (const id of ids) await farfield.api('DELETE', `/v1/relays/${id}`);
    };
}

const pipelineCpu = async (farfield) =>
    (await cpuPercent([farfield.pids.pipeline], SECONDS))[0];

// Percent of a core for each relay beyond the first.
async function relayCost(farfield, wanted) {
    const endFirst = await relays(farfield, 1, wanted);
    const one = await pipelineCpu(farfield);
    const endRest = await relays(farfield, MOST - 1, wanted);
    const all = await pipelineCpu(farfield);
    await endRest();
    await endFirst();
    return (all - one) / (MOST - 1);
}

// The same of listeners.
async function listenerCost(farfield) {
    const load = startLoad();
    const server = farfieldServer(farfield);
    await server.join(load);
    const one = await pipelineCpu(farfield);
    for (let i = 1; i < LISTENERS; i++) await server.join(load);
    const all = await pipelineCpu(farfield);
    await load.stop();
    await sleep(2); // they are taken down
    return (all - one) / (LISTENERS - 1);
}

// {cpu of the pipeline, of Janus, joins, packets, lost} while Janus plays one relay to many.
async function throughJanus(farfield) {
    const port = await freeUdpPort();
    const janus = await startJanus({ streaming: mountpoint(port) });
    const end = await relays(farfield, 1, { port });
    const load = startLoad();
    const server = janusListeners(janus);
    const joins = [];
    for (let i = 0; i < LISTENERS; i++) joins.push(await server.join(load));
    await load.report();
    const [pipeline, own] = await cpuPercent([farfield.pids.pipeline, janus.pid], SECONDS);
    const { packets, lost } = await load.report();
    await load.stop();
    await end();
    await janus.stop();
    return { pipeline, own, join: median(joins), packets, lost };
}

export async function measure() {
    const farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    const { socket, port } = await bindUdp();
    const runs = [];
    for (let i = 0; i < RUNS; i++) {
        console.log(`  run ${i + 1} of ${RUNS}`);
        runs.push({
            rtp: await relayCost(farfield, { port }),
            srtp: await relayCost(farfield, { port, srtp_key: KEY }),
            listener: await listenerCost(farfield),
            janus: await throughJanus(farfield),
        });
    }
    socket.close();
    await farfield.stop();
    const middle = (take, digits = 2) => round(median(runs.map(take)), digits);
    const sum = (take) => runs.reduce((total, run) => total + take(run), 0);
    const core = '% of a core';
    return {
        title: 'Relays',
        words: `
Medians of ${RUNS} runs of ${SECONDS} s, in turns; 10 ms frames, 128 kbit/s. "Each" is for each beyond the first, of
${MOST} relays of one room to one port of this machine, and of ${LISTENERS} listeners. Janus plays one relay to
${LISTENERS} listeners of the load generator.`,
        rows: [
            { what: 'CPU of the pipeline for a relay by RTP, each', figure: `${middle((r) => r.rtp)} ${core}` },
            { what: 'the same by SRTP', figure: `${middle((r) => r.srtp)} ${core}` },
            { what: 'the same for a listener by WebRTC', figure: `${middle((r) => r.listener)} ${core}` },
            { what: `CPU of the pipeline while Janus has ${LISTENERS} listeners`,
                figure: `${middle((r) => r.janus.pipeline)} ${core}` },
            { what: 'CPU of Janus meanwhile', figure: `${middle((r) => r.janus.own)} ${core}` },
            { what: 'join by Janus, median', figure: `${middle((r) => r.janus.join, 1)} ms` },
            { what: 'packets received by Janus', figure: sum((r) => r.janus.packets) },
            { what: 'packets lost', figure: sum((r) => r.janus.lost) },
        ],
    };
}
