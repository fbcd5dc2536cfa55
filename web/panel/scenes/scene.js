// SPDX-License-Identifier: GPL-3.0-or-later
// One scene of the list: its name, which can be changed in its place, what is in it, what can be
// done with it; and after it was deleted, the way back.
import { make, write } from '../elements.js';
import { counted, when } from '../format.js';

function contentOf({ synths, groups, buses, buffers, changed }) {
    return [counted(synths, 'synth'), counted(groups, 'group'), counted(buses, 'bus', 'buses'),
        counted(buffers, 'buffer')].filter(Boolean).join(', ').concat(
        synths + groups + buses + buffers ? ' · ' : 'Silence · ', `kept ${when(changed)}`);
}

export class SceneRow {
    #name;
    #content = make('p', { className: 'hint' });
    #actions;
    #head;
    #rename;
    #badge = make('span', { className: 'badge', hidden: true }, 'recalled last');

    // `actions`: recall(name), rename(name, to) -> promise, save(name), remove(name).
    constructor(scene, actions) {
        this.#actions = actions;
        this.#name = make('h3', {}, scene.name);
        this.#rename = make('button', { type: 'button', onclick: () => this.#edit() }, 'Rename');
        const button = (words, action, className = '') => make('button', { type: 'button', className,
            'aria-label': `${words} ${scene.name}`, onclick: () => action(scene.name) }, words);
        this.#rename.setAttribute('aria-label', `Rename ${scene.name}`);
        this.#head = make('div', { className: 'row-head' }, this.#name, this.#badge);
        this.element = make('li', { className: 'row' },
            make('div', { className: 'row-words' }, this.#head, this.#content),
            make('div', { className: 'row-actions' },
                button('Recall', actions.recall, 'main'), this.#rename,
                button('Export', actions.save), button('Delete', actions.remove)));
        this.element.dataset.scene = scene.name;
        this.update(scene);
    }

    focus() {
        this.#rename.focus();
    }

    update(scene) {
        write(this.#content, contentOf(scene));
    }

    set isLast(isLast) {
        this.#badge.hidden = !isLast;
    }

    #edit() {
        const before = this.element.dataset.scene;
        const field = make('input', { type: 'text', value: before, maxLength: 100, required: true,
            'aria-label': `New name of ${before}` });
        const end = () => {
            form.replaceWith(this.#head);
            this.#rename.focus();
        };
        const form = make('form', { className: 'row-head', onsubmit: async (event) => {
            event.preventDefault();
            const to = field.value.trim();
            if (to === before) end();
            else if (to && await this.#actions.rename(before, to)) end();
            else field.focus();
        } }, field, make('button', { type: 'submit' }, 'Save'),
        make('button', { type: 'button', onclick: end }, 'Cancel'));
        form.addEventListener('keydown', (event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault(); // no half of a panic
            end();
        });
        this.#head.replaceWith(form);
        field.focus();
        field.select();
    }
}

// What stands where a scene was that has just been deleted.
export function deletedRow(name, undo) {
    return make('li', { className: 'row deleted' },
        make('p', { className: 'row-words', role: 'status' }, `“${name}” was deleted.`),
        make('div', { className: 'row-actions' },
            make('button', { type: 'button', 'aria-label': `Bring ${name} back`, onclick: undo },
                'Undo')));
}
