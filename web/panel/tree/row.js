// SPDX-License-Identifier: GPL-3.0-or-later
// A node's line in the tree.
import { make, write } from '../elements.js';
import { format } from '../play/scale.js';

const HELD = /^held-/; // names of notes say nothing to a person
const MOST = 4; // controls that are told
const FLASH = 1500; // ms

function summary(node) {
    const controls = Object.entries(node.controls ?? {});
    const told = controls.filter(([name]) => name !== 'gate' && name !== 'out').slice(0, MOST)
        .map(([name, value]) => `${name} ${[value].flat().slice(0, 3).map(format).join(', ')}`);
    return told.join(' · ');
}

function kindOf({ id, kind, system, room, synthdef }, title) {
    if (id === 0) return 'Root';
    if (kind === 'group') return system && room ? `Room ${room}` : 'Group';
    return title ?? synthdef ?? 'A synth';
}

export class Row {
    #title = make('span', { className: 'row-title' });
    #number = make('small');
    #words = make('span', { className: 'row-words' });
    #state = make('span', { className: 'row-state' });
    #twist = make('span', { className: 'twist', 'aria-hidden': 'true' });
    #buttons;
    #flash = 0;
    #node = null;
    #where = '';

    // `on` has toggle(id), run(id), solo(id), free(id).
    constructor(id, on) {
        this.id = id;
        const button = (className, onclick) => make('button', { type: 'button', className,
            tabIndex: -1, onclick: (event) => {
                event.stopPropagation();
                onclick(id);
            } });
        this.#buttons = { run: button('run', on.run), solo: button('solo', on.solo),
            free: button('free', on.free) };
        this.handle = make('span', { className: 'handle', 'aria-hidden': 'true' }, '⠿');
        this.#twist.onclick = () => on.toggle(id);
        this.tools = make('span', { className: 'row-tools' }, ...Object.values(this.#buttons));
        this.element = make('div', { className: 'row', role: 'treeitem', tabIndex: -1 },
            this.handle, this.#twist, make('span', { className: 'row-text' }, this.#title,
                this.#number, this.#state, this.#words), this.tools);
        this.element.dataset.row = id;
    }

    get name() {
        return `${this.#title.textContent} ${this.id}`;
    }

    // `place` has level, position, size, isOpen, hasChildren, isSolo; `title` is the SynthDef's.
    update(node, title, place) {
        const where = `${Object.values(place)} ${title}`;
        if (node === this.#node && where === this.#where) return; // as most are, most of the time
        this.#node = node;
        this.#where = where;
        const isGroup = node.kind === 'group';
        const own = node.name && !HELD.test(node.name) ? ` “${node.name}”` : '';
        write(this.#title, `${kindOf(node, title)}${own}`);
        write(this.#number, `${node.id}`);
        write(this.#words, isGroup ? '' : summary(node));
        write(this.#state, [!node.running && 'paused', node.releasing && 'rings out',
            place.isSolo && 'solo', !node.own && !node.system && 'from elsewhere']
            .filter(Boolean).join(', '));
        this.#mark(node, place);
        const isFixed = node.system || node.id === 0;
        this.tools.hidden = this.handle.hidden = isFixed;
        if (isFixed) return;
        const { run, solo, free } = this.#buttons;
        this.#label(run, node.running ? 'Pause' : 'Go on');
        this.#label(solo, 'Solo');
        this.#label(free, 'Free');
        solo.setAttribute('aria-pressed', place.isSolo);
    }

    #label(button, word) {
        write(button, word);
        button.setAttribute('aria-label', `${word} ${this.name}`);
    }

    #mark(node, { level, position, size, isOpen, hasChildren }) {
        const { element } = this;
        element.setAttribute('aria-level', level);
        element.setAttribute('aria-posinset', position);
        element.setAttribute('aria-setsize', size);
        if (node.kind === 'group') element.setAttribute('aria-expanded', isOpen);
        element.style.setProperty('--level', level - 1);
        element.classList.toggle('group', node.kind === 'group');
        element.classList.toggle('paused', !node.running || Boolean(node.releasing));
        element.classList.toggle('system', node.system);
        write(this.#twist, node.kind !== 'group' || !hasChildren ? '' : isOpen ? '▾' : '▸');
    }

    // Somebody else did this.
    flash() {
        clearTimeout(this.#flash);
        this.element.classList.add('flash');
        this.#flash = setTimeout(() => this.element.classList.remove('flash'), FLASH);
    }
}
