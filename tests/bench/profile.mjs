// SPDX-License-Identifier: GPL-3.0-or-later
// Where a process spends its time, by what its libraries do.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SECONDS = 6;
const TRIES = 5;

// The first that fits a library's name has it.
const groups = {
    kernel: /^\[/,
    'SRTP (libsrtp and NSS, nettle)': /srtp2|softokn|freebl|nss|nspr|libpl|nettle/,
    'ICE (libnice)': /nice/,
    Opus: /opus/,
    'GStreamer, GObject, GLib': /gst|gobject|glib|gio|gmodule/,
    libc: /libc\.so/,
    'the program and the rest': /./,
};

// {group: percent}, empty cells where perf cannot look.
export async function profile(pid) {
    const folder = mkdtempSync(join(tmpdir(), 'farfield-perf-'));
    const file = join(folder, 'data');
    const perf = (...args) => spawnSync('perf', args,
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).stdout ?? '';
    let lines = [];
    // perf gives up where a thread ends while it attaches to all of them.
    for (let i = 0; i < TRIES && lines.length === 0; i++) {
        perf('record', '-q', '-e', 'cpu-clock', '-F', '999', '-p', String(pid), '-o', file,
            '--', 'sleep', String(SECONDS));
        const report = perf('report', '-i', file, '--sort', 'dso', '--stdio');
        lines = [...report.matchAll(/^\s+([\d.]+)%\s+(\S+)/gm)];
    }
    rmSync(folder, { recursive: true, force: true });
    const shares = Object.fromEntries(Object.keys(groups).map((name) => [name, 0]));
    for (const [, percent, library] of lines) {
        const [name] = Object.entries(groups).find(([, pattern]) => pattern.test(library));
        shares[name] += Number(percent);
    }
    return Object.fromEntries(Object.entries(shares).map(([name, share]) =>
        [name, lines.length > 0 ? Math.round(share) : '']));
}
