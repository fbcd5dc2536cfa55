// SPDX-License-Identifier: GPL-3.0-or-later
// One parameter of a running synth: a slider with its value and unit, a number field where there is
// no range, a button for a trigger. It never moves while it is held, nor while what it has sent is
// under way; then it shows what the server says.
import { make } from '../elements.js';
import { format, parse, Scale } from './scale.js';

const SETTLE = 300; // ms after the last touch
// Keys that a text field leaves to the slider beside it.
const FIELD_KEYS = ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown'];

let count = 0;

function nameOf(parameter, element) {
    const title = parameter.title ?? parameter.name.replaceAll('_', ' ');
    const words = title.charAt(0).toUpperCase() + title.slice(1);
    return element === null ? words : `${words} ${element + 1}`;
}

export class Control {
    #scale = null;
    #slider = null;
    #field;
    #send;
    #standard;
    #value;
    #held = false;
    #touched = -Infinity; // a page that is younger than SETTLE has touched nothing either
    #pending = 0;
    #latest;
    #timer = 0;
    #unit;

    // `element` is the index in an array parameter, else null. `send` takes the new value, and
    // returns a promise of its having arrived.
    constructor(parameter, element, value, send) {
        this.#send = send;
        const standard = parameter.default;
        this.#standard = Array.isArray(standard) ? standard[element ?? 0] : standard;
        this.#unit = parameter.unit ?? '';
        this.#latest = value;
        const id = `control-${++count}`;
        const name = nameOf(parameter, element);
        const hasRange = Number.isFinite(parameter.min) && Number.isFinite(parameter.max);
        if (hasRange) this.#scale = new Scale(parameter);
        this.#field = this.#makeField(id, name);
        const label = make('label', { htmlFor: id, title: parameter.words ?? '' }, name);
        this.element = make('div', { className: 'control' }, label);
        if (hasRange) {
            this.#slider = this.#makeSlider(id, parameter);
            this.element.append(this.#slider);
        } else {
            this.element.classList.add('plain');
            this.#field.id = id;
        }
        this.element.append(make('span', { className: 'value' }, this.#field,
            make('span', { className: 'unit' }, this.#unit)));
        this.element.dataset.parameter = parameter.name;
        this.#display(value);
    }

    // What the server knows now.
    update(value) {
        this.#latest = value;
        if (!this.#busy && value !== this.#value) this.#display(value);
    }

    get #busy() {
        return this.#held || this.#pending > 0 || performance.now() - this.#touched < SETTLE;
    }

    #makeSlider(id, parameter) {
        const slider = make('input', { type: 'range', id, min: 0, max: 1, step: 'any',
            title: parameter.words ?? '' });
        slider.oninput = () => this.#change(this.#scale.value(Number(slider.value)), slider);
        slider.onkeydown = (event) => this.#onKey(event);
        slider.ondblclick = () => this.#change(this.#standard);
        slider.onpointerdown = () => {
            this.#held = true;
        };
        slider.onpointerup = slider.onpointercancel = () => this.#letGo();
        slider.onblur = () => this.#letGo();
        return slider;
    }

    #makeField(id, name) {
        const field = make('input', { type: 'text', inputMode: 'decimal', autocomplete: 'off',
            spellcheck: false, 'aria-label': this.#scale ? `${name}, value` : name });
        field.onfocus = () => {
            this.#held = true;
            field.select();
        };
        field.onchange = () => {
            const value = parse(field.value);
            if (!Number.isFinite(value)) this.#display(this.#value);
            else this.#change(this.#scale ? this.#scale.rounded(value) : value);
        };
        field.onkeydown = (event) => {
            if (event.key === 'Enter') field.onchange();
            else if (event.key === 'Escape') this.#display(this.#value);
            else if (this.#scale && FIELD_KEYS.includes(event.key)) this.#onKey(event);
        };
        field.onblur = () => this.#letGo();
        return field;
    }

    #onKey(event) {
        const size = event.shiftKey ? 0.1 : 1;
        const steps = {
            ArrowUp: size, ArrowRight: size, ArrowDown: -size, ArrowLeft: -size,
            PageUp: 20, PageDown: -20, Home: -200, End: 200,
        }[event.key];
        if (steps) this.#change(this.#scale.nudged(this.#value, steps));
        else if (event.key === 'Delete' || event.key === 'Backspace') this.#change(this.#standard);
        else return;
        event.preventDefault();
    }

    #letGo() {
        this.#held = false;
        this.#settle();
    }

    // `source` is left as it stands: it is where the value came from.
    #change(value, source) {
        this.#touched = performance.now();
        this.#display(value, source);
        this.#pending++;
        this.#send(value).finally(() => {
            this.#pending--;
            this.#settle();
        });
    }

    // Once all is quiet, the server's word counts again.
    #settle() {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
            if (this.#busy) {
                if (!this.#held && this.#pending === 0) this.#settle();
            } else if (this.#latest !== this.#value) this.#display(this.#latest);
        }, SETTLE);
    }

    #display(value, source) {
        this.#value = value;
        this.#field.value = format(value);
        if (!this.#slider) return;
        if (source !== this.#slider) this.#slider.value = this.#scale.position(value);
        this.#slider.style.setProperty('--part', this.#scale.position(value).toFixed(4));
        this.#slider.setAttribute('aria-valuetext', `${format(value)} ${this.#unit}`.trim());
    }
}

// A trigger: sounds, or whatever it does, each time it is pressed.
export class Trigger {
    constructor(parameter, send) {
        this.element = make('button', {
            type: 'button',
            className: 'trigger',
            title: parameter.words ?? '',
            onclick: () => send(1),
        }, nameOf(parameter, null));
    }

    update() {}
}
