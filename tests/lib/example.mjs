// SPDX-License-Identifier: GPL-3.0-or-later
// Runs an example of the client library as a program of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { root } from './farfield.mjs';
import { waitFor, within } from './wait.mjs';

const HELP = pathToFileURL(join(root, 'tests/lib/websocket.mjs')).href;

const running = new Set();

// Ends those that a test that failed has left.
export function endExamples() {
    for (const child of running) child.kill('SIGKILL');
}

// Starts web/client/examples/NAME; what it prints is in `lines`.
export function startExample(name, ...args) {
    const child = spawn(process.execPath,
        ['--import', HELP, join(root, 'web/client/examples', name), ...args],
        { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => lines.push(line));
    }
    running.add(child);
    const ended = once(child, 'close').then(([code, signal]) => {
        running.delete(child);
        return { code, signal, lines };
    });
    return {
        lines,
        // Waits for a line like this one.
        line: (pattern) => waitFor(`${name} to print ${pattern}`,
            () => lines.find((line) => pattern.test(line)), { every: 20 }),
        interrupt: () => child.kill('SIGINT'),
        // {code, signal, lines}: that it ends is part of what is tested.
        end: (timeout = 30000) => within(`end of ${name}`, timeout, ended).catch((error) => {
            child.kill('SIGKILL');
            error.message += `\n${lines.join('\n')}`;
            throw error;
        }),
    };
}
