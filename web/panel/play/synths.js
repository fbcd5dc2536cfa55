// SPDX-License-Identifier: GPL-3.0-or-later
// The synths that run, whoever started them, each with its controls.
import { Control, Trigger } from './control.js';
import { arrange, make } from '../elements.js';

// Wiring rather than expression: where it plays to, or how it is let go.
const HIDDEN = /^(gate|out|outBus|out_bus)$/;

class Synth {
    #controls = new Map(); // "name" or "name.index" -> {control, name, index}
    #values; // name -> the array that goes out, for array parameters

    constructor(node, def, { set, release, free }) {
        this.id = node.id;
        this.def = def;
        this.#values = node.controls;
        const title = def?.title ?? node.synthdef ?? 'A synth';
        const heading = make('h3', { id: `synth-${node.id}` }, title, ' ',
            make('small', {}, `${node.id}`));
        const note = node.own ? null : make('span', { className: 'badge',
            title: 'Another program on the same server started this' }, 'from elsewhere');
        this.stop = make('button', { type: 'button', className: 'stop',
            onclick: () => (this.releasing ? free(node.id) : release(node.id)) });
        this.name = `${title} ${node.id}`;
        this.element = make('article', { className: 'synth' },
            make('header', {}, heading, note, this.stop));
        this.element.setAttribute('aria-labelledby', heading.id);
        this.element.dataset.node = node.id;
        for (const parameter of def?.parameters ?? []) this.#add(parameter, set);
        this.update(node);
    }

    #add(parameter, set) {
        const { name, rate } = parameter;
        if (HIDDEN.test(name) || rate === 'scalar') return;
        if (rate === 'trigger') {
            const trigger = new Trigger(parameter, (value) => set(this.id, name, value));
            this.element.append(trigger.element);
            return;
        }
        const size = parameter.size ?? 1;
        for (let i = 0; i < size; i++) {
            const index = size > 1 ? i : null;
            const send = (value) => {
                if (index === null) return set(this.id, name, value);
                const whole = [...this.#array(parameter)];
                whole[index] = value;
                this.#values = { ...this.#values, [name]: whole };
                return set(this.id, name, whole);
            };
            const control = new Control(parameter, index, this.#value(parameter, i), send);
            this.#controls.set(`${name}.${i}`, { control, parameter, i });
            this.element.append(control.element);
        }
    }

    #array(parameter) {
        return [this.#values[parameter.name] ?? parameter.default].flat();
    }

    #value(parameter, i) {
        return this.#array(parameter)[i] ?? 0;
    }

    update(node) {
        this.#values = node.controls;
        this.releasing = node.releasing;
        const word = node.releasing ? 'Cut off' : 'Stop';
        if (this.stop.textContent !== word) {
            this.stop.textContent = word;
            this.stop.setAttribute('aria-label', `${word} ${this.name}`);
        }
        this.element.classList.toggle('paused', !node.running || node.releasing);
        for (const { control, parameter, i } of this.#controls.values()) {
            control.update(this.#value(parameter, i));
        }
    }
}

export class SynthList {
    #farfield;
    #heard;
    #actions;
    #list;
    #empty;
    #count;
    #synths = new Map(); // id -> Synth

    // `actions`: set(id, name, value) -> promise, release(id), free(id).
    constructor(farfield, heard, actions, { list, empty, count }) {
        this.#farfield = farfield;
        this.#heard = heard;
        this.#actions = actions;
        this.#list = list;
        this.#empty = empty;
        this.#count = count;
        farfield.addEventListener('nodes', () => this.#render());
        farfield.addEventListener('synthdefs', () => this.#render());
        farfield.addEventListener('node', ({ detail }) => this.#update(detail));
        heard.addEventListener('nodes', () => this.#mark());
        this.#render();
    }

    // Those that sound in this listener's ears by now.
    #mark() {
        for (const [id, { element }] of this.#synths) {
            element.classList.toggle('heard', this.#heard.hears(id));
        }
    }

    // What ends by itself soon is shown on the SynthDef's own button.
    #shows(node) {
        return node.kind === 'synth' && !node.system &&
            !this.#farfield.synthdefs.get(node.synthdef)?.one_shot;
    }

    #update(node) {
        const synth = this.#synths.get(node.id);
        if (!synth) return;
        if (synth.def === this.#farfield.synthdefs.get(node.synthdef)) synth.update(node);
        else this.#render();
    }

    #render() {
        const nodes = [...this.#farfield.nodes.values()].filter((node) => this.#shows(node))
            .sort((a, b) => b.id - a.id);
        const shown = nodes.map((node) => {
            const def = this.#farfield.synthdefs.get(node.synthdef);
            let synth = this.#synths.get(node.id);
            if (synth?.def === def && synth) synth.update(node);
            else synth = new Synth(node, def, this.#actions);
            return [node.id, synth];
        });
        this.#keepFocus(new Map(shown));
        this.#synths = new Map(shown);
        arrange(this.#list, shown.map(([, synth]) => synth.element));
        this.#mark();
        this.#empty.hidden = nodes.length > 0;
        this.#count.textContent = nodes.length || '';
    }

    // Who stops one synth after another by keyboard stays in the list.
    #keepFocus(next) {
        const focused = [...this.#synths.values()]
            .find((synth) => synth.element.contains(document.activeElement));
        if (!focused || next.has(focused.id)) return;
        const ids = [...this.#synths.keys()];
        const after = ids.slice(ids.indexOf(focused.id) + 1).find((id) => next.has(id)) ??
            [...next.keys()].at(-1);
        const target = next.get(after)?.stop ?? document.querySelector('#synthdefs button');
        queueMicrotask(() => target?.focus());
    }
}
