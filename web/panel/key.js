// SPDX-License-Identifier: GPL-3.0-or-later
// Asks for the API key where the server wants one, and keeps it as long as the tab lives.

const STORED = 'farfield.key';

export class KeyDialog {
    #dialog;
    #tried = '';
    #isNeeded = false;
    onkey = () => {};

    constructor(dialog) {
        this.#dialog = dialog;
        this.#tried = this.stored;
        const input = dialog.querySelector('input');
        dialog.querySelector('form').onsubmit = () => {
            this.#tried = input.value;
            input.value = '';
            this.#isNeeded = false;
            this.onkey(this.#tried);
        };
        // There is nothing behind it to go back to; a browser that closes it all the same, as some
        // do at the second Escape, gets it back.
        dialog.oncancel = (event) => event.preventDefault();
        dialog.onclose = () => this.#isNeeded && dialog.showModal();
    }

    get stored() {
        try {
            return sessionStorage.getItem(STORED) ?? '';
        } catch {
            return ''; // this browser keeps nothing
        }
    }

    ask() {
        this.#keep('');
        this.#isNeeded = true;
        this.#dialog.querySelector('#key-refused').hidden = !this.#tried;
        if (!this.#dialog.open) this.#dialog.showModal();
    }

    accepted() {
        if (this.#tried) this.#keep(this.#tried);
        this.#isNeeded = false;
        this.#dialog.close();
    }

    #keep(key) {
        try {
            if (key) sessionStorage.setItem(STORED, key);
            else sessionStorage.removeItem(STORED);
        } catch {
            // it is asked for again after a reload
        }
    }
}
