// SPDX-License-Identifier: GPL-3.0-or-later
// What is told in words for a while: what went wrong (read out at once) and what was done.

const STAYS = 8000; // ms
const TOLD = 4000; // ms

export class Messages {
    #alert;
    #told;
    #timers = new Map(); // element -> timer

    constructor({ alert, told }) {
        this.#alert = alert;
        this.#told = told;
    }

    complain(error) {
        this.#show(this.#alert, error.message, STAYS);
    }

    tell(words) {
        this.#show(this.#told, words, TOLD);
    }

    #show(element, words, time) {
        element.textContent = words;
        clearTimeout(this.#timers.get(element));
        this.#timers.set(element, setTimeout(() => element.replaceChildren(), time));
    }
}
