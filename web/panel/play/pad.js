// SPDX-License-Identifier: GPL-3.0-or-later
// Two parameters of a synth at once: a plane on which one point is moved, by a pointer or by the
// arrow keys.
import { keep, recall } from '../choices.js';
import { make } from '../elements.js';
import { follow } from './drag.js';

const STEP = 2; // of the 200 from end to end, by an arrow key

export class Pad {
    #controls;
    #point = make('div', { className: 'point', role: 'slider', tabIndex: 0, 'aria-valuemin': 0,
        'aria-valuemax': 100, 'aria-roledescription': 'plane' });
    #plane;
    #selects;
    #synthdef;

    // `controls` are those of the synth that have a range, by name; there are two at least.
    constructor(title, synthdef, controls) {
        this.#controls = controls;
        this.#synthdef = synthdef;
        const names = [...controls.keys()];
        const chosen = recall(`pad.${synthdef}`, []).filter((name) => controls.has(name));
        const [x, y] = chosen.length === 2 ? chosen
            : [names.find((name) => name !== 'amp' && name !== 'pan') ?? names[0],
                names.find((name) => /cutoff|brightness|amp/.test(name)) ?? names[1]];
        this.#selects = [['Across', x], ['Up', y === x ? names.find((n) => n !== x) : y]]
            .map(([label, value]) => {
                const select = make('select', { 'aria-label': `${label}, of ${title}`,
                    onchange: () => this.#onChoice() },
                ...names.map((name) => make('option', { value: name }, controls.get(name).name)));
                select.value = value;
                return make('label', {}, label, ' ', select);
            });
        this.#plane = make('div', { className: 'plane' }, this.#point);
        this.element = make('div', { className: 'pad' }, this.#plane,
            make('div', { className: 'pad-axes' }, ...this.#selects));
        this.#point.setAttribute('aria-label', `Two parameters of ${title}`);
        this.#point.onkeydown = (event) => this.#onKey(event);
        this.#wirePointer();
        this.update();
    }

    // Shows where its two parameters are.
    update() {
        const [x, y] = this.#axes;
        this.#plane.style.setProperty('--x', x.position.toFixed(4));
        this.#plane.style.setProperty('--y', y.position.toFixed(4));
        this.#point.setAttribute('aria-valuenow', Math.round(x.position * 100));
        this.#point.setAttribute('aria-valuetext', `${x.name} ${x.text}, ${y.name} ${y.text}`);
    }

    get #axes() {
        return this.#selects.map((label) =>
            this.#controls.get(label.querySelector('select').value));
    }

    #onChoice() {
        keep(`pad.${this.#synthdef}`, this.#axes.map(({ parameter }) => parameter.name));
        this.update();
    }

    #onKey(event) {
        const size = event.shiftKey ? STEP / 10 : STEP;
        const [dx, dy] = { ArrowLeft: [-size, 0], ArrowRight: [size, 0], ArrowUp: [0, size],
            ArrowDown: [0, -size] }[event.key] ?? [0, 0];
        if (!dx && !dy) return;
        event.preventDefault();
        const [x, y] = this.#axes;
        if (dx) x.nudge(dx);
        if (dy) y.nudge(dy);
        this.update();
    }

    #wirePointer() {
        let box;
        let at;
        const turn = () => {
            const [x, y] = this.#axes;
            x.drag(Math.min(1, Math.max(0, (at.x - box.left) / box.width)));
            y.drag(1 - Math.min(1, Math.max(0, (at.y - box.top) / box.height)));
            this.update();
        };
        follow(this.#plane, {
            begin: (event) => {
                event.preventDefault();
                this.#point.focus({ preventScroll: true });
                box = this.#plane.getBoundingClientRect();
                at = { x: event.clientX, y: event.clientY };
                for (const control of this.#axes) control.grab();
                if (!event.shiftKey) turn();
            },
            move: (dx, dy) => {
                at.x += dx;
                at.y += dy;
                turn();
            },
            end: () => {
                for (const control of this.#axes) control.letGo();
            },
        });
    }
}
