// SPDX-License-Identifier: GPL-3.0-or-later
// The server's clock, seen from here: of several questions the one that was answered fastest says
// best what time it is there.

const QUESTIONS = 6;
const EVERY = 30000; // ms
const PAUSE = 50; // ms between two questions

export function localNow() {
    return performance.timeOrigin + performance.now();
}

export class ServerClock {
    #rpc;
    #timer = 0;
    #onState = () => this.ask();
    offset = null; // milliseconds that the server's clock is ahead of ours, null while unknown
    roundTrip = null; // seconds, of the fastest answer

    constructor(rpc) {
        this.#rpc = rpc;
    }

    // Goes on asking, until stop().
    start() {
        if (this.#timer) return;
        this.#timer = setInterval(() => this.ask(), EVERY);
        this.#rpc.addEventListener('state', this.#onState);
        this.ask();
    }

    stop() {
        clearInterval(this.#timer);
        this.#timer = 0;
        this.#rpc.removeEventListener('state', this.#onState);
    }

    // Unix milliseconds by the server's clock.
    now() {
        return localNow() + (this.offset ?? 0);
    }

    // Sets the offset anew; our own clock stands while the machine sleeps.
    async ask() {
        if (this.#rpc.state !== 'open') return;
        let best = Infinity;
        try {
            for (let i = 0; i < QUESTIONS; i++) {
                const asked = performance.now();
                const { time } = await this.#rpc.call('clock.show');
                const took = performance.now() - asked;
                if (took < best) {
                    best = took;
                    this.offset = time * 1000 - (performance.timeOrigin + asked + took / 2);
                    this.roundTrip = took / 1000;
                }
                await new Promise((done) => { setTimeout(done, PAUSE); });
            }
        } catch {
            // the connection went away: what was known before is still good
        }
    }
}
