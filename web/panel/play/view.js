// SPDX-License-Identifier: GPL-3.0-or-later
// Playing: SynthDefs to start, the synths that run with their controls, and keys to play notes.
import { keep, recall } from '../choices.js';
import { make } from '../elements.js';
import { Dock } from './dock.js';
import { isTyping } from './keys.js';
import { Midi } from './midi.js';
import { Notes } from './notes.js';
import { SynthDefList } from './synthdefs.js';
import { SynthList } from './synths.js';

// How each parameter is shown: as it was chosen for itself, else as all are.
class Faces {
    #chosen = recall('faces', {});

    of(synthdef, parameter) {
        return this.#chosen[`${synthdef}/${parameter}`] ?? this.all;
    }

    get all() {
        return this.#chosen.all ?? 'slider';
    }

    choose(face, synthdef, parameter) {
        if (synthdef === undefined) this.#chosen = { all: face };
        else this.#chosen[`${synthdef}/${parameter}`] = face;
        keep('faces', this.#chosen);
    }
}

export class View {
    #defs;
    #synths;
    #dock;
    #menu = null; // fetched when it is first opened
    #isShown = false;

    constructor({ farfield, heard, outbox, holds, complain }) {
        const { node, synth } = farfield.commands;
        const midi = new Midi();
        const notes = new Notes(farfield, complain);
        const faces = new Faces();
        const openMenu = (control, synthdef) => this.#openMenu(control, synthdef, faces, midi)
            .catch(complain);
        this.#defs = new SynthDefList(farfield, {
            play: (def) => synth.new({ synthdef: def.name }).catch(complain),
            hold: ({ name }, isHeld) => (isHeld ? notes.start(`hold-${name}`, name)
                : notes.stop(`hold-${name}`)),
        });
        this.#synths = new SynthList(farfield, heard, {
            set: (id, name, value) => outbox.put(id, name, value),
            call: (id, name, value) => outbox.call(id, name, value),
            release: (id) => node.release({ id }).catch(complain),
            free: (id) => node.free({ id }).catch(complain),
            complain,
            holds,
            midi,
            faces,
            menu: openMenu,
        }, this.#makeFaceChoice(faces));
        this.#dock = new Dock({ farfield, notes, midi, outbox, faces, menu: openMenu });
        this.element = make('div', { className: 'play' },
            make('div', { className: 'play-columns' }, this.#defs.element, this.#synths.element),
            this.#dock.element);
        addEventListener('keydown', (event) => this.#onKey(event));
    }

    show() {
        this.#isShown = true;
        this.#synths.show();
    }

    // Computer keys and MIDI go on playing under the other views.
    hide() {
        this.#isShown = false;
        this.#synths.hide();
    }

    async #openMenu(control, synthdef, faces, midi) {
        const { ControlMenu } = await import('./menu.js');
        if (!this.#menu) {
            this.#menu = new ControlMenu(midi, (which, name, face) => {
                faces.choose(face, name, which.parameter.name);
                this.#showFaces();
            });
            this.element.append(this.#menu.element);
        }
        this.#menu.open(control, synthdef);
    }

    #showFaces() {
        this.#synths.showFaces();
        this.#dock.showFaces();
    }

    #makeFaceChoice(faces) {
        const choices = [['slider', 'Sliders'], ['knob', 'Knobs'], ['number', 'Numbers']];
        return make('fieldset', { className: 'segments' },
            make('legend', { className: 'hidden' }, 'Parameters as'),
            ...choices.map(([face, title]) => make('label', {}, make('input', { type: 'radio',
                name: 'faces', value: face, checked: faces.all === face, onchange: () => {
                    faces.choose(face);
                    this.#showFaces();
                } }), title)));
    }

    #onKey(event) {
        if (!this.#isShown || event.key !== '/' || isTyping(event.target)) return;
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        this.#defs.focusSearch();
    }
}
