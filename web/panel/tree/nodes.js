// SPDX-License-Identifier: GPL-3.0-or-later
// Groups and synths, in the order in which scsynth runs them: folded, moved, paused, freed, heard
// alone, by pointer and by keys.
import { arrange, make } from '../elements.js';
import { OncePerFrame } from '../frames.js';
import { RowDrag } from './drag.js';
import { Row } from './row.js';

// By key: where a node goes, from its siblings, its place among them and its group.
const MOVES = {
    ArrowUp: (siblings, at) => [siblings[at - 1], 'before'],
    ArrowDown: (siblings, at) => [siblings[at + 1], 'after'],
    ArrowRight: (siblings, at) => [siblings[at - 1], 'tail'],
    ArrowLeft: (siblings, at, parent) => [parent, 'after'],
};
const TYPED = 600; // ms in which letters make one word

export class NodeTree {
    #farfield;
    #model;
    #solo;
    #complain;
    #rows = new Map(); // id -> Row
    #shown = []; // ids, from top to bottom
    #folded = new Set();
    #current = null; // id of the row that Tab comes to
    #typed = '';
    #typedAt = 0;
    #moves = Promise.resolve(); // by keys, one after another
    #isShown = false;
    #drag;
    #frame = new OncePerFrame(() => this.#draw());
    element = make('div', { id: 'tree-nodes', role: 'tree', 'aria-label': 'Groups and synths' });

    constructor({ farfield, model, solo, complain }) {
        this.#farfield = farfield;
        this.#model = model;
        this.#solo = solo;
        solo.onchange = () => this.#ask();
        this.#complain = complain;
        const { element } = this;
        element.onkeydown = (event) => this.#onKey(event);
        element.addEventListener('focusin', ({ target }) =>
            this.#onFocus(target.closest('[data-row]')));
        element.onclick = ({ target }) => {
            if (!target.closest('button')) target.closest('[data-row]')?.focus();
        };
        element.ondblclick = ({ target }) => this.#toggle(Number(
            target.closest('[data-row]')?.dataset.row));
        this.#drag = new RowDrag(element, {
            mayTake: (id) => this.#mayMove(id),
            mayDrop: (id, target, action) => this.#mayDrop(id, target, action),
            drop: (id, target, action) => this.#move(id, target, action),
            end: () => this.#ask(),
        });
        model.addEventListener('nodes', () => this.#ask());
        farfield.watch('synthdefs', () => this.#ask());
        for (const event of ['node.started', 'node.changed']) {
            farfield.on(event, ({ node, client }) => {
                if (client === null || client !== farfield.client) this.#flash(node.id);
            });
        }
    }

    show() {
        this.#isShown = true;
        this.#ask();
    }

    hide() {
        this.#isShown = false;
    }

    #ask() {
        if (this.#isShown) this.#frame.ask();
    }

    // When the row is there: it may be about a node that has just begun.
    #flash(id) {
        if (!this.#isShown) return;
        requestAnimationFrame(() => requestAnimationFrame(() => this.#rows.get(id)?.flash()));
    }

    #draw() {
        if (this.#drag.isDragging) return; // nothing moves under a finger
        const hadFocus = this.element.contains(document.activeElement);
        const focused = document.activeElement;
        const next = new Map();
        const before = `${this.#shown}`;
        this.#shown = [];
        if (this.#model.get(0)) this.#add(next, 0, 1, 1, 1);
        const gone = hadFocus && this.#current !== null && !next.has(this.#current);
        const near = gone ? this.#near(next) : this.#current;
        this.#rows = next;
        if (`${this.#shown}` !== before) {
            arrange(this.element, this.#shown.map((id) => next.get(id).element));
        }
        this.#choose(next.has(near) ? near : this.#shown[0] ?? null);
        if (gone || (hadFocus && document.activeElement !== focused)) {
            (focused.isConnected ? focused : next.get(this.#current)?.element)?.focus();
        }
    }

    // The row that takes the place of one that is gone.
    #near(next) {
        const before = [...this.#rows.keys()];
        const at = before.indexOf(this.#current);
        return before.slice(at + 1).find((id) => next.has(id)) ??
            before.slice(0, at).findLast((id) => next.has(id));
    }

    #add(next, id, level, position, size) {
        const node = this.#model.get(id);
        const row = this.#rows.get(id) ?? new Row(id, {
            toggle: (which) => this.#toggle(which),
            run: (which) => this.#run(which),
            solo: (which) => this.#toggleSolo(which),
            free: (which) => this.#free(which),
        });
        const children = this.#model.children(id).filter((child) => this.#model.get(child));
        const title = this.#farfield.synthdefs.get(node.synthdef)?.title;
        const isOpen = !this.#folded.has(id);
        row.update(node, title, { level, position, size, isOpen,
            hasChildren: children.length > 0, isSolo: this.#solo.isSolo(id) });
        next.set(id, row);
        this.#shown.push(id);
        if (!isOpen) return;
        children.forEach((child, i) => this.#add(next, child, level + 1, i + 1, children.length));
    }

    #choose(id) {
        if (this.#current !== null && this.#rows.has(this.#current)) {
            this.#rows.get(this.#current).element.tabIndex = -1;
        }
        this.#current = id;
        if (id !== null) this.#rows.get(id).element.tabIndex = 0;
    }

    #onFocus(row) {
        if (row) this.#choose(Number(row.dataset.row));
    }

    #go(id) {
        this.#rows.get(id)?.element.focus();
    }

    #onKey(event) {
        const id = this.#current;
        if (id === null || event.ctrlKey || event.metaKey) return;
        if (event.target.closest('button')) return;
        if (event.altKey) {
            if (!this.#moveByKey(event.key, id)) return;
        } else if (!this.#walk(event.key, id) && !this.#act(event, id) &&
            !this.#find(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
    }

    // Arrows, Home and End, as in every tree.
    #walk(key, id) {
        const at = this.#shown.indexOf(id);
        const isGroup = this.#model.get(id)?.kind === 'group';
        const isOpen = isGroup && !this.#folded.has(id);
        switch (key) {
        case 'ArrowDown': this.#go(this.#shown[at + 1]); break;
        case 'ArrowUp': this.#go(this.#shown[at - 1]); break;
        case 'Home': this.#go(this.#shown[0]); break;
        case 'End': this.#go(this.#shown.at(-1)); break;
        case 'ArrowRight':
            if (isGroup && !isOpen) this.#toggle(id);
            else if (isOpen) this.#go(this.#model.children(id)[0]);
            break;
        case 'ArrowLeft':
            if (isOpen) this.#toggle(id);
            else this.#go(this.#model.parent(id));
            break;
        default: return false;
        }
        return true;
    }

    #act({ key, shiftKey }, id) {
        const mayAct = this.#mayMove(id);
        if (key === 'Enter') this.#toggle(id);
        else if (key === ' ' && shiftKey && mayAct) this.#toggleSolo(id);
        else if (key === ' ' && mayAct) this.#run(id);
        else if (key === 'Delete' && mayAct) this.#free(id);
        else return false;
        return true;
    }

    // What is typed is looked for from the row on.
    #find(key) {
        if (key.length !== 1 || key === ' ') return false;
        const now = performance.now();
        this.#typed = (now - this.#typedAt < TYPED ? this.#typed : '') + key.toLowerCase();
        this.#typedAt = now;
        const at = this.#shown.indexOf(this.#current) + (this.#typed.length === 1 ? 1 : 0);
        const order = [...this.#shown.slice(at), ...this.#shown.slice(0, at)];
        this.#go(order.find((id) => this.#rows.get(id).name.toLowerCase().startsWith(this.#typed)));
        return true;
    }

    #mayMove(id) {
        const node = this.#model.get(id);
        return Boolean(node) && !node.system && id !== 0;
    }

    // What is beside Farfield's own would be heard by nobody.
    #mayDrop(id, target, action) {
        const goal = this.#model.get(target);
        if (!goal || !this.#mayMove(id) || this.#model.isWithin(target, id)) return false;
        return action === 'head' || action === 'tail' ? goal.kind === 'group'
            : !goal.system && target !== 0;
    }

    // Up and down among the siblings, right into the group before, left out of one's own. A move
    // counts from where the one before has led.
    #moveByKey(key, id) {
        if (!(key in MOVES)) return false;
        this.#moves = this.#moves.then(() => {
            const parent = this.#model.parent(id);
            const siblings = this.#model.children(parent);
            const [target, action] = MOVES[key](siblings, siblings.indexOf(id), parent);
            return this.#mayDrop(id, target, action) ? this.#move(id, target, action) : null;
        });
        return true;
    }

    async #move(id, target, action) {
        if (action === 'head' || action === 'tail') this.#folded.delete(target);
        await this.#call('node.move', { id, target, action });
    }

    #toggle(id) {
        if (this.#model.get(id)?.kind !== 'group') return;
        if (!this.#folded.delete(id)) this.#folded.add(id);
        this.#ask();
    }

    #run(id) {
        this.#call('node.run', { id, run: !this.#model.get(id).running });
    }

    #toggleSolo(id) {
        this.#solo.toggle(id).then(() => this.#ask());
    }

    #free(id) {
        this.#call('node.free', { id });
    }

    #call(method, params) {
        return this.#farfield.call(method, params).catch(this.#complain);
    }
}
