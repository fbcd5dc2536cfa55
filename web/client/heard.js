// SPDX-License-Identifier: GPL-3.0-or-later
// What happens in scsynth, at the time at which this listener hears it: the events of a Farfield,
// held back by the measured delay.
//
// Events: `heard` (detail: {event, id, node}; "node.started", "node.changed" or "node.ended"), and
// `nodes` when hears() may answer otherwise.
import { tell } from './tell.js';

const MOST = 20; // seconds that an event is held back
const WAITING = 10000; // events that may wait; beyond that they are not held back

export class HeardNodes extends EventTarget {
    #farfield;
    #listening;
    #waiting = new Set(); // timers of events that are held back
    #sounding = new Set(); // ids
    #ending = new AbortController();
    #ends;

    constructor(farfield, listening) {
        super();
        this.#farfield = farfield;
        this.#listening = listening;
        const { signal } = this.#ending;
        this.#ends = [
            farfield.on('nodes', (params, event) => this.#onEvent(event, params)),
            farfield.watch('nodes', (nodes, change) => change === null && this.#begin()),
        ];
        listening.addEventListener('state', () => this.dispatchEvent(new Event('nodes')), { signal });
    }

    // From now on nothing is told.
    stop() {
        this.#ending.abort();
        for (const end of this.#ends) end();
        this.#waiting.forEach(clearTimeout);
        this.#sounding.clear();
    }

    // Is this node heard here now?
    hears(id) {
        return this.#listening.state === 'connected' && this.#sounding.has(id);
    }

    #onEvent(event, params) {
        if (!/^node\.(started|changed|ended)$/.test(event)) return;
        const wait = Math.min(MOST, this.#untilHeard(params.time));
        if (wait <= 0 || this.#waiting.size >= WAITING) {
            this.#tell(event, params);
            return;
        }
        const timer = setTimeout(() => {
            this.#waiting.delete(timer);
            this.#tell(event, params);
        }, wait * 1000);
        this.#waiting.add(timer);
    }

    // Seconds until what happened at this Unix time of the server is heard here.
    #untilHeard(time) {
        const { delay, clock } = this.#listening;
        if (delay === null || !time) return 0;
        return delay - (clock.now() / 1000 - time);
    }

    #tell(event, { node, id = node.id }) {
        const had = this.#sounding.has(id);
        if (event === 'node.ended') this.#sounding.delete(id);
        else if (node.running) this.#sounding.add(id);
        else this.#sounding.delete(id);
        tell(this, 'heard', { event, id, node });
        if (had !== this.#sounding.has(id)) this.dispatchEvent(new Event('nodes'));
    }

    // The list was fetched anew: what is in it has been there for a while.
    #begin() {
        this.#sounding = new Set([...this.#farfield.nodes.values()]
            .filter(({ running }) => running).map(({ id }) => id));
        this.dispatchEvent(new Event('nodes'));
    }
}
