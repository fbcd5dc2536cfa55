// SPDX-License-Identifier: GPL-3.0-or-later
// A ring where its samples are wanted. They come straight from a worker, by a port that the first
// message on `port` brings: {position, channels}; null ends it. What the ring does is told there
// four times a second.

const REPORT = 0.25; // seconds

export class RingHost {
    #ring;
    #port;
    #input = null;
    #reported = 0;
    ended = false;

    constructor(ring, port) {
        this.#ring = ring;
        this.#port = port;
        port.onmessage = ({ data }) => {
            if (data === null) {
                this.ended = true;
                this.#input?.close();
                return;
            }
            this.#input = data;
            this.#input.onmessage = ({ data: { position, channels } }) =>
                ring.push(position, channels);
        };
    }

    // Fills a block that is put out at `time`, seconds of the context.
    pull(left, right, time) {
        this.#ring.pull(left, right);
        if (time < this.#reported + REPORT) return;
        this.#reported = time;
        this.#port.postMessage({ ...this.#ring.report(), time });
    }
}
