// SPDX-License-Identifier: GPL-3.0-or-later
// The ring on the audio thread. Its samples come straight from a worker, by a port that the first
// message brings: {position, channels}. What it does is told four times a second.
import { Ring } from './ring.js';

const REPORT = 0.25; // seconds

class RingProcessor extends AudioWorkletProcessor {
    #ring;
    #input = null;
    #reported = 0;
    #ended = false;

    constructor({ processorOptions }) {
        super();
        this.#ring = new Ring(processorOptions);
        this.port.onmessage = ({ data }) => {
            if (data === null) {
                this.#ended = true;
                this.#input?.close();
                return;
            }
            this.#input = data;
            this.#input.onmessage = ({ data: { position, channels } }) =>
                this.#ring.push(position, channels);
        };
    }

    process(inputs, [[left, right]]) {
        this.#ring.pull(left, right);
        if (currentTime >= this.#reported + REPORT) {
            this.#reported = currentTime;
            this.port.postMessage({ ...this.#ring.report(), time: currentTime });
        }
        return !this.#ended;
    }
}

registerProcessor('farfield-ring', RingProcessor);
