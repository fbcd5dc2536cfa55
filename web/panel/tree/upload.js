// SPDX-License-Identifier: GPL-3.0-or-later
// SynthDefs that are brought here as files, and what their audition showed.
import { make } from '../elements.js';
import { report } from './audition.js';

export class Upload {
    #farfield;
    #reports = make('div', { id: 'auditions', role: 'status' });

    constructor({ farfield }) {
        this.#farfield = farfield;
        const file = make('input', { type: 'file', id: 'synthdef-file', multiple: true,
            accept: '.scsyndef', className: 'hidden', tabIndex: -1, 'aria-label': 'SynthDef files',
            onchange: () => {
                for (const each of file.files) this.upload(each);
                file.value = '';
            } });
        this.element = make('section', { className: 'card', 'aria-labelledby': 'upload-title' },
            make('div', { className: 'card-head' }, make('h2', { id: 'upload-title' }, 'SynthDefs'),
                make('button', { type: 'button', onclick: () => file.click() }, 'Add a .scsyndef'),
                file),
            make('p', { className: 'hint' }, 'Each is heard by itself before it may sound: its ' +
                'level, DC, NaN and what it costs are told here.'), this.#reports);
    }

    async upload(file) {
        const line = make('article', { className: 'audition' }, make('p', {},
            `${file.name} is being heard`));
        this.#reports.prepend(line);
        try {
            const data = new Uint8Array(await file.arrayBuffer());
            const { synthdefs } = await this.#farfield.call('synthdef.add', { data });
            line.replaceChildren(...synthdefs.map((def) => this.#show(def)));
        } catch (error) {
            line.replaceChildren(make('p', { className: 'bad' },
                `${file.name} was refused: ${error.message}`));
        }
    }

    #show({ name, title, audition, running }) {
        const facts = (audition ? report(audition) : [{ words: 'Not auditioned' }])
            .map(({ words, isBad }) => make('li', { className: isBad ? 'bad' : '' }, words));
        if (running) facts.push(make('li', {}, `${running} synths go on as it was before`));
        return make('div', {}, make('strong', {}, title ?? name), make('ul', { className: 'facts' },
            ...facts));
    }
}
