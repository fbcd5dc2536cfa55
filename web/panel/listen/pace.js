// SPDX-License-Identifier: GPL-3.0-or-later
// When to draw: thirty times a second at most, not at all while the page is hidden, and a few times
// a second for who wants little to move. A timer holds the browser's own frames back between two of
// ours, since one that draws nothing costs nearly as much.

export const FASTEST = 30; // frames a second
const CALM = 4; // with prefers-reduced-motion
const EARLY = 8; // ms: the browser's next frame comes so much later than asked for, in the mean

const calm = matchMedia('(prefers-reduced-motion: reduce)');

export class Frames {
    #draw;
    #timer = 0;
    #frame = 0;
    #last = 0; // when it was drawn
    #due = 0; // when it is to be drawn again
    #runs = false;
    rate = FASTEST; // at most, frames a second

    // `draw` is called with the time, ms, and the seconds since the call before.
    constructor(draw) {
        this.#draw = draw;
    }

    get runs() {
        return this.#runs;
    }

    start() {
        if (this.#runs) return;
        this.#runs = true;
        this.#last = this.#due = performance.now();
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
            const every = 1000 / Math.min(this.rate, calm.matches ? CALM : FASTEST);
            // Not from now on, which the screen's own rhythm would round up each time.
            this.#due = Math.max(this.#due + every, now + every / 2);
            const passed = now - this.#last;
            this.#last = now;
            this.#draw(now, Math.min(1, Math.max(0, passed / 1000)));
            this.#timer = setTimeout(() => this.#ask(), this.#due - performance.now() - EARLY);
        });
    }
}
