// SPDX-License-Identifier: GPL-3.0-or-later
// Hearing without loudspeakers: a program gets the samples of a room as they arrive.
import { run } from './tell.js';

// What paths sound to, as Output is in a page: hands on the samples of the one that is heard.
export class SampleOutput {
    #source = null;
    #onsamples;
    context = null;

    // `onsamples` gets {left, right, rate}: two Float32Arrays, some milliseconds of sound.
    constructor(onsamples) {
        this.#onsamples = onsamples;
    }

    wake() {}

    async play(source) {
        await this.silence();
        this.#source = source;
        source.onsamples = (block) => run(this.#onsamples, block); // no path ends by its errors
    }

    async silence() {
        if (this.#source) this.#source.onsamples = null;
        this.#source = null;
    }

    async stop() {
        await this.silence();
    }
}
