// SPDX-License-Identifier: GPL-3.0-or-later
// What listeners cost beside Janus and beside a pipeline by the book, how fast they join, and how
// many there can be.
import { cpus } from 'node:os';
import { startFarfield } from '../lib/farfield.mjs';
import { busiestThread, cpuPercent, descriptors, median, memory, quantile, round, sleep,
    threads } from './figures.mjs';
import { farfieldServer, janusServer, startLoad, teeServer } from './load.mjs';
import { profile } from './profile.mjs';

const RUNS = 5;
const COUNTS = [1, 10, 20, 40, 80];
const SECONDS = 3;
const CURVE = [100, 150, 200, 250, 300, 400, 500, 600, 800];
const CURVE_SECONDS = 6;
const ENOUGH = 97; // percent of the packets
const MOST_FAILED = 2; // joins of one run
const MOST_REPEATED = 3;
const RATE = 100; // packets a second that every listener should get

const servers = {
    Farfield: farfieldServer,
    Janus: janusServer,
    'tee ! queue ! webrtcbin': teeServer,
};

// `joins` has the milliseconds of each join, and under `failed` those that came to nothing: the
// pipeline by the book has some.
async function joinUpTo(server, load, count, joins) {
    while (joins.length < count) {
        try {
            joins.push(await server.join(load));
        } catch (error) {
            joins.failed = (joins.failed ?? 0) + 1;
            console.log(`  ${server.name}: ${error.message}`);
            if (joins.failed > MOST_FAILED) throw error;
        }
    }
}

const resources = (pid) => ({ memory: memory(pid), threads: threads(pid),
    descriptors: descriptors(pid) });

// One server from its first listener to its last count: {cpu: {count: %}, joins, lost, ...}.
async function run(farfield, start) {
    const server = await start(farfield);
    const load = startLoad();
    const joins = [];
    const cpu = {};
    try {
        await joinUpTo(server, load, 1, joins);
        const one = resources(server.pid);
        for (const count of COUNTS) {
            await joinUpTo(server, load, count, joins);
            cpu[count] = (await cpuPercent([server.pid], SECONDS))[0];
        }
        const all = resources(server.pid);
        const most = COUNTS.at(-1);
        const each = Object.fromEntries(Object.keys(all).map((name) =>
            [name, (all[name] - one[name]) / (most - 1)]));
        const { packets, lost, dropped } = await load.report();
        return { cpu, joins, failed: joins.failed ?? 0, packets, lost: lost - dropped, ...each };
    } finally {
        await load.stop();
        await server.stop();
    }
}

// A pipeline by the book comes to a stop now and then, as webrtcbin is added to it: then anew.
async function persistently(run) {
    for (let repeated = 0; ; repeated++) {
        try {
            return { ...await run(), repeated };
        } catch (error) {
            console.log(`  anew: ${error.message}`);
            if (repeated >= MOST_REPEATED) throw error;
        }
    }
}

// Every server in turn, RUNS times: {name: [run, ...]}.
async function runs(farfield) {
    const all = {};
    for (let i = 0; i < RUNS; i++) {
        for (const [name, start] of Object.entries(servers)) {
            console.log(`  run ${i + 1} of ${RUNS}: ${name}`);
            (all[name] ??= []).push(await persistently(() => run(farfield, start)));
            await sleep(2); // whoever left is taken down
        }
    }
    return all;
}

// Percent of a core for each listener beyond the first; of the first itself, all there is.
const each = (one, count) => (count === 1 ? one.cpu[1]
    : (one.cpu[count] - one.cpu[1]) / (count - 1));

function costRows(all) {
    return COUNTS.map((count) => {
        const cost = (name) => median(all[name].map((one) => each(one, count)));
        return {
            listeners: count,
            ...Object.fromEntries(Object.keys(all).map((name) => [name, round(cost(name), 2)])),
            'Farfield / Janus': round(cost('Farfield') / cost('Janus'), 2),
        };
    });
}

function figureRows(all) {
    const row = (what, figure) => ({ what, ...Object.fromEntries(
        Object.entries(all).map(([name, list]) => [name, figure(list)])) });
    const later = (list) => list.flatMap((one) => one.joins.slice(1));
    const middle = (name, digits) => (list) => round(median(list.map((one) => one[name])), digits);
    const sum = (name) => (list) => list.reduce((total, one) => total + one[name], 0);
    return [
        row(`CPU with ${COUNTS.at(-1)}, % of a core`, (list) =>
            round(median(list.map((one) => one.cpu[COUNTS.at(-1)])))),
        row('first join, ms', (list) => round(median(list.map((one) => one.joins[0])))),
        row('join, median, ms', (list) => round(median(later(list)))),
        row('join, p95, ms', (list) => round(quantile(later(list), 0.95))),
        row('joins that failed', sum('failed')),
        row('runs that came to a stop', sum('repeated')),
        row('memory each, MiB', middle('memory', 2)),
        row('threads each', middle('threads', 1)),
        row('descriptors each', middle('descriptors', 1)),
        row('packets received', sum('packets')),
        row('packets lost', sum('lost')),
    ];
}

// One step of the curve.
async function step(server, load, count, joins) {
    await joinUpTo(server, load, count, joins);
    const before = await load.report();
    const start = performance.now();
    const busiest = busiestThread(server.pid);
    const [cpu, own] = await cpuPercent([server.pid, load.pid], CURVE_SECONDS);
    const thread = busiest();
    const after = await load.report();
    const due = count * RATE * (performance.now() - start) / 1000;
    const share = (after.packets - before.packets) / due * 100;
    return {
        listeners: count, server: server.name,
        'CPU, % of a core': round(cpu), 'its busiest thread': round(thread),
        'the load generator': round(own),
        'packets that came, %': round(Math.min(share, 100)),
        lost: after.lost, 'of these by the generator': after.dropped - before.dropped,
        'longest gap, ms': round(after.gap * 1000),
        isWhole: after.lost === 0 && after.hearing === count && share > ENOUGH,
    };
}

// Up to the first count at which packets are lost or late.
async function curve(farfield, start) {
    const server = await start(farfield);
    const load = startLoad();
    const rows = [];
    const joins = [];
    try {
        for (const count of CURVE) {
            console.log(`  ${server.name}: ${count} listeners`);
            const { isWhole, ...row } = await step(server, load, count, joins);
            rows.push(row);
            if (!isWhole) break;
        }
    } catch (error) {
        rows.push({ listeners: joins.length, server: server.name, lost: error.message });
    } finally {
        await load.stop();
        await server.stop();
    }
    return rows;
}

async function profiles(farfield) {
    const shares = {};
    for (const name of ['Farfield', 'Janus']) {
        const server = await servers[name](farfield);
        const load = startLoad();
        await joinUpTo(server, load, COUNTS.at(-1), []);
        shares[name] = await profile(server.pid);
        await load.stop();
        await server.stop();
    }
    const groups = Object.keys(shares.Farfield);
    return groups.map((group) => ({ 'share of the processor time, %': group,
        Farfield: shares.Farfield[group], Janus: shares.Janus[group] }));
}

export async function measure() {
    const farfield = await startFarfield({ settings: { 'max-listeners': 1000 } });
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    const all = await runs(farfield);
    const where = await profiles(farfield);
    const steps = [...await curve(farfield, farfieldServer), ...await curve(farfield, janusServer)];
    await farfield.stop();
    return {
        title: 'Listeners',
        words: `
Percent of a core for each listener beyond the first, medians of ${RUNS} runs of ${SECONDS} s, in turns, of
one room, 10 ms frames, 128 kbit/s; with one listener, all that the process takes. Farfield and
the pipeline by the book (tests/bench/tee.c: \`tee ! queue ! rtpopuspay ! webrtcbin\`) encode
themselves; Janus' streaming plugin, as Debian configures it, is fed by an encoder from the same
JACK ports, which is not counted. All are heard by the same load generator (tests/bench/load.c) on
the same machine: it does ICE and DTLS, counts packets, reports them by RTCP, and decodes nothing.`,
        rows: costRows(all),
        more: [
            { words: `
A join lasts from the listener's first line of code to its first packet of sound, signaling by HTTP
(the pipeline by the book: by a pipe) and up to one frame of 10 ms included; one after the other.
Memory, threads and descriptors are the difference between ${COUNTS.at(-1)} listeners and 1.`, rows: figureRows(all) },
            { words: `
Where the processor time goes with ${COUNTS.at(-1)} listeners (perf, software clock).`, rows: where },
            { words: `
How many listeners there can be on this machine, with the load generator and all else on its
${cpus().length} cores: up to the first count at which packets are lost, or fewer than ${ENOUGH} % of them come in
${CURVE_SECONDS} s. Where its busiest thread is at 100 % of a core, that thread is the limit: in Farfield it is the
one that hands each packet to every listener of a room.`, rows: steps },
        ],
    };
}
