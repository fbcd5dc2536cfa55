// SPDX-License-Identifier: GPL-3.0-or-later
// Notes that are held: each is a synth that is started by a key and let go with it. A key may go up
// before the answer to its start has come, and the connection may be away when it does: what was
// started is let go as soon as that can be, and what is still held goes on. Each has a name of its
// own, by which it is found even where the answer was lost. The server lets go of all that a page
// held which does not come back.

const AWAY = 0; // code of an error that says nothing of what has become of the call

export class Notes {
    #farfield;
    #complain;
    #held = new Map(); // key -> note
    #unknown = new Map(); // name -> note of which an answer was lost
    #page = Math.random().toString(36).slice(2, 8);
    #count = 0;
    #isFresh = false; // the nodes are known over this connection

    constructor(farfield, complain) {
        this.#farfield = farfield;
        this.#complain = complain;
        farfield.on('connection', () => { this.#isFresh = false; });
        farfield.watch('nodes', (nodes, change) => {
            this.#isFresh = true;
            if (change === null) this.#resume();
            else this.#settle();
            if (change && change.value === undefined) this.#end(change.key);
        });
        addEventListener('pagehide', () => this.stopAll());
    }

    // Begins a note by a key, whatever that is; one that the key has is let go first.
    start(key, synthdef, controls = {}) {
        this.stop(key);
        const name = `held-${this.#page}-${++this.#count}`;
        const note = { name, synthdef, isOver: false, id: null };
        this.#held.set(key, note);
        note.started = this.#farfield.call('synth.new', { synthdef, controls, name, held: true })
            .then(({ id }) => {
                note.id = id;
                if (note.isOver) this.#release(note);
                return id;
            }, (error) => {
                this.#onError(note, error);
                this.#settle();
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

    // What keys hold of a SynthDef, and has not ended by itself: promises of ids, undefined where a
    // note did not come to be.
    sounding(synthdef) {
        return [...this.#held.values()].filter((note) => note.synthdef === synthdef &&
            !note.hasEnded).map(({ started }) => started);
    }

    #release(note) {
        this.#letGo(note).catch((error) => this.#onError(note, error));
    }

    // It has ended by itself, or the server knows better; only silence means: once more, with the
    // next news of nodes. Not at once: on a connection that is closing, calls fail as they are made.
    #onError(note, error) {
        if ((error.code ?? AWAY) === AWAY) this.#unknown.set(note.name, note);
    }

    // By its gate, where it has one that ends it: that a key was let go is nothing to undo.
    #letGo({ id, synthdef }) {
        const { synthdefs, commands } = this.#farfield;
        return synthdefs.get(synthdef)?.releasable
            ? commands.node.set({ id, controls: { gate: 0 } }) : commands.node.release({ id });
    }

    // What is held is held by another connection now. What is over and not in the list needs none
    // to let it go.
    #resume() {
        this.#settle();
        for (const [name, { isOver }] of this.#unknown) if (isOver) this.#unknown.delete(name);
        for (const { id } of this.#held.values()) if (id !== null) this.#hold(id);
    }

    #end(id) {
        for (const note of this.#held.values()) if (note.id === id) note.hasEnded = true;
    }

    #hold(id) {
        this.#farfield.call('synth.hold', { id }).catch(() => {}); // it has ended, or: once more
    }

    #settle() {
        if (!this.#isFresh || this.#unknown.size === 0) return;
        for (const { id, name, releasing } of this.#farfield.nodes.values()) {
            const note = this.#unknown.get(name);
            if (!note) continue;
            this.#unknown.delete(name);
            note.id = id;
            if (!note.isOver) this.#hold(id);
            else if (!releasing) this.#release(note);
        }
    }
}
