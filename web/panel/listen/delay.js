// SPDX-License-Identifier: GPL-3.0-or-later
// How near to now to listen: a slider with three stops, from the lowest delay to the safest.
import { keep, recall } from '../choices.js';
import { make, write } from '../elements.js';

const STOPS = [
    ['lowest', 'Lowest delay', 'As near to now as can be, for playing. What a bad network does is ' +
        'heard.'],
    ['balanced', 'Balanced', 'As short as the network lets it be, and safer by itself while it ' +
        'loses packets.'],
    ['safe', 'Safest', 'A quarter of a second is kept against bad networks.'],
];

// What was chosen in this browser; "automatic", which is balanced, where nothing was.
export function storedMode() {
    const mode = recall('mode');
    return STOPS.some(([name]) => name === mode) ? mode : 'automatic';
}

export class DelayControl {
    #listening;
    #range;
    #names;
    #words = make('p', { className: 'hint', id: 'mode-words' });

    constructor(listening) {
        this.#listening = listening;
        this.#range = make('input', { type: 'range', id: 'mode', min: 0, max: STOPS.length - 1,
            step: 1, 'aria-describedby': 'mode-words',
            oninput: () => this.#choose(this.#range.valueAsNumber) });
        // The slider is what keys and screen readers use; these are for fingers.
        this.#names = STOPS.map(([, name], i) => make('button', { type: 'button', tabIndex: -1,
            'aria-hidden': 'true', onclick: () => this.#choose(i) }, name));
        this.element = make('div', { className: 'delay-control' },
            make('label', { htmlFor: 'mode' }, 'Delay'), this.#range,
            make('div', { className: 'stops' }, ...this.#names), this.#words);
        this.#show();
    }

    #choose(stop) {
        const [mode] = STOPS[stop];
        keep('mode', mode);
        this.#listening.mode = mode;
        this.#show();
    }

    #show() {
        const { mode } = this.#listening;
        const at = STOPS.findIndex(([name]) => name === (mode === 'automatic' ? 'balanced' : mode));
        const [, title, words] = STOPS[at];
        this.#range.value = at;
        this.#range.setAttribute('aria-valuetext', title);
        this.#names.forEach((button, i) => button.classList.toggle('chosen', i === at));
        write(this.#words, words);
    }
}
