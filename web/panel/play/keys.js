// SPDX-License-Identifier: GPL-3.0-or-later
// The computer's keyboard as a piano: the row of A is white keys, the one above it black ones, by
// where the keys are and not by what is printed on them. Z and X go an octave down and up. It is
// quiet while somebody types.

const ROW = ['KeyA', 'KeyW', 'KeyS', 'KeyE', 'KeyD', 'KeyF', 'KeyT', 'KeyG', 'KeyY', 'KeyH', 'KeyU',
    'KeyJ', 'KeyK', 'KeyO', 'KeyL', 'KeyP', 'Semicolon', 'Quote'];
const TYPED = 'input[type=text], input[type=search], input[type=password], input[type=number], ' +
    'textarea, select, [contenteditable], dialog *';
const VELOCITY = 0.8;

export function isTyping(target) {
    return target instanceof Element && target.matches(TYPED);
}

export class ComputerKeys {
    #on;
    #down = new Set(); // codes
    isOn = false;

    // `on` has start(note above the lowest C, velocity, key), stop(key) and octave(step).
    constructor(on) {
        this.#on = on;
        addEventListener('keydown', (event) => this.#onDown(event));
        addEventListener('keyup', ({ code }) => this.#lift(code));
        addEventListener('blur', () => this.letGo());
        addEventListener('focusin', ({ target }) => isTyping(target) && this.letGo());
        document.addEventListener('visibilitychange', () => document.hidden && this.letGo());
    }

    letGo() {
        for (const code of [...this.#down]) this.#lift(code);
    }

    #onDown(event) {
        if (!this.isOn || event.altKey || event.ctrlKey || event.metaKey) return;
        if (isTyping(event.target)) return;
        const step = { KeyZ: -1, KeyX: 1 }[event.code];
        const note = ROW.indexOf(event.code);
        if (!step && note < 0) return;
        event.preventDefault(); // typed letters also find entries in lists
        event.stopPropagation();
        if (event.repeat) return;
        if (step) {
            this.#on.octave(step);
        } else {
            this.#down.add(event.code);
            this.#on.start(note, VELOCITY, `key-${event.code}`);
        }
    }

    #lift(code) {
        if (this.#down.delete(code)) this.#on.stop(`key-${code}`);
    }
}
