// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers from measurements, and what a process has used.
import { readFileSync, readdirSync } from 'node:fs';

export function quantile(values, q) {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (sorted.length - 1) * q;
    const low = Math.floor(at);
    return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (at - low);
}

export const median = (values) => quantile(values, 0.5);
export const round = (value, digits = 1) => Number(value.toFixed(digits));
export const thousands = (value) => Math.round(value).toLocaleString('en');

// Seconds of processor time that a process has used, in user and kernel.
export function cpuSeconds(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100; // clock ticks of 10 ms
}

// Resident memory in MiB.
export function memory(pid) {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

export const threads = (pid) => readdirSync(`/proc/${pid}/task`).length;
export const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;

export const sleep = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });

// Percent of one core that each process used over that many seconds.
export async function cpuPercent(pids, seconds) {
    const before = pids.map(cpuSeconds);
    const start = performance.now();
    await sleep(seconds);
    const passed = (performance.now() - start) / 1000;
    return pids.map((pid, i) => (cpuSeconds(pid) - before[i]) / passed * 100);
}

// Percent of a core of the thread that used most between this call and that of what it returns.
export function busiestThread(pid) {
    const times = () => new Map(readdirSync(`/proc/${pid}/task`).map((id) => {
        try {
            return [id, cpuSeconds(`${pid}/task/${id}`)];
        } catch {
            return [id, 0]; // it has ended meanwhile
        }
    }));
    const before = times();
    const start = performance.now();
    return () => {
        const passed = (performance.now() - start) / 1000;
        return Math.max(...[...times()].map(([id, time]) =>
            (time - (before.get(id) ?? time)) / passed * 100));
    };
}
