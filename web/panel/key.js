// SPDX-License-Identifier: GPL-3.0-or-later
// Asks for the API key where the server wants one, and keeps it as long as the tab lives.

const STORED = 'farfield.key';

export class KeyDialog {
    #dialog;
    #tried = '';
    onkey = () => {};

    constructor(dialog) {
        this.#dialog = dialog;
        this.#tried = this.stored;
        const input = dialog.querySelector('input');
        dialog.querySelector('form').onsubmit = () => {
            this.#tried = input.value;
            input.value = '';
            this.onkey(this.#tried);
        };
        // There is nothing behind it to go back to.
        dialog.oncancel = (event) => event.preventDefault();
    }

    get stored() {
        return sessionStorage.getItem(STORED) ?? '';
    }

    ask() {
        sessionStorage.removeItem(STORED);
        this.#dialog.querySelector('#key-refused').hidden = !this.#tried;
        if (!this.#dialog.open) this.#dialog.showModal();
    }

    accepted() {
        if (this.#tried) sessionStorage.setItem(STORED, this.#tried);
        this.#dialog.close();
    }
}
