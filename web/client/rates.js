// SPDX-License-Identifier: GPL-3.0-or-later
// What counters say about the last few seconds.

const SPAN = 3000; // ms

export class Rates {
    #counts = []; // {at, bytes, packets, lost}, the oldest first

    // Takes what has been counted by this time (ms); returns {bitrate} in bits a second, and
    // {loss}, the share of the packets that did not come: null before there is something to compare
    // with.
    add(at, { bytes, packets, lost }) {
        this.#counts.push({ at, bytes, packets, lost });
        while (this.#counts.length > 2 && this.#counts[1].at <= at - SPAN) this.#counts.shift();
        const since = this.#counts[0];
        if (at === since.at) return { bitrate: null, loss: null };
        const gone = Math.max(0, lost - since.lost);
        const isCounted = lost !== null;
        const sent = packets - since.packets + gone;
        return {
            bitrate: (8000 * (bytes - since.bytes)) / (at - since.at),
            loss: isCounted && sent > 0 ? gone / sent : null,
        };
    }
}
