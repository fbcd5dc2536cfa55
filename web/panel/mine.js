// SPDX-License-Identifier: GPL-3.0-or-later
// What this page did itself of late, so that what others do can be shown as such.

const LATELY = 2000; // ms in which an event is taken for the answer to our call

export class Mine {
    #nodes = new Map(); // id -> time
    #starts = []; // times at which we began to start something

    constructor(farfield) {
        const { rpc } = farfield;
        const { call } = rpc;
        rpc.call = (method, params, ...rest) => {
            this.#note(method, params ?? {});
            return call.call(rpc, method, params, ...rest);
        };
    }

    // Was it we who changed, or ended, this node?
    did(id) {
        return performance.now() - (this.#nodes.get(id) ?? -Infinity) < LATELY;
    }

    // Was it we who started what has just begun? Each of our starts explains one node.
    started() {
        const since = performance.now() - LATELY;
        while (this.#starts.length && this.#starts[0] < since) this.#starts.shift();
        return this.#starts.shift() !== undefined;
    }

    #note(method, { id }) {
        const now = performance.now();
        if (method === 'synth.new' || method === 'group.new') this.#starts.push(now);
        if (method.startsWith('node.') && id !== undefined) this.#nodes.set(id, now);
        if (this.#starts.length > 100) this.#starts.shift();
        if (this.#nodes.size > 1000) {
            for (const [each, time] of this.#nodes) {
                if (now - time > LATELY) this.#nodes.delete(each);
            }
        }
    }
}
