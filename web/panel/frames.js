// SPDX-License-Identifier: GPL-3.0-or-later
// Work on the page in slices: each frame does what is due, and of what takes long only so much that
// the next frame comes in time.

const BUDGET = 4; // ms of a frame for building

// Calls `draw` once in the next frame, however often it was asked for.
export class OncePerFrame {
    #draw;
    #isDue = false;

    constructor(draw) {
        this.#draw = draw;
    }

    ask() {
        if (this.#isDue) return;
        this.#isDue = true;
        requestAnimationFrame(() => {
            this.#isDue = false;
            this.#draw();
        });
    }
}

// Jobs that are done a few in a frame, those that hurry first.
export class Builder {
    #urgent = new Set();
    #later = new Set();
    #frame = new OncePerFrame(() => this.#work());

    add(job) {
        this.#later.add(job);
        this.#frame.ask();
    }

    hurry(job) {
        if (this.#later.delete(job)) this.#urgent.add(job);
        this.#frame.ask();
    }

    drop(job) {
        this.#urgent.delete(job);
        this.#later.delete(job);
    }

    #work() {
        const until = performance.now() + BUDGET;
        for (const queue of [this.#urgent, this.#later]) {
            for (const job of queue) {
                if (performance.now() > until) {
                    this.#frame.ask();
                    return;
                }
                queue.delete(job);
                job();
            }
        }
    }
}
