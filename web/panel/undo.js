// SPDX-License-Identifier: GPL-3.0-or-later
// Takes back what this page did last, and does it again: by buttons and by keys.
import { isTyping } from './play/keys.js';

const UNKNOWN = -32601;

export class Undo {
    #farfield;
    #tell;
    #complain;

    constructor({ farfield, tell, complain, find }) {
        this.#farfield = farfield;
        this.#tell = tell;
        this.#complain = complain;
        for (const what of ['undo', 'redo']) {
            const button = find(`#${what}`);
            button.onclick = () => this.#do(what);
            farfield.on('connection', (state) => {
                button.hidden = false;
                button.disabled = state !== 'open';
            });
        }
        addEventListener('keydown', (event) => this.#onKey(event));
    }

    // What is being typed is undone by the browser.
    #onKey(event) {
        if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping(event.target)) return;
        const key = event.key.toLowerCase();
        if (key !== 'z' && !(key === 'y' && event.ctrlKey)) return;
        event.preventDefault();
        this.#do(key === 'y' || event.shiftKey ? 'redo' : 'undo');
    }

    async #do(what) {
        try {
            const answer = await this.#farfield.call(`session.${what}`);
            const { words } = answer[what === 'undo' ? 'undone' : 'redone'] ?? answer.undone;
            this.#tell(`${what === 'undo' ? 'Undone' : 'Done again'}: ${words}`);
        } catch (error) {
            if (error.code === UNKNOWN) this.#complain(new Error('This server cannot undo'));
            else if (error.status === 409) this.#tell(error.message);
            else this.#complain(error);
        }
    }
}
