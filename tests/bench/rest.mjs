// SPDX-License-Identifier: GPL-3.0-or-later
// What Farfield costs while nobody does anything.
import { startFarfield } from '../lib/farfield.mjs';
import { cpuPercent, memory, round, sleep } from './figures.mjs';

export async function measure() {
    const start = performance.now();
    const farfield = await startFarfield();
    const ready = performance.now() - start;
    await sleep(3);
    const names = ['controller', 'pipeline', 'scsynth', 'jackd'];
    const pids = names.map((name) => farfield.pids[name]);
    const cpus = await cpuPercent(pids, 20);
    const rows = names.map((name, i) => ({ program: name, '% of a core': round(cpus[i], 2),
        'resident MiB': round(memory(pids[i])) }));
    await farfield.stop();
    return {
        title: 'At rest',
        words: `
Over 20 s without a listener, a client or a synth. From the controller's start to its being ready took
${Math.round(ready)} ms.`,
        rows,
    };
}
