// SPDX-License-Identifier: GPL-3.0-or-later
// A synth that runs, with its controls. The controls are made by build(), later than the card.
import { make, write } from '../elements.js';
import { Control, Gate, Trigger } from './control.js';
import { parameterName } from './names.js';

// Wiring rather than expression: where it plays to.
const HIDDEN = /^(out|outBus|out_bus)$/;

function shows({ releasable }, { name, rate }) {
    return rate !== 'scalar' && !HIDDEN.test(name) && !(name === 'gate' && releasable);
}

export class Synth {
    #node;
    #context;
    #controls = new Map(); // name -> Control, Steps, Gate or Trigger
    #parameters;
    #knobs = make('div', { className: 'knobs' });
    #rows = make('div', { className: 'rows' });
    #extra = make('div', { className: 'extra' });
    #pad = null;
    #isGone = false;
    isBuilt = false;

    // `context` has set(id, name, value), call() alike (of which each one arrives), release(id),
    // free(id), complain(error), holds, faces, midi and menu(control, synthdef).
    constructor(node, def, context) {
        this.id = node.id;
        this.def = def;
        this.#node = node;
        this.#context = context;
        this.#parameters = def ? def.parameters.filter((each) => shows(def, each)) : [];
        const title = def?.title ?? node.synthdef ?? 'A synth';
        this.name = `${title} ${node.id}`;
        const heading = make('h3', { id: `synth-${node.id}` }, title, ' ',
            make('small', {}, `${node.id}`));
        this.stop = make('button', { type: 'button', className: 'stop', onclick: () => {
            if (this.#node.releasing) context.free(this.id);
            else context.release(this.id);
        } });
        this.element = make('article', { className: 'synth', 'aria-labelledby': heading.id },
            make('header', {}, heading,
                node.own ? null : make('span', { className: 'badge',
                    title: 'Another program on the same server started this' }, 'from elsewhere'),
                this.#makePadButton(), this.stop),
            this.#extra, this.#knobs, this.#rows);
        this.element.dataset.node = node.id;
        this.element.style.setProperty('--parameters', this.#parameters.length);
        this.#showState();
    }

    build() {
        if (this.isBuilt) return;
        this.isBuilt = true;
        for (const parameter of this.#parameters) this.#add(parameter);
        this.showHolders();
        this.showLearned();
    }

    update(node) {
        this.#node = node;
        this.#showState();
        if (!this.isBuilt) return;
        for (const control of this.#controls.values()) {
            control.update(this.#value(control.parameter));
        }
        this.#pad?.update();
    }

    // The card is taken away, and with it whatever holds its controls; `isGone` says that the node
    // has ended, which is told nothing more.
    end(isGone) {
        this.#isGone = isGone;
        for (const control of this.#controls.values()) control.end?.();
    }

    showHolders() {
        if (!this.isBuilt) return;
        const held = this.#context.holds.of(this.id);
        for (const [name, control] of this.#controls) control.showHolder?.(held.get(name) ?? null);
    }

    // Which MIDI controllers turn what.
    showLearned() {
        for (const [name, control] of this.#controls) {
            if (!(control instanceof Control)) continue;
            const learned = this.#context.midi.learned(this.def.name, name);
            control.showNote(learned ? `CC ${learned.controller}` : '');
        }
    }

    // How each control is shown was chosen anew.
    showFaces() {
        for (const control of this.#controls.values()) {
            if (control instanceof Control) this.#place(control);
        }
    }

    // A MIDI controller that was moved.
    turn(name, position) {
        this.#controls.get(name)?.turn?.(position);
        this.#pad?.update();
    }

    #value({ name, default: standard, size }) {
        const value = this.#node.controls?.[name] ?? standard;
        return size > 1 ? [value].flat() : [value].flat()[0] ?? 0;
    }

    #add(parameter) {
        const { name, rate, size } = parameter;
        const { id } = this;
        const { set, call, holds, menu } = this.#context;
        const send = (value) => set(id, name, value);
        if (rate === 'trigger') {
            this.#extra.append(new Trigger(parameter, (bang) => call(id, name, bang)).element);
            return;
        }
        const on = { send, hold: this.#once(() => holds.take(id, name), name),
            drop: this.#undo(() => holds.drop(id, name), name) };
        const value = this.#value(parameter);
        let control;
        if (name === 'gate' && size === 1) {
            const button = make('button', { type: 'button', className: 'gate',
                title: 'Open as long as it is pressed' }, parameterName(parameter));
            button.dataset.parameter = name;
            control = new Gate(button, (open) => this.#isGone || call(id, name, open));
            control.parameter = parameter;
            control.update(value);
            this.#extra.append(button);
        } else if (size > 1) {
            this.#addSteps(parameter, on).catch(this.#context.complain);
            return;
        } else {
            control = new Control(parameter, value, this.#face(parameter), { ...on,
                send: (next) => {
                    const sent = send(next);
                    this.#pad?.update();
                    return sent;
                },
                menu: (which) => menu(which, this.def.name) });
            this.#place(control);
        }
        this.#controls.set(name, control);
    }

    // Arrays are rare: what shows them is fetched with the first.
    async #addSteps(parameter, on) {
        const { Steps } = await import('./steps.js');
        const control = new Steps(parameter, this.#value(parameter), on);
        this.#controls.set(parameter.name, control);
        this.element.append(control.element);
        this.showHolders();
    }

    // A control says that it is held more often than that it is not any more.
    #taken = new Set();

    #once(take, name) {
        return () => {
            if (this.#taken.has(name)) return;
            this.#taken.add(name);
            take();
        };
    }

    #undo(drop, name) {
        return () => this.#taken.delete(name) && drop();
    }

    #face({ name }) {
        return this.#context.faces.of(this.def.name, name);
    }

    #place(control) {
        const face = this.#face(control.parameter);
        if (control.face !== face) control.face = face;
        const place = control.face === 'knob' ? this.#knobs : this.#rows;
        if (control.element.parentNode !== place) place.append(control.element);
    }

    #makePadButton() {
        const ranged = this.#parameters.filter(({ name, size, rate, min, max }) => size === 1 &&
            name !== 'gate' && rate !== 'trigger' && Number.isFinite(min) && Number.isFinite(max));
        if (ranged.length < 2) return null;
        const names = ranged.map(({ name }) => name);
        const button = make('button', { type: 'button', className: 'pad-button',
            'aria-expanded': 'false', 'aria-label': `XY pad of ${this.name}`,
            title: 'Two parameters at once', onclick: () =>
                this.#togglePad(button, names).catch(this.#context.complain) }, 'XY');
        return button;
    }

    async #togglePad(button, names) {
        const { Pad } = await import('./pad.js');
        this.build();
        if (this.#pad) {
            this.#pad.element.remove();
            this.#pad = null;
        } else {
            this.#pad = new Pad(this.name, this.def.name, new Map(names.map((name) =>
                [name, this.#controls.get(name)])));
            this.#knobs.before(this.#pad.element);
        }
        button.setAttribute('aria-expanded', this.#pad !== null);
    }

    #showState() {
        const { releasing, running } = this.#node;
        const word = releasing ? 'Cut off' : 'Stop';
        if (this.stop.textContent !== word) {
            write(this.stop, word);
            this.stop.setAttribute('aria-label', `${word} ${this.name}`);
        }
        this.element.classList.toggle('paused', !running || releasing);
    }
}
