// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done with a parameter besides turning it: how it is shown, MIDI, its own value. One
// menu serves all parameters.
import { make } from '../elements.js';

const FACES = [['slider', 'Slider'], ['knob', 'Knob'], ['number', 'Number']];

export class ControlMenu {
    #midi;
    #onFace;
    #opener = null;

    // `onFace(control, synthdef, face)` when another way to show a parameter was chosen.
    constructor(midi, onFace) {
        this.#midi = midi;
        this.#onFace = onFace;
        this.element = make('div', { id: 'control-menu', className: 'menu', popover: 'auto',
            role: 'dialog' });
        this.element.addEventListener('toggle', ({ newState }) => {
            if (newState === 'open') return;
            midi.cancelLearning();
            if (this.element.contains(document.activeElement)) this.#opener?.focus();
        });
    }

    open(control, synthdef) {
        this.#opener = control.label;
        this.element.setAttribute('aria-label', control.name);
        // What is null is left out, which replaceChildren() would write as a word.
        const all = [
            make('p', { className: 'menu-title' }, control.name),
            make('p', { className: 'hint' }, control.parameter.words ?? ''),
            control.hasRange ? this.#makeFaces(control, synthdef) : null,
            make('button', { type: 'button', onclick: () => {
                control.reset();
                this.element.hidePopover();
            } }, 'Bring its first value back'),
            control.hasRange ? this.#makeMidi(control, synthdef) : null,
        ];
        this.element.replaceChildren(...all.filter(Boolean));
        this.element.showPopover();
        this.#place();
        this.element.querySelector('input:checked, button').focus();
    }

    #makeFaces(control, synthdef) {
        const choices = FACES.map(([face, title]) => make('label', {}, make('input', {
            type: 'radio', name: 'face', value: face, checked: control.face === face,
            onchange: () => {
                this.#onFace(control, synthdef, face);
                this.#place();
            } }), title));
        return make('fieldset', { className: 'segments' },
            make('legend', { className: 'hidden' }, 'Shown as'), ...choices);
    }

    #makeMidi(control, synthdef) {
        const { name } = control.parameter;
        const state = make('p', { className: 'hint', role: 'status' });
        const learn = make('button', { type: 'button' });
        const forget = make('button', { type: 'button' }, 'Forget');
        const show = () => {
            const learned = this.#midi.learned(synthdef, name);
            learn.textContent = learned ? 'Learn another controller' : 'Learn a MIDI controller';
            forget.hidden = !learned;
            state.textContent = this.#midi.isLearning ? 'Move a controller now'
                : learned ? `Turned by controller ${learned.controller}` : this.#midi.words;
        };
        learn.onclick = async () => {
            await this.#midi.learn(synthdef, name, show);
            show();
        };
        forget.onclick = () => {
            this.#midi.forget(synthdef, name);
            show();
        };
        show();
        return make('div', { className: 'menu-midi' }, learn, forget, state);
    }

    // Beside its parameter, within what is seen.
    #place() {
        const { left, bottom, top } = this.#opener.getBoundingClientRect();
        const { offsetWidth: width, offsetHeight: height } = this.element;
        const y = bottom + height + 8 < innerHeight ? bottom + 4 : Math.max(8, top - height - 4);
        this.element.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
        this.element.style.top = `${y}px`;
    }
}
