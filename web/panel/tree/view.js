// SPDX-License-Identifier: GPL-3.0-or-later
// The groups and synths of the server.
import { make } from '../elements.js';

export class View {
    element = make('div', { className: 'card' }, make('h2', {}, 'Tree'));

    show() {}

    hide() {}
}
