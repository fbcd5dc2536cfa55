// SPDX-License-Identifier: GPL-3.0-or-later
// How notes sound: the parameters that each of them starts with, kept for each SynthDef. Notes that
// sound already follow.
import { keep, recall } from '../choices.js';
import { make } from '../elements.js';
import { Control } from './control.js';
import { sameDef } from './same.js';

const BY_KEY = /^(freq|gate|out|outBus|out_bus)$/; // what the key says, or wiring

function isSetting({ name, rate, size, min, max }) {
    return !BY_KEY.test(name) && size === 1 && (rate === 'control' || rate === 'audio') &&
        Number.isFinite(min) && Number.isFinite(max);
}

export class Instrument {
    #context;
    #def = null;
    #values = {};
    #controls = new Map();
    element = make('div', { className: 'instrument', id: 'instrument-sound', hidden: true,
        role: 'group', 'aria-label': 'How notes sound' });

    // `context` has faces, menu(control, synthdef), midi, and set(synthdef, name, value) for
    // what sounds.
    constructor(context) {
        this.#context = context;
        context.midi.addEventListener('turn', ({ detail: { synthdef, parameter, position } }) => {
            if (synthdef === this.#def?.name) this.#controls.get(parameter)?.turn(position);
        });
    }

    get values() {
        return this.#values;
    }

    get isEmpty() {
        return this.#controls.size === 0;
    }

    use(def) {
        if (sameDef(def, this.#def)) return;
        this.#def = def;
        const settings = (def?.parameters ?? []).filter(isSetting);
        const kept = recall(`instrument.${def?.name}`, {});
        this.#values = Object.fromEntries(settings.filter(({ name }) => Number.isFinite(kept[name]))
            .map(({ name }) => [name, kept[name]]));
        this.#controls = new Map(settings.map((parameter) => [parameter.name,
            this.#make(parameter)]));
        this.element.replaceChildren(...[...this.#controls.values()].map(({ element }) => element));
    }

    #make(parameter) {
        const { name, default: standard } = parameter;
        const { faces, menu, set } = this.#context;
        const control = new Control(parameter, this.#values[name] ?? standard,
            faces.of(this.#def.name, name), {
                send: async (value) => {
                    this.#values[name] = value;
                    keep(`instrument.${this.#def.name}`, this.#values);
                    control.update(value);
                    await set(this.#def.name, name, value);
                },
                hold: () => {},
                drop: () => {},
                menu: (which) => menu(which, this.#def.name),
            });
        return control;
    }

    showFaces() {
        for (const [name, control] of this.#controls) {
            control.face = this.#context.faces.of(this.#def.name, name);
        }
    }
}
