// SPDX-License-Identifier: GPL-3.0-or-later
// Hearing one node alone among its siblings: the others are paused, and exactly those that were
// paused for it go on afterwards.
import { keep, recall } from '../choices.js';

export class Solo {
    #model;
    #farfield;
    #complain;
    #solos; // parent -> {id, paused: [ids]}
    #epoch; // of scsynth, in which they were begun
    #last = Promise.resolve(); // one after another: each counts from where the one before has led
    onchange = () => {}; // a solo has ended by itself

    constructor(farfield, model, complain) {
        this.#farfield = farfield;
        this.#model = model;
        this.#complain = complain;
        const { epoch = null, solos = [] } = recall('solo', {});
        this.#epoch = epoch;
        this.#solos = new Map(solos);
        farfield.watch('nodes', (nodes, change) => {
            if (change === null) this.#last = this.#last.then(() => this.#follow());
        });
    }

    isSolo(id) {
        return this.#solos.get(this.#model.get(id)?.parent)?.id === id;
    }

    // Resolves when it is so.
    toggle(id) {
        this.#last = this.#last.then(() => this.#toggle(id)).catch(this.#complain);
        return this.#last;
    }

    // By what scsynth runs now, which the page may not have heard of yet. Where the server refuses,
    // the solo stays as it was, so that what it has paused can still be given back.
    async #toggle(id) {
        const { epoch, nodes } = await this.#farfield.call('node.list');
        const node = nodes.find((each) => each.id === id);
        if (!node) return;
        const { parent } = node;
        const was = this.#solos.get(parent);
        const stopped = new Set(nodes.filter(({ running }) => !running).map((each) => each.id));
        // What others made run meanwhile runs, and what they paused besides stays so.
        const back = (was?.paused ?? []).filter((each) => stopped.has(each));
        const isEnd = was?.id === id;
        const paused = isEnd ? [] : nodes.filter((each) => each.parent === parent && each.id !== id &&
            !each.system && (each.running || back.includes(each.id))).map((each) => each.id);
        const done = await Promise.allSettled([
            ...paused.filter((each) => !stopped.has(each)).map((each) => this.#run(each, false)),
            ...back.filter((each) => !paused.includes(each)).map((each) => this.#run(each, true)),
        ]);
        const refused = done.filter(({ status }) => status === 'rejected');
        if (refused.length > 0) {
            // Of what was done in part, all that may be paused is to be given back by the next press.
            if (refused.length < done.length) {
                this.#solos.set(parent, { id, paused: [...new Set([...paused, ...back])] });
            }
        } else if (isEnd) this.#solos.delete(parent);
        else this.#solos.set(parent, { id, paused });
        this.#epoch = epoch;
        this.#keep();
        if (refused.length > 0) throw refused[0].reason;
    }

    // What was played comes back from a restart as it was, paused or not; a solo of which nothing
    // is paused any more is none.
    async #follow() {
        if (this.#solos.size === 0) return;
        const { epoch } = await this.#farfield.call('server.status').catch(() => ({}));
        if (epoch === undefined || epoch === this.#epoch) return;
        this.#epoch = epoch;
        for (const [parent, { paused }] of [...this.#solos]) {
            const holds = paused.some((id) => this.#farfield.nodes.get(id)?.running === false);
            if (!holds) this.#solos.delete(parent);
        }
        this.#keep();
        this.onchange();
    }

    #keep() {
        keep('solo', { epoch: this.#epoch, solos: [...this.#solos] });
    }

    // One that has ended needs neither.
    #run(id, run) {
        return this.#farfield.call('node.run', { id, run }).catch((error) => {
            if (error.status !== 404) throw error;
        });
    }
}
