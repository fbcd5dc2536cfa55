// SPDX-License-Identifier: GPL-3.0-or-later
// What recording a room costs.
import { startFarfield } from '../lib/farfield.mjs';
import { cpuPercent, median, memory, round } from './figures.mjs';

const MANY = 8;
const SECONDS = 8;

const cost = async (pid) => {
    const runs = [];
    for (let i = 0; i < 3; i++) runs.push((await cpuPercent([pid], SECONDS))[0]);
    return { cpu: median(runs), memory: memory(pid) };
};

async function record(farfield, format) {
    const ids = [];
    for (let i = 0; i < MANY; i++) {
        ids.push((await farfield.api('POST', '/v1/recordings', { format })).body.id);
    }
    const figures = await cost(farfield.pids.pipeline);
    const ended = await Promise.all(ids.map(async (id) =>
        (await farfield.api('POST', `/v1/recordings/${id}/stop`)).body));
    const sum = (member) => ended.reduce((total, one) => total + one[member], 0);
    return { ...figures, lost: sum('lost'), rate: sum('bytes') / sum('seconds') };
}

export async function measure() {
    const farfield = await startFarfield();
    for (let i = 0; i < 8; i++) {
        await farfield.api('POST', '/v1/nodes',
            { synthdef: 'sine', controls: { freq: 313 * (i + 1) ** 1.3, amp: 0.05 } });
    }
    const none = await cost(farfield.pids.pipeline);
    const rows = [];
    for (const format of ['wav', 'flac']) {
        const figures = await record(farfield, format);
        rows.push({
            format,
            'CPU each, % of a core': round((figures.cpu - none.cpu) / MANY, 2),
            'memory each, MiB': round((figures.memory - none.memory) / MANY),
            'kB a second': round(figures.rate / 1000),
            'frames lost': figures.lost,
        });
    }
    await farfield.stop();
    return {
        title: 'Recordings',
        words: `
${MANY} recordings of one room at once, 24 bit, to the machine's disk; medians of 3 x ${SECONDS} s.
"Each" is the difference to the pipeline without any (${round(none.cpu, 2)} % of a core), divided by
${MANY}. The room plays eight sines. A recording's ring of 11 s is part of its memory.`,
        rows,
    };
}
