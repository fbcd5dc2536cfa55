// SPDX-License-Identifier: GPL-3.0-or-later
// Playing: SynthDefs to start, and the synths that run with their controls.
import { make } from '../elements.js';
import { SynthDefList } from './synthdefs.js';
import { SynthList } from './synths.js';

export class View {
    constructor({ farfield, heard, outbox, complain }) {
        const list = make('ul', { id: 'synthdefs' });
        const none = make('p', { id: 'no-synthdefs', className: 'empty' },
            'None yet: the server is starting.');
        const synths = make('div', { id: 'synths' });
        const silent = make('p', { id: 'no-synths', className: 'empty' },
            'Nothing sounds. What you or anyone else starts appears here.');
        const count = make('span', { id: 'synth-count' });
        this.element = make('div', { className: 'play' },
            make('section', { 'aria-labelledby': 'synthdefs-title' },
                make('h2', { id: 'synthdefs-title' }, 'SynthDefs'),
                make('p', { className: 'hint' }, 'Press one to hear it.'), list, none),
            make('section', { 'aria-labelledby': 'synths-title' },
                make('h2', { id: 'synths-title' }, 'Playing ', count),
                make('p', { className: 'hint' },
                    'Double-click a slider to bring its first value back.'), synths, silent));
        new SynthDefList(farfield, (def) => farfield.play(def.name).catch(complain),
            { list, empty: none });
        new SynthList(farfield, heard, {
            set: (node, name, value) => outbox.put(node, name, value),
            release: (node) => farfield.release(node).catch(complain),
            free: (node) => farfield.free(node).catch(complain),
        }, { list: synths, empty: silent, count });
    }

    show() {}

    hide() {}
}
