// SPDX-License-Identifier: GPL-3.0-or-later
// Notes that are held: each is a synth that is started by a key and let go with it. A key may go up
// before the answer to its start has come, and the connection may be away when it does: what was
// started is let go as soon as that can be. Each has a name of its own, by which it is found even
// where the answer was lost.

const AWAY = 0; // code of an error that says nothing of whether the synth was started

export class Notes {
    #farfield;
    #complain;
    #held = new Map(); // key -> note
    #owed = new Map(); // name of what is over, and not known to be let go -> is it being asked for?
    #page = Math.random().toString(36).slice(2, 8);
    #count = 0;

    constructor(farfield, complain) {
        this.#farfield = farfield;
        this.#complain = complain;
        farfield.addEventListener('connection', () => this.#settle(true));
        farfield.addEventListener('nodes', () => this.#settle());
        addEventListener('pagehide', () => this.stopAll());
    }

    // Begins a note by a key, whatever that is; one that the key has is let go first.
    start(key, synthdef, controls = {}) {
        this.stop(key);
        const name = `held-${this.#page}-${++this.#count}`;
        const note = { name, synthdef, isOver: false, id: null };
        this.#held.set(key, note);
        this.#farfield.rpc.call('synth.new', { synthdef, controls, name }).then(({ id }) => {
            note.id = id;
            if (note.isOver) this.#release(note);
        }, (error) => {
            if (this.#held.get(key) === note) this.#held.delete(key);
            if ((error.code ?? AWAY) === AWAY) {
                this.#owed.set(name, false);
                this.#settle();
            }
            this.#complain(error);
        });
    }

    stop(key) {
        const note = this.#held.get(key);
        if (!note) return;
        this.#held.delete(key);
        note.isOver = true;
        if (note.id !== null) this.#release(note);
    }

    // Lets go of all keys whose names begin so.
    stopAll(prefix = '') {
        for (const key of [...this.#held.keys()]) if (key.startsWith(prefix)) this.stop(key);
    }

    // Ids of what keys hold.
    sounding() {
        return [...this.#held.values()].map(({ id }) => id).filter((id) => id !== null);
    }

    #release({ name, id, synthdef }) {
        this.#owed.set(name, true);
        this.#letGo(id, synthdef).then(() => this.#owed.delete(name), (error) => {
            // It has ended by itself, or the server knows better; only silence means: once more.
            if ((error.code ?? AWAY) === AWAY) this.#owed.set(name, false);
            else this.#owed.delete(name);
        });
    }

    // By its gate, where it has one that ends it: that a key was let go is nothing to undo.
    #letGo(id, synthdef) {
        const { synthdefs } = this.#farfield;
        return synthdefs.get(synthdef)?.releasable ? this.#farfield.set(id, { gate: 0 })
            : this.#farfield.release(id);
    }

    // What is not in a list that was fetched anew is over.
    #settle(isNew = false) {
        if (!this.#farfield.synced || this.#owed.size === 0) return;
        const found = new Set();
        for (const node of this.#farfield.nodes.values()) {
            found.add(node.name);
            if (this.#owed.get(node.name) === false && !node.releasing) this.#release(node);
        }
        if (!isNew) return;
        for (const name of this.#owed.keys()) if (!found.has(name)) this.#owed.delete(name);
    }
}
