// SPDX-License-Identifier: GPL-3.0-or-later
// When to draw: thirty times a second at most, not at all while the page is hidden, and a few times
// a second for who wants little to move. A timer holds the browser's own frames back between two of
// ours, since one that draws nothing costs, too.

const SHORTEST = 1000 / 30; // ms
const CALM = 250; // ms, with prefers-reduced-motion
const EARLY = 12; // ms: the browser's next frame comes at most so much later than asked for

const calm = matchMedia('(prefers-reduced-motion: reduce)');

export class Frames {
    #draw;
    #timer = 0;
    #frame = 0;
    #last = 0;
    #runs = false;

    // `draw` is called with the time, ms, and the seconds since the call before.
    constructor(draw) {
        this.#draw = draw;
    }

    start() {
        if (this.#runs) return;
        this.#runs = true;
        this.#last = performance.now();
        this.#ask();
    }

    stop() {
        this.#runs = false;
        clearTimeout(this.#timer);
        cancelAnimationFrame(this.#frame);
    }

    // A hidden page gets no animation frames.
    #ask() {
        this.#frame = requestAnimationFrame((now) => {
            if (!this.#runs) return;
            const every = calm.matches ? CALM : SHORTEST;
            const passed = now - this.#last;
            if (passed < every - 4) {
                this.#ask();
                return;
            }
            this.#last = now;
            this.#draw(now, Math.min(1, Math.max(0, passed / 1000)));
            this.#timer = setTimeout(() => this.#ask(), every - EARLY - (performance.now() - now));
        });
    }
}
