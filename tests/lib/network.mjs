// SPDX-License-Identifier: GPL-3.0-or-later
// A bad network (wire.c) between this machine and a listener in a network namespace of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from './farfield.mjs';
import { within } from './wait.mjs';

const LISTENER = fileURLToPath(new URL('network_listener.mjs', import.meta.url));

class Wire {
    constructor(child, subnet) {
        this.child = child;
        this.here = `10.77.${subnet}.1`;
    }

    // As wire.c takes them: 'loss 0.05', 'down', 'clear'.
    order(...orders) {
        for (const line of orders) this.child.stdin.write(`${line}\n`);
    }

    // One who listens to `url` from the other end, in a process of its own that joins at once.
    // Options as of `script`.
    async listen(options, script = LISTENER) {
        const child = spawn('nsenter', [`--net=/proc/${this.child.pid}/ns/net`, process.execPath,
            script, JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
        const ended = once(child, 'exit');
        const ask = (what, timeout = 120000) => within(`${what} of the far listener`, timeout,
            new Promise((done, fail) => {
                child.once('message', ({ error, result }) => (error ? fail(new Error(error))
                    : done(result)));
                ended.then(() => fail(new Error('the far listener has ended')));
                if (what !== 'joining') child.send(what);
            }));
        const listener = {
            // What was heard since it was last asked: {concealed (share), lost, received, buffer
            // (mean seconds in the jitter buffer)} and what else the script measures.
            measure: () => ask('measure'),
            async close() {
                if (child.exitCode === null) child.kill();
                await ended;
            },
        };
        await ask('joining').catch(async (error) => {
            await listener.close();
            throw error;
        });
        return listener;
    }

    async close() {
        this.child.stdin.end();
        await once(this.child, 'exit');
    }
}

// {wire}, or {reason} where this machine permits no such thing.
export async function startWire(seed = 1) {
    const program = join(build, 'wire');
    if (!existsSync(program)) return { reason: `${program} was not built (make wire)` };
    const subnet = 1 + Math.floor(Math.random() * 250);
    const child = spawn(program, [String(subnet), String(seed)], { stdio: ['pipe', 'pipe', 'pipe'] });
    process.on('exit', () => child.kill());
    child.stdin.on('error', () => {}); // it has ended, which its exit tells
    let said = '';
    child.stderr.on('data', (data) => { said += data; });
    const ready = createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    const { done } = await within('the wire', 10000, ready);
    return done ? { reason: said.trim() || 'wire ended without a word' }
        : { wire: new Wire(child, subnet) };
}
