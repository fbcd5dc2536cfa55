// SPDX-License-Identifier: GPL-3.0-or-later
// Hearing one node alone among its siblings: the others are paused, and exactly those that were
// paused for it go on afterwards.
import { keep, recall } from '../choices.js';

export class Solo {
    #model;
    #farfield;
    #complain;
    #solos; // parent -> {id, paused: [ids]}

    constructor(farfield, model, complain) {
        this.#farfield = farfield;
        this.#model = model;
        this.#complain = complain;
        this.#solos = new Map(recall('solo', []));
    }

    isSolo(id) {
        return this.#solos.get(this.#model.get(id)?.parent)?.id === id;
    }

    toggle(id) {
        const node = this.#model.get(id);
        if (!node) return;
        const was = this.#solos.get(node.parent);
        if (was) this.#end(node.parent, was);
        if (was?.id !== id) this.#begin(node, was?.paused ?? []);
        keep('solo', [...this.#solos]);
    }

    // `back` are those that an earlier solo has just given back: they run as far as anybody knows.
    #begin({ id, parent }, back) {
        const paused = this.#model.children(parent).filter((sibling) => {
            const node = this.#model.get(sibling);
            return sibling !== id && node && !node.system &&
                (node.running || back.includes(sibling));
        });
        this.#solos.set(parent, { id, paused });
        for (const sibling of paused) this.#run(sibling, false);
        if (back.includes(id)) this.#run(id, true);
    }

    // What others made run meanwhile runs, and what they paused besides stays so.
    #end(parent, { paused }) {
        this.#solos.delete(parent);
        for (const sibling of paused) {
            const node = this.#model.get(sibling);
            if (node && !node.running) this.#run(sibling, true);
        }
    }

    #run(id, run) {
        this.#farfield.call('node.run', { id, run }).catch(this.#complain);
    }
}
