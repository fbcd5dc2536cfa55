// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for a condition, never for a time: a deadline is generous and only reached in failure.
import { setTimeout as sleep } from 'node:timers/promises';

// Calls `probe` until it gives something truthy, and returns that. What it throws counts as not
// yet. Fails after `timeout` milliseconds with `what` and the last thing that was seen.
export async function waitFor(what, probe, { timeout = 30000, every = 50 } = {}) {
    const deadline = Date.now() + timeout;
    let seen;
    for (;;) {
        try {
            seen = await probe();
            if (seen) return seen;
        } catch (error) {
            seen = error;
        }
        if (Date.now() > deadline) break;
        await sleep(every);
    }
    const last = seen instanceof Error ? seen.message : JSON.stringify(seen);
    throw new Error(`${what}: not within ${timeout / 1000} s (last seen: ${last})`);
}

// The promise's value, or a failure after `timeout` milliseconds that says `what` was awaited.
export async function within(what, timeout, promise) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${what}: not within ${timeout / 1000} s`)),
            timeout);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}
