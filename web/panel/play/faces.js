// SPDX-License-Identifier: GPL-3.0-or-later
// What a parameter is turned by: a slider, or a knob. Both know positions only, 0 to 1.
//
// `on` has turn(position), key(event), wheel(steps), reset(), grab() and release().
import { make } from '../elements.js';
import { follow } from './drag.js';

const THUMB = 16; // px of a slider's own width that its thumb takes
const TRAVEL = 180; // px that a knob's pointer moves from one end to the other
const WHEEL = 40; // px of a wheel that are one step

const clamp = (position) => Math.min(1, Math.max(0, position));

// A wheel that turns what has the focus scrolls nothing; any other does.
function wheelWhileFocused(element, on) {
    let rest = 0;
    const wheel = (event) => {
        event.preventDefault();
        rest -= event.deltaMode === 0 ? event.deltaY : event.deltaY * WHEEL;
        const steps = Math.trunc(rest / WHEEL);
        rest -= steps * WHEEL;
        if (steps) on.wheel(event.shiftKey ? steps / 10 : steps);
    };
    element.addEventListener('focus', () => {
        element.addEventListener('wheel', wheel, { passive: false });
    });
    element.addEventListener('blur', () => element.removeEventListener('wheel', wheel));
}

function wire(element, on) {
    element.onkeydown = (event) => on.key(event);
    element.ondblclick = () => on.reset();
    element.addEventListener('blur', () => on.release());
    wheelWhileFocused(element, on);
}

export class Slider {
    #input;
    #position = 0;

    constructor(name, standard, on) {
        this.#input = make('input', { type: 'range', min: 0, max: 1, step: 'any',
            'aria-label': name });
        this.element = make('span', { className: 'slider' }, this.#input);
        if (standard !== null) this.element.style.setProperty('--default', standard.toFixed(4));
        this.#input.oninput = () => {
            this.#position = Number(this.#input.value);
            on.turn(this.#position);
        };
        wire(this.#input, on);
        this.#wireTouch(on);
        this.#wireMouse(on);
    }

    // A finger is left to the browser, which knows turning from scrolling.
    #wireTouch(on) {
        const input = this.#input;
        input.addEventListener('pointerdown', ({ pointerType }) =>
            pointerType === 'touch' && on.grab());
        for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
            input.addEventListener(type, on.release);
        }
    }

    // A mouse or a pen is followed here, for Shift makes it fine in the middle of a movement.
    #wireMouse(on) {
        const input = this.#input;
        let width = 1;
        const turn = (position) => {
            this.show(clamp(position));
            on.turn(this.#position);
        };
        input.addEventListener('mousedown', (event) => {
            if (event.button !== 0) return;
            event.preventDefault();
            input.focus();
        });
        follow(input, {
            begin: ({ pointerType, clientX, shiftKey }) => {
                if (pointerType === 'touch') return false;
                on.grab();
                const box = input.getBoundingClientRect();
                width = Math.max(1, box.width - THUMB);
                if (!shiftKey) turn((clientX - box.left - THUMB / 2) / width);
                return true;
            },
            move: (dx) => turn(this.#position + dx / width),
            end: on.release,
        });
    }

    focus() {
        this.#input.focus();
    }

    // A position of null is the one that it has.
    show(position, text) {
        if (position !== null && position !== this.#position) {
            this.#input.value = position;
            this.#position = position;
        }
        if (text !== undefined) this.#input.setAttribute('aria-valuetext', text);
    }
}

export class Knob {
    #position = 0;

    constructor(name, standard, on) {
        this.element = make('span', { className: 'knob', role: 'slider', tabIndex: 0,
            'aria-label': name, 'aria-valuemin': 0, 'aria-valuemax': 100 });
        if (standard !== null) this.element.style.setProperty('--default', standard.toFixed(4));
        wire(this.element, on);
        follow(this.element, {
            begin: (event) => {
                event.preventDefault(); // no text is marked meanwhile
                this.element.focus();
                on.grab();
            },
            move: (dx, dy) => {
                this.#position = clamp(this.#position + (dx - dy) / TRAVEL);
                on.turn(this.#position);
            },
            end: on.release,
        });
    }

    focus() {
        this.element.focus();
    }

    show(position, text) {
        this.#position = position ?? this.#position;
        this.element.style.setProperty('--part', this.#position.toFixed(4));
        this.element.setAttribute('aria-valuenow', Math.round(this.#position * 100));
        if (text !== undefined) this.element.setAttribute('aria-valuetext', text);
    }
}
