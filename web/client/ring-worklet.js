// SPDX-License-Identifier: GPL-3.0-or-later
// The ring on the audio thread.
import { RingHost } from './ring-host.js';
import { Ring } from './ring.js';

class RingProcessor extends AudioWorkletProcessor {
    #host;

    constructor({ processorOptions }) {
        super();
        this.#host = new RingHost(new Ring(processorOptions), this.port);
    }

    process(inputs, [[left, right]]) {
        this.#host.pull(left, right, currentTime);
        return !this.#host.ended;
    }
}

registerProcessor('farfield-ring', RingProcessor);
