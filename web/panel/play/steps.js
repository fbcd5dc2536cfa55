// SPDX-License-Identifier: GPL-3.0-or-later
// A parameter that is an array, as bars: a pointer draws over them, arrow keys turn and choose one.
import { make, write } from '../elements.js';
import { follow } from './drag.js';
import { describe, holderBadge } from './holder.js';
import { parameterName } from './names.js';
import { format, Scale } from './scale.js';

const SETTLE = 300; // ms after the last touch
const KEPT = 1500; // ms that it counts as held after a key

// An array without a range is shown between its least and most, and 0 and 1.
function scaleOf(parameter, values) {
    if (Number.isFinite(parameter.min) && Number.isFinite(parameter.max)) {
        return new Scale(parameter);
    }
    const all = [0, 1, ...values, ...[parameter.default].flat()];
    return new Scale({ ...parameter, min: Math.min(...all), max: Math.max(...all) });
}

export class Steps {
    #scale;
    #on;
    #values;
    #latest;
    #standard;
    #bars;
    #name;
    #unit;
    #row;
    #output = make('output', { className: 'number' });
    #badge = null;
    #isHeld = false;
    #holdTimer = 0;
    #pending = 0;
    #touched = -Infinity;
    #timer = 0;
    #last = -1; // bar that the pointer was over before
    parameter;

    // `on` has send(values), hold() and drop().
    constructor(parameter, values, on) {
        this.parameter = parameter;
        this.#on = on;
        this.#values = [...values]; // of its own: it is drawn into
        this.#latest = values;
        this.#standard = [parameter.default].flat();
        this.#scale = scaleOf(parameter, values);
        this.#name = parameterName(parameter);
        this.#unit = parameter.unit ?? '';
        this.#bars = values.map((_, i) => this.#makeBar(i));
        this.#row = make('div', { className: 'bars', role: 'group', 'aria-label': this.#name },
            ...this.#bars);
        this.element = make('div', { className: 'steps', title: parameter.words ?? '' },
            make('span', { className: 'name' }, this.#name), this.#output, this.#row);
        this.element.dataset.parameter = parameter.name;
        this.#output.setAttribute('aria-live', 'off');
        this.#wirePointer();
        values.forEach((_, i) => this.#display(i));
    }

    get isHeld() {
        return this.#isHeld;
    }

    // It is taken away.
    end() {
        clearTimeout(this.#holdTimer);
        clearTimeout(this.#timer);
        this.#isHeld = false;
        this.#on.drop();
    }

    update(values) {
        this.#latest = values;
        if (this.#isBusy) return;
        this.#values = [...values];
        values.forEach((_, i) => this.#display(i));
    }

    showHolder(by) {
        if (by === (this.#badge?.dataset.by ?? null)) return;
        this.#badge?.remove();
        this.#badge = by ? holderBadge(by) : null;
        this.element.classList.toggle('taken', Boolean(by));
        describe(this.#bars, this.#badge);
        if (by) this.#row.before(this.#badge);
    }

    get #isBusy() {
        return this.#isHeld || this.#pending > 0 || performance.now() - this.#touched < SETTLE;
    }

    #makeBar(i) {
        const bar = make('div', { className: 'bar-step', role: 'slider', tabIndex: i ? -1 : 0,
            'aria-label': `${this.#name} ${i + 1}`, 'aria-valuemin': this.#scale.min,
            'aria-valuemax': this.#scale.max });
        bar.onkeydown = (event) => this.#onKey(event, i);
        bar.ondblclick = () => this.#set(i, this.#standard[i] ?? 0);
        bar.onfocus = () => this.#choose(i);
        return bar;
    }

    #choose(i) {
        this.#bars.forEach((bar, k) => {
            bar.tabIndex = k === i ? 0 : -1;
        });
        this.#tell(i);
    }

    #tell(i) {
        write(this.#output, `${i + 1}: ${format(this.#values[i])} ${this.#unit}`.trim());
    }

    #onKey(event, i) {
        const size = event.shiftKey ? 0.4 : 4; // of 200 from end to end
        const turns = { ArrowUp: size, ArrowDown: -size, PageUp: 20, PageDown: -20 }[event.key];
        const goes = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: this.#bars.length - 1 };
        if (turns) this.#set(i, this.#scale.nudged(this.#values[i], turns));
        else if (event.key in goes) this.#bars[goes[event.key]]?.focus();
        else if (event.key === 'Delete') this.#set(i, this.#standard[i] ?? 0);
        else return;
        event.preventDefault();
    }

    // The row is measured once for each movement of the pointer's hand.
    #wirePointer() {
        let box;
        const draw = ({ clientX, clientY }) => {
            const part = (clientX - box.left) / Math.max(1, box.width);
            const i = Math.min(this.#bars.length - 1,
                Math.max(0, Math.floor(part * this.#bars.length)));
            const value = this.#scale.value(1 - (clientY - box.top) / Math.max(1, box.height));
            // A quick hand jumps over bars: those between get what it drew.
            const from = this.#last < 0 ? i : this.#last;
            for (let k = Math.min(from, i); k <= Math.max(from, i); k++) this.#put(k, value);
            this.#last = i;
            this.#tell(i);
            this.#send();
        };
        follow(this.#row, {
            begin: (event) => {
                event.preventDefault();
                event.target.closest('.bar-step')?.focus({ preventScroll: true });
                box = this.#row.getBoundingClientRect();
                this.#isHeld = true;
                this.#on.hold();
                draw(event);
            },
            move: (dx, dy, event) => draw(event),
            end: () => {
                this.#isHeld = false;
                this.#last = -1;
                this.#on.drop();
                this.#settle();
            },
        });
    }

    #put(i, value) {
        this.#values[i] = value;
        this.#display(i);
    }

    // By a key: it counts as held for a moment.
    #set(i, value) {
        this.#on.hold();
        clearTimeout(this.#holdTimer);
        this.#holdTimer = setTimeout(() => this.#isHeld || this.#on.drop(), KEPT);
        this.#put(i, value);
        this.#tell(i);
        this.#send();
    }

    #send() {
        this.#touched = performance.now();
        this.#pending++;
        this.#on.send([...this.#values]).finally(() => {
            this.#pending--;
            this.#settle();
        });
    }

    #settle() {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
            if (!this.#isBusy) this.update(this.#latest);
            else if (!this.#isHeld && this.#pending === 0) this.#settle();
        }, SETTLE);
    }

    #display(i) {
        const bar = this.#bars[i];
        bar.style.setProperty('--part', this.#scale.position(this.#values[i]).toFixed(4));
        bar.setAttribute('aria-valuenow', this.#values[i]);
        bar.setAttribute('aria-valuetext', `${format(this.#values[i])} ${this.#unit}`.trim());
    }
}
