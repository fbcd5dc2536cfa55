// SPDX-License-Identifier: GPL-3.0-or-later
// Which controls somebody holds: what this page holds is told to the server, and renewed as long as
// it is held; what others hold is shown.
//
// Event: `held` (detail: a node's id) when of() may answer otherwise.

const SECONDS = 10; // that the server keeps it without a word of ours
const RENEW = 4000; // ms
const UNKNOWN = -32601; // a server that has no such command

export class Holds extends EventTarget {
    #farfield;
    #ours = new Map(); // node -> Map(control -> how many hands)
    #others = new Map(); // node -> Map(client -> {controls, by})
    #timer = 0;
    #isKnown = true;

    constructor(farfield) {
        super();
        this.#farfield = farfield;
        farfield.on('node.held', (hold) => this.#onHeld(hold));
        farfield.on('node.ended', ({ id }) => this.#onEnded(id));
        farfield.on('connection', () => this.#clear());
        farfield.watch('nodes', (nodes, change) => change === null && this.#renew(nodes));
    }

    take(node, control) {
        const held = this.#ours.get(node) ?? new Map();
        this.#ours.set(node, held);
        held.set(control, (held.get(control) ?? 0) + 1);
        if (held.get(control) === 1) this.#tell(node);
        this.#timer ||= setInterval(() => {
            for (const id of this.#ours.keys()) this.#tell(id);
        }, RENEW);
    }

    drop(node, control) {
        const held = this.#ours.get(node);
        const count = held?.get(control);
        if (!count) return;
        if (count > 1) {
            held.set(control, count - 1);
            return;
        }
        held.delete(control);
        this.#call('node.unhold', { id: node, controls: [control] });
        if (held.size === 0) this.#forget(node);
    }

    // Map(control -> who holds it besides us).
    of(node) {
        const held = new Map();
        for (const { controls, by } of this.#others.get(node)?.values() ?? []) {
            for (const control of controls) held.set(control, by);
        }
        return held;
    }

    #forget(node) {
        this.#ours.delete(node);
        if (this.#ours.size > 0) return;
        clearInterval(this.#timer);
        this.#timer = 0;
    }

    // The server forgot with the connection that was lost what is held on; nodes may have ended.
    #renew(nodes) {
        for (const id of [...this.#ours.keys()]) {
            if (nodes.has(id)) this.#tell(id);
            else this.#forget(id);
        }
    }

    #tell(node) {
        this.#call('node.hold', { id: node, controls: [...this.#ours.get(node).keys()],
            seconds: SECONDS });
    }

    // Holding is a courtesy: where it cannot be told, all else works.
    #call(method, params) {
        if (!this.#isKnown) return;
        this.#farfield.call(method, params).catch(({ code }) => {
            if (code === UNKNOWN) this.#isKnown = false;
        });
    }

    // The server tells as well when time or a lost connection lets go.
    #onHeld({ id, controls, by, client }) {
        const holders = this.#others.get(id) ?? new Map();
        if (controls.length > 0) holders.set(client, { controls, by });
        else holders.delete(client);
        if (holders.size > 0) this.#others.set(id, holders);
        else this.#others.delete(id);
        this.#emit(id);
    }

    #onEnded(id) {
        this.#forget(id);
        this.#others.delete(id);
    }

    #clear() {
        const ids = [...this.#others.keys()];
        this.#others.clear();
        this.#isKnown = true;
        for (const id of ids) this.#emit(id);
    }

    #emit(detail) {
        this.dispatchEvent(new CustomEvent('held', { detail }));
    }
}
