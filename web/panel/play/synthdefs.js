// SPDX-License-Identifier: GPL-3.0-or-later
// The SynthDefs: a press starts one.
import { arrange, make } from '../elements.js';

class Entry {
    constructor(def, play) {
        this.def = def;
        this.count = make('span', { className: 'count' });
        const title = make('span', { className: 'title' }, def.title ?? def.name);
        const words = make('span', { className: 'words' }, def.words || def.name);
        const button = make('button', { type: 'button', onclick: () => play(def) }, title,
            this.count, words);
        button.dataset.synthdef = def.name;
        this.element = make('li', {}, button);
    }
}

export class SynthDefList {
    #farfield;
    #play;
    #list;
    #empty;
    #entries = new Map(); // name -> Entry

    constructor(farfield, play, { list, empty }) {
        this.#farfield = farfield;
        this.#play = play;
        this.#list = list;
        this.#empty = empty;
        farfield.addEventListener('synthdefs', () => this.#render());
        farfield.addEventListener('nodes', () => this.#showCounts());
        this.#render();
    }

    #render() {
        const defs = [...this.#farfield.synthdefs.values()]
            .filter((def) => !def.name.startsWith('farfield_'))
            .sort((a, b) => (a.title ?? a.name).localeCompare(b.title ?? b.name));
        const entries = defs.map((def) => {
            const known = this.#entries.get(def.name);
            return [def.name, known?.def === def ? known : new Entry(def, this.#play)];
        });
        this.#entries = new Map(entries);
        arrange(this.#list, entries.map(([, entry]) => entry.element));
        this.#empty.hidden = defs.length > 0;
        this.#showCounts();
    }

    #showCounts() {
        const counts = new Map();
        for (const { kind, system, synthdef } of this.#farfield.nodes.values()) {
            if (kind === 'synth' && !system) counts.set(synthdef, (counts.get(synthdef) ?? 0) + 1);
        }
        for (const [name, entry] of this.#entries) {
            const count = counts.get(name) ?? 0;
            entry.count.textContent = count ? `${count} playing` : '';
            entry.element.classList.toggle('playing', count > 0);
        }
    }
}
