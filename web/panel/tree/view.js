// SPDX-License-Identifier: GPL-3.0-or-later
// What is in scsynth: its tree of groups and synths, its buses and buffers; files that are dropped
// become buffers and SynthDefs.
import { make } from '../elements.js';
import { Buffers } from './buffers.js';
import { Buses } from './buses.js';
import { TreeModel } from './model.js';
import { NodeTree } from './nodes.js';
import { Solo } from './solo.js';
import { Upload } from './upload.js';

export class View {
    #farfield;
    #complain;
    #model;
    #nodes;
    #buses;
    #buffers;
    #upload;

    constructor(context) {
        const { farfield, complain } = context;
        this.#farfield = farfield;
        this.#complain = complain;
        this.#model = new TreeModel(farfield);
        this.#nodes = new NodeTree({ ...context, model: this.#model,
            solo: new Solo(farfield, this.#model, complain) });
        this.#buses = new Buses(context);
        this.#buffers = new Buffers(context);
        this.#upload = new Upload(context);
        this.element = make('div', { className: 'tree' },
            make('section', { className: 'card', 'aria-labelledby': 'tree-title' },
                make('div', { className: 'card-head' },
                    make('h2', { id: 'tree-title' }, 'Groups and synths'),
                    make('button', { type: 'button', onclick: () => this.#addGroup() },
                        'New group')),
                make('p', { className: 'hint' }, 'From top to bottom as scsynth runs them. Drag to ' +
                    'move, or Alt with the arrow keys; Space pauses, Delete frees.'),
                this.#nodes.element),
            make('div', { className: 'tree-side' }, this.#buffers.element, this.#upload.element,
                this.#buses.element));
        this.#wireDrop();
    }

    show() {
        for (const part of [this.#nodes, this.#buses, this.#buffers]) part.show();
    }

    hide() {
        for (const part of [this.#nodes, this.#buses, this.#buffers]) part.hide();
    }

    #addGroup() {
        this.#farfield.call('group.new').catch(this.#complain);
    }

    #wireDrop() {
        const { element } = this;
        const isFile = ({ dataTransfer }) => dataTransfer?.types.includes('Files');
        element.addEventListener('dragover', (event) => {
            if (!isFile(event)) return;
            event.preventDefault();
            event.dataTransfer.dropEffect = 'copy';
            element.classList.add('receives');
        });
        element.addEventListener('dragleave', ({ relatedTarget }) => {
            if (!element.contains(relatedTarget)) element.classList.remove('receives');
        });
        element.addEventListener('drop', (event) => {
            if (!isFile(event)) return;
            event.preventDefault();
            element.classList.remove('receives');
            for (const file of event.dataTransfer.files) {
                if (/\.scsyndef$/i.test(file.name)) this.#upload.upload(file);
                else this.#buffers.upload(file);
            }
        });
    }
}
