// SPDX-License-Identifier: GPL-3.0-or-later
// A piano on the page: any number of fingers, each of which may glide over the keys.
import { make } from '../elements.js';
import { noteName } from './names.js';

const BLACK = new Set([1, 3, 6, 8, 10]);
const OCTAVE_WIDTH = 290; // px at least
const MOST_OCTAVES = 5;
const SOFTEST = 0.35; // velocity at the upper end of a key
const USUAL = 0.8; // velocity of what knows no other
const CLICK = 500; // ms that a click sounds

export class Piano {
    #on;
    #keys = new Map(); // note -> element
    #fingers = new Map(); // pointer -> note
    #pressed = new Set(); // notes that are pressed by the page's own keys
    #clicks = new Map(); // note -> timer that ends it
    #octaves = 0;
    #low = 48;
    element = make('div', { className: 'piano', role: 'group', 'aria-label': 'Keyboard' });

    // `on` has start(note, velocity, key) and stop(key).
    constructor(on) {
        this.#on = on;
        const { element } = this;
        element.addEventListener('pointerdown', (event) => this.#onDown(event));
        element.addEventListener('pointermove', (event) => this.#onMove(event));
        for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
            element.addEventListener(type, ({ pointerId }) => this.#lift(pointerId));
        }
        element.addEventListener('contextmenu', (event) => event.preventDefault());
        element.addEventListener('keydown', (event) => this.#onKey(event, true));
        element.addEventListener('keyup', (event) => this.#onKey(event, false));
        element.addEventListener('click', (event) => this.#onClick(event));
        element.addEventListener('focusout', () => this.#letGoKeys());
        addEventListener('blur', () => this.letGo());
        new ResizeObserver(([{ contentRect }]) => {
            this.#build(Math.round(contentRect.width / OCTAVE_WIDTH));
        }).observe(element);
    }

    // The lowest C.
    set low(note) {
        this.#low = note;
        this.#build(this.#octaves, true);
    }

    letGo() {
        for (const pointer of [...this.#fingers.keys()]) this.#lift(pointer);
        this.#letGoKeys();
    }

    // Shows that a note sounds or not, whoever plays it.
    mark(note, sounds) {
        this.#keys.get(note)?.classList.toggle('sounds', sounds);
    }

    #build(wanted, anew = false) {
        const octaves = Math.min(MOST_OCTAVES, Math.max(1, wanted));
        if (octaves === this.#octaves && !anew) return;
        this.letGo();
        this.#octaves = octaves;
        const notes = Array.from({ length: octaves * 12 + 1 }, (_, i) => this.#low + i)
            .filter((note) => note <= 127);
        let whites = 0;
        this.#keys = new Map(notes.map((note) => {
            const isBlack = BLACK.has(note % 12);
            const key = make('button', { type: 'button', tabIndex: note === this.#low ? 0 : -1,
                className: isBlack ? 'black' : 'white', 'aria-label': noteName(note) });
            if (note % 12 === 0) key.append(make('span', { 'aria-hidden': 'true' }, noteName(note)));
            key.dataset.note = note;
            key.style.setProperty('--at', isBlack ? whites : whites++);
            return [note, key];
        }));
        this.element.style.setProperty('--whites', whites);
        this.element.replaceChildren(...this.#keys.values());
    }

    #keyAt({ clientX, clientY }) {
        const key = document.elementFromPoint(clientX, clientY)?.closest('[data-note]');
        return key && this.element.contains(key) ? key : null;
    }

    #onDown(event) {
        const key = this.#keyAt(event);
        if (!key || event.button !== 0) return;
        event.preventDefault();
        this.element.setPointerCapture(event.pointerId);
        this.#press(event, key);
    }

    #onMove(event) {
        if (!this.#fingers.has(event.pointerId)) return;
        const key = this.#keyAt(event);
        if (Number(key?.dataset.note) === this.#fingers.get(event.pointerId)) return;
        this.#release(event.pointerId);
        if (key) this.#press(event, key);
        else this.#fingers.set(event.pointerId, null); // it may come back
    }

    // Nearer to the player is louder.
    #press({ pointerId, clientY }, key) {
        const { top, height } = key.getBoundingClientRect();
        const note = Number(key.dataset.note);
        const part = Math.min(1, Math.max(0, (clientY - top) / height));
        this.#fingers.set(pointerId, note);
        this.#on.start(note, SOFTEST + (1 - SOFTEST) * part, `piano-${pointerId}`);
    }

    #release(pointer) {
        if (this.#fingers.get(pointer) !== null) this.#on.stop(`piano-${pointer}`);
    }

    #lift(pointer) {
        if (!this.#fingers.has(pointer)) return;
        this.#release(pointer);
        this.#fingers.delete(pointer);
    }

    #onKey(event, isDown) {
        const key = event.target.closest('[data-note]');
        if (!key || event.altKey || event.ctrlKey || event.metaKey) return;
        const note = Number(key.dataset.note);
        if (event.key === ' ' || event.key === 'Enter') {
            event.preventDefault();
            if (!isDown) this.#letGoKeys();
            else if (!event.repeat) {
                this.#pressed.add(note);
                this.#on.start(note, USUAL, `piano-key-${note}`);
            }
            return;
        }
        const last = Math.max(...this.#keys.keys());
        const to = { ArrowRight: note + 1, ArrowLeft: note - 1, ArrowUp: note + 12,
            ArrowDown: note - 12, Home: this.#low, End: last }[event.key];
        if (to === undefined || !isDown) return;
        event.preventDefault();
        const next = this.#keys.get(to);
        if (!next) return;
        key.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
    }

    // Of a screen reader, which knows neither down nor up.
    #onClick({ detail, target }) {
        const note = Number(target.closest('[data-note]')?.dataset.note);
        if (detail !== 0 || Number.isNaN(note)) return;
        const key = `piano-click-${note}`;
        this.#on.start(note, USUAL, key);
        clearTimeout(this.#clicks.get(note));
        this.#clicks.set(note, setTimeout(() => this.#on.stop(key), CLICK));
    }

    #letGoKeys() {
        for (const note of this.#pressed) this.#on.stop(`piano-key-${note}`);
        this.#pressed.clear();
    }
}
