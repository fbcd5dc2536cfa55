// SPDX-License-Identifier: GPL-3.0-or-later
// What the server does.
import { make } from '../elements.js';

export class View {
    element = make('div', { className: 'card' }, make('h2', {}, 'Server'));

    show() {}

    hide() {}
}
