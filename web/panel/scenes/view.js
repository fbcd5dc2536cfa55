// SPDX-License-Identifier: GPL-3.0-or-later
// Scenes and recordings.
import { make } from '../elements.js';

export class View {
    element = make('div', { className: 'card' }, make('h2', {}, 'Scenes'));

    show() {}

    hide() {}
}
