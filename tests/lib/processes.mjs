// SPDX-License-Identifier: GPL-3.0-or-later
// Looking at processes through /proc.
import { readdirSync, readFileSync } from 'node:fs';

function read(path) {
    try {
        return readFileSync(path, 'latin1');
    } catch {
        return ''; // gone meanwhile, or another user's
    }
}

// {pid, name, parent, state} of one process, or null when it is gone.
export function processInfo(pid) {
    const stat = read(`/proc/${pid}/stat`);
    const match = /^\d+ \((.*)\) (\S) (\d+)/s.exec(stat);
    return match && { pid, name: match[1], state: match[2], parent: Number(match[3]) };
}

export function isAlive(pid) {
    const info = processInfo(pid);
    return info !== null && info.state !== 'Z' && info.state !== 'X';
}

// Every living process whose command line or environment holds `mark`, this one aside: finds what
// was started even after its parent has died.
export function processesMarked(mark) {
    return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
        .map(Number)
        .filter((pid) => read(`/proc/${pid}/cmdline`).includes(mark) ||
            read(`/proc/${pid}/environ`).includes(mark))
        .map(processInfo)
        .filter((info) => info && info.state !== 'Z' && info.state !== 'X');
}

// {threads, descriptors, resident (bytes), cpu (seconds, user and system)} of one process.
export function processUse(pid) {
    const status = read(`/proc/${pid}/status`);
    const fields = read(`/proc/${pid}/stat`).replace(/^.*\) /s, '').split(' ');
    const TICKS = 100; // a second; USER_HZ is 100 on every Linux that Debian builds
    return {
        threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0),
        resident: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024,
        descriptors: readdirSync(`/proc/${pid}/fd`).length,
        cpu: (Number(fields[11]) + Number(fields[12])) / TICKS,
    };
}

// The names of its threads, in order.
export function threadNames(pid) {
    return readdirSync(`/proc/${pid}/task`)
        .map((thread) => read(`/proc/${pid}/task/${thread}/comm`).trim()).sort();
}
