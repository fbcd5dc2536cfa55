// SPDX-License-Identifier: GPL-3.0-or-later
// The delay and the losses of the last minutes, as this page hears: what the Listen view tells and
// plots. It is kept from the page's begin on, so that the view shows what was before it was opened.
//
// Events: `entry`, every two seconds while it listens.

const EVERY = 2; // seconds
const KEPT = 600;

const all = new WeakMap();

export class DelayHistory extends EventTarget {
    #before = null; // the stats of the last entry
    #at = 0;
    times = []; // Unix seconds
    delays = []; // seconds, null while unknown
    lost = []; // packets since the entry before
    bridged = []; // seconds of sound that were made up, since the entry before

    // The one of a Listening.
    static of(listening) {
        if (!all.has(listening)) all.set(listening, new DelayHistory(listening));
        return all.get(listening);
    }

    constructor(listening) {
        super();
        listening.addEventListener('stats', ({ detail }) => this.#onStats(detail));
        listening.addEventListener('path', () => { this.#before = null; });
    }

    // {lost: packets, bridged: seconds, seconds: for how long it was heard} of late.
    since(seconds) {
        const from = this.#at - seconds;
        const sum = { lost: 0, bridged: 0, seconds: 0 };
        for (let i = this.times.length - 1; i >= 0 && this.times[i] > from; i--) {
            sum.lost += this.lost[i];
            sum.bridged += this.bridged[i];
            sum.seconds += EVERY;
        }
        return sum;
    }

    #onStats(stats) {
        const now = Date.now() / 1000;
        if (now < this.#at + EVERY - 0.1) return;
        if (this.#at && now > this.#at + 3 * EVERY) this.#push(this.#at + EVERY, null, 0, 0); // a gap
        const before = this.#before ?? stats;
        this.#before = stats;
        this.#push(now, stats.delay ?? null, rise(before.lost, stats.lost),
            rise(before.concealed, stats.concealed));
        this.dispatchEvent(new Event('entry'));
    }

    #push(time, delay, lost, bridged) {
        this.#at = time;
        this.times.push(time);
        this.delays.push(delay);
        this.lost.push(lost);
        this.bridged.push(bridged);
        while (this.times[0] < time - KEPT) {
            for (const list of [this.times, this.delays, this.lost, this.bridged]) list.shift();
        }
    }
}

// A counter that begins anew has risen from nothing; one that fell back a little (a packet that came
// late after all) has not risen.
function rise(before = 0, now = 0) {
    return Math.max(0, now - before);
}
