// SPDX-License-Identifier: GPL-3.0-or-later
// The SynthDefs: found by words and tags; a press starts one, and one with a gate can be held.
import { arrange, make } from '../elements.js';
import { OncePerFrame } from '../frames.js';
import { Gate } from './control.js';
import { sameDef } from './same.js';
import { matches, tagsOf } from './search.js';

class Entry {
    gate = null;

    constructor(def, { play, hold }) {
        this.def = def;
        this.playing = 0;
        this.count = make('span', { className: 'count' });
        const title = def.title ?? def.name;
        const button = make('button', { type: 'button', className: 'start',
            onclick: () => play(def) }, make('span', { className: 'title' }, title), this.count,
        make('span', { className: 'words' }, def.words || def.name));
        button.dataset.synthdef = def.name;
        this.element = make('li', {}, button);
        if (!def.releasable) return;
        this.gate = new Gate(make('button', { type: 'button', className: 'hold',
            'aria-label': `Hold ${title}`, title: 'Sounds as long as it is pressed' }, 'Hold'),
        (value) => hold(def, value === 1));
        this.gate.element.dataset.hold = def.name;
        this.element.append(this.gate.element);
    }
}

export class SynthDefList {
    #farfield;
    #hands;
    #entries = new Map(); // name -> Entry
    #chosen = new Set(); // tags
    #list = make('ul', { id: 'synthdefs' });
    #empty = make('p', { id: 'no-synthdefs', className: 'empty', role: 'status' });
    #tags = make('div', { className: 'tags', role: 'group', 'aria-label': 'Tags' });
    #search = make('input', { type: 'search', id: 'search', placeholder: 'Search  /',
        autocomplete: 'off', spellcheck: false, 'aria-label': 'Search SynthDefs' });
    #counts = new OncePerFrame(() => this.#showCounts());

    // `hands` has play(def) and hold(def, isHeld).
    constructor(farfield, hands) {
        this.#farfield = farfield;
        this.#hands = hands;
        this.element = make('section', { className: 'defs', 'aria-labelledby': 'synthdefs-title' },
            make('h2', { id: 'synthdefs-title' }, 'SynthDefs'), this.#search, this.#tags,
            this.#list, this.#empty);
        this.#search.oninput = () => this.#filter();
        this.#search.onkeydown = (event) => this.#onKey(event);
        farfield.watch('synthdefs', () => this.#render());
        farfield.watch('nodes', (nodes, change) => {
            if (!change?.value || !change.before) this.#counts.ask();
        });
        this.#render();
    }

    focusSearch() {
        this.#search.focus();
        this.#search.select();
    }

    get #found() {
        return [...this.#entries.values()].filter(({ def }) =>
            matches(def, this.#search.value.trim(), [...this.#chosen]));
    }

    // Enter plays what was found first; Arrow down goes to it.
    #onKey(event) {
        const [first] = this.#found;
        if (event.key === 'Enter' && first) this.#hands.play(first.def);
        else if (event.key === 'ArrowDown') first?.element.querySelector('button').focus();
        else if (event.key === 'Escape' && this.#search.value) {
            this.#search.value = '';
            this.#filter();
            event.stopPropagation(); // this one is no half of a panic
        } else return;
        event.preventDefault();
    }

    #render() {
        const defs = [...this.#farfield.synthdefs.values()]
            .filter((def) => !def.name.startsWith('farfield_'))
            .sort((a, b) => (a.title ?? a.name).localeCompare(b.title ?? b.name));
        const before = this.#entries;
        this.#entries = new Map(defs.map((def) => {
            const known = before.get(def.name);
            return [def.name, sameDef(known?.def, def) ? known : new Entry(def, this.#hands)];
        }));
        for (const [name, entry] of before) {
            if (this.#entries.get(name) !== entry) entry.gate?.end();
        }
        this.#showTags(tagsOf(defs));
        this.#filter();
        this.#showCounts();
    }

    #showTags(tags) {
        for (const tag of this.#chosen) if (!tags.includes(tag)) this.#chosen.delete(tag);
        arrange(this.#tags, tags.map((tag) => this.#tags.querySelector(
            `[data-tag="${CSS.escape(tag)}"]`) ?? this.#makeTag(tag)));
    }

    #makeTag(tag) {
        const button = make('button', { type: 'button', className: 'tag', 'aria-pressed': 'false',
            onclick: () => {
                if (!this.#chosen.delete(tag)) this.#chosen.add(tag);
                button.setAttribute('aria-pressed', this.#chosen.has(tag));
                this.#filter();
            } }, tag);
        button.dataset.tag = tag;
        return button;
    }

    #filter() {
        const found = this.#found;
        // The pointer's up comes to none that is taken away.
        for (const entry of this.#entries.values()) if (!found.includes(entry)) entry.gate?.letGo();
        arrange(this.#list, found.map(({ element }) => element));
        this.#empty.hidden = found.length > 0;
        this.#empty.textContent = this.#entries.size === 0 ? 'None yet: the server is starting.'
            : found.length === 0 ? 'No SynthDef is called or described like that.' : '';
    }

    #showCounts() {
        const counts = new Map();
        for (const { kind, system, synthdef } of this.#farfield.nodes.values()) {
            if (kind === 'synth' && !system) counts.set(synthdef, (counts.get(synthdef) ?? 0) + 1);
        }
        for (const [name, entry] of this.#entries) {
            const count = counts.get(name) ?? 0;
            if (entry.playing === count) continue;
            entry.playing = count;
            entry.count.replaceChildren(...(count ? [`${count}`, make('span', {}, ' playing')] : []));
            entry.element.classList.toggle('playing', count > 0);
        }
    }
}
