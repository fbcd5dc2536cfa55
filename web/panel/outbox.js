// SPDX-License-Identifier: GPL-3.0-or-later
// Control changes on their way to the server: the latest of each, one message for a synth in an
// animation frame, and none more while several are unanswered.

const UNANSWERED = 4;
const NO_FRAME = 100; // ms; a page that is out of sight gets no frames at all

export class Outbox {
    #send;
    #waiting = new Map(); // node -> {controls, done: [callbacks]}
    #underWay = new Map(); // node -> messages without an answer
    #scheduled = false;

    // `send` takes a node's id and its controls, and returns a promise.
    constructor(send) {
        this.#send = send;
    }

    // Resolves when the value, or a newer one, has been answered, well or not.
    put(node, name, value) {
        const entry = this.#waiting.get(node) ?? { controls: {}, done: [] };
        entry.controls[name] = value;
        this.#waiting.set(node, entry);
        this.#schedule();
        return new Promise((resolve) => entry.done.push(resolve));
    }

    // Sent at once, behind what waits: of gates and triggers each one counts.
    call(node, name, value) {
        const entry = this.#waiting.get(node);
        this.#waiting.delete(node);
        if (entry) this.#post(node, entry);
        this.#post(node, { controls: { [name]: value }, done: [] });
    }

    #schedule() {
        if (this.#scheduled) return;
        this.#scheduled = true;
        const flush = () => {
            cancelAnimationFrame(frame);
            clearTimeout(timer);
            this.#scheduled = false;
            for (const node of [...this.#waiting.keys()]) this.#flush(node);
        };
        const frame = requestAnimationFrame(flush);
        const timer = setTimeout(flush, NO_FRAME);
    }

    #flush(node) {
        if ((this.#underWay.get(node) ?? 0) >= UNANSWERED) return; // the next answer comes back here
        const entry = this.#waiting.get(node);
        this.#waiting.delete(node);
        this.#post(node, entry);
    }

    #post(node, { controls, done }) {
        this.#underWay.set(node, (this.#underWay.get(node) ?? 0) + 1);
        this.#send(node, controls).finally(() => {
            const left = this.#underWay.get(node) - 1;
            if (left) this.#underWay.set(node, left);
            else this.#underWay.delete(node);
            for (const resolve of done) resolve();
            if (this.#waiting.has(node)) this.#schedule();
        });
    }
}
