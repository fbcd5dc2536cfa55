// SPDX-License-Identifier: GPL-3.0-or-later
// What happens in scsynth, at the time at which this listener hears it: the events of a Farfield,
// held back by the measured delay.
//
// Events: `heard` (detail: {method, id, node}), and `nodes` when hears() may answer otherwise.
import { tell } from './tell.js';

const MOST = 20; // seconds that an event is held back
const WAITING = 10000; // events that may wait; beyond that they are not held back

export class Heard extends EventTarget {
    #farfield;
    #listening;
    #waiting = 0;
    #sounding = new Set(); // ids

    constructor(farfield, listening) {
        super();
        this.#farfield = farfield;
        this.#listening = listening;
        farfield.on('nodes', (params, method) => this.#onEvent(method, params));
        farfield.watch('nodes', (nodes, change) => change === null && this.#begin());
        listening.addEventListener('state', () => this.dispatchEvent(new Event('nodes')));
    }

    // Is this node heard here now?
    hears(id) {
        return this.#listening.state === 'connected' && this.#sounding.has(id);
    }

    #onEvent(method, params) {
        if (!/^node\.(started|changed|ended)$/.test(method)) return;
        const wait = Math.min(MOST, this.#untilHeard(params.time));
        if (wait <= 0 || this.#waiting >= WAITING) {
            this.#tell(method, params);
            return;
        }
        this.#waiting++;
        setTimeout(() => {
            this.#waiting--;
            this.#tell(method, params);
        }, wait * 1000);
    }

    // Seconds until what happened at this Unix time of the server is heard here.
    #untilHeard(time) {
        const { delay, clock } = this.#listening;
        if (delay === null || !time) return 0;
        return delay - (clock.now() / 1000 - time);
    }

    #tell(method, { node, id = node.id }) {
        const had = this.#sounding.has(id);
        if (method === 'node.ended') this.#sounding.delete(id);
        else if (node.running) this.#sounding.add(id);
        else this.#sounding.delete(id);
        tell(this, 'heard', { method, id, node });
        if (had !== this.#sounding.has(id)) this.dispatchEvent(new Event('nodes'));
    }

    // The list was fetched anew: what is in it has been there for a while.
    #begin() {
        this.#sounding = new Set([...this.#farfield.nodes.values()]
            .filter(({ running }) => running).map(({ id }) => id));
        this.dispatchEvent(new Event('nodes'));
    }
}
