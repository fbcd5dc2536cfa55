// SPDX-License-Identifier: GPL-3.0-or-later
// The Scenes view: what plays, kept by a name, and what sounds, recorded.
import { make } from '../elements.js';
import { Recordings } from './recordings.js';
import { Scenes } from './scenes.js';

export class View {
    #parts;

    constructor(context) {
        this.#parts = [new Scenes(context), new Recordings(context)];
        this.element = make('div', { className: 'kept' }, ...this.#parts.map(({ element }) => element));
    }

    show() {
        for (const part of this.#parts) part.show();
    }

    hide() {
        for (const part of this.#parts) part.hide();
    }
}
