// SPDX-License-Identifier: GPL-3.0-or-later
// One parameter of a running synth: a slider or a knob with its value and unit, or the number
// alone. It never moves while it is held, nor while what it has sent is under way; then it shows
// what the server says.
import { make } from '../elements.js';
import { Knob, Slider } from './faces.js';
import { describe, holderBadge } from './holder.js';
import { parameterName } from './names.js';
import { format, parse, Scale } from './scale.js';

const SETTLE = 300; // ms after the last touch
const KEPT = 1500; // ms that a control counts as held after a key or a wheel
// Keys that a text field leaves to the slider beside it.
const FIELD_KEYS = ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown'];
const FACES = { slider: Slider, knob: Knob };
const FACE = '[type=range], [role=slider]';

export class Control {
    #scale = null;
    #face = null;
    #field;
    #name;
    #standard;
    #unit;
    #on;
    #value;
    #latest;
    #isHeld = false; // nothing moves it: it has a finger on it, or the focus of its field
    #isGrabbed = false; // by a pointer
    #touched = -Infinity; // a page that is younger than SETTLE has touched nothing either
    #pending = 0;
    #timer = 0;
    #holdTimer = 0;
    #badge = null;
    parameter;

    // `on` has send(value), which promises that it arrived, hold(), drop() and menu(control).
    constructor(parameter, value, face, on) {
        this.parameter = parameter;
        this.#on = on;
        this.#standard = [parameter.default].flat()[0];
        this.#unit = parameter.unit ?? '';
        this.#latest = value;
        this.#name = parameterName(parameter);
        if (Number.isFinite(parameter.min) && Number.isFinite(parameter.max)) {
            this.#scale = new Scale(parameter);
        }
        this.#field = this.#makeField();
        this.label = make('button', { type: 'button', className: 'name',
            title: parameter.words ?? '', 'aria-haspopup': 'dialog',
            onclick: () => on.menu(this) }, this.#name);
        this.element = make('div', { className: 'control' }, this.label,
            make('span', { className: 'value' }, this.#field,
                this.#unit ? make('span', { className: 'unit' }, this.#unit) : null));
        this.element.dataset.parameter = parameter.name;
        this.face = face;
    }

    // "slider", "knob" or "number"; only a number where there is no range.
    get face() {
        return this.element.dataset.face;
    }

    set face(face) {
        const Face = this.#scale ? FACES[face] : null;
        this.#face?.element.remove();
        this.#face = null;
        if (Face) {
            this.#face = new Face(this.#name, this.#scale.position(this.#standard), {
                turn: (position) => this.#change(this.#scale.value(position), this.#face),
                key: (event) => this.#onKey(event),
                wheel: (steps) => this.change(this.#scale.nudged(this.#value, steps)),
                reset: () => this.reset(),
                grab: () => this.grab(),
                release: () => this.letGo(),
            });
            this.label.after(this.#face.element);
        }
        this.element.dataset.face = Face ? face : 'number';
        describe(this.element.querySelectorAll(FACE), this.#badge);
        this.#field.setAttribute('aria-label', Face ? `${this.#name}, value` : this.#name);
        this.#display(this.#value ?? this.#latest);
    }

    get name() {
        return this.#name;
    }

    get hasRange() {
        return this.#scale !== null;
    }

    get position() {
        return this.#scale.position(this.#value);
    }

    get text() {
        return `${format(this.#value)} ${this.#unit}`.trim();
    }

    get isHeld() {
        return this.#isHeld;
    }

    // It is taken away: no hand holds it any more, whatever the hand does.
    end() {
        clearTimeout(this.#holdTimer);
        clearTimeout(this.#timer);
        this.#isHeld = this.#isGrabbed = false;
        this.#on.drop();
    }

    // What the server knows now.
    update(value) {
        this.#latest = value;
        if (!this.#isBusy && value !== this.#value) this.#display(value);
    }

    // A value that comes at once and is kept for a moment: by a key, a wheel or a MIDI controller.
    change(value) {
        this.#on.hold();
        clearTimeout(this.#holdTimer);
        this.#holdTimer = setTimeout(() => this.#isGrabbed || this.#on.drop(), KEPT);
        this.#change(value);
    }

    // The same by a position, 0 to 1.
    turn(position) {
        if (this.#scale && !this.#isHeld) this.change(this.#scale.value(position));
    }

    // A pointer elsewhere, as on a pad, has it in hand.
    grab() {
        this.#isHeld = this.#isGrabbed = true;
        this.#on.hold();
    }

    letGo() {
        if (!this.#isHeld) return;
        this.#isHeld = this.#isGrabbed = false;
        this.#on.drop();
        this.#settle();
    }

    // While it does.
    drag(position) {
        this.#change(this.#scale.value(position));
    }

    nudge(steps) {
        this.change(this.#scale ? this.#scale.nudged(this.#value, steps) : this.#value + steps);
    }

    reset() {
        this.change(this.#standard);
    }

    // `by` is the name of who holds it besides us, or null.
    showHolder(by) {
        if (!by === !this.#badge && (!by || this.#badge.dataset.by === by)) return;
        this.#badge?.remove();
        this.#badge = by ? holderBadge(by) : null;
        this.element.classList.toggle('taken', Boolean(by));
        describe([this.#field, ...this.element.querySelectorAll(FACE)], this.#badge);
        if (by) this.element.append(this.#badge);
    }

    // Marks what its menu has to say of it, such as "CC 21".
    showNote(text) {
        this.label.dataset.note = text;
    }

    get #isBusy() {
        return this.#isHeld || this.#pending > 0 || performance.now() - this.#touched < SETTLE;
    }

    #makeField() {
        const field = make('input', { type: 'text', inputMode: 'decimal', autocomplete: 'off',
            spellcheck: false });
        field.onfocus = () => {
            this.#isHeld = true;
            field.select();
        };
        field.oninput = () => this.#on.hold();
        field.onchange = () => {
            const value = parse(field.value);
            if (!Number.isFinite(value)) this.#display(this.#value);
            else this.change(this.#scale ? this.#scale.rounded(value) : value);
        };
        field.onkeydown = (event) => {
            if (event.key === 'Enter') field.onchange();
            else if (event.key === 'Escape' && field.value !== format(this.#value)) {
                this.#display(this.#value);
                event.preventDefault(); // no half of a panic
            } else if (FIELD_KEYS.includes(event.key)) this.#onKey(event);
        };
        field.onblur = () => this.letGo();
        return field;
    }

    #onKey(event) {
        const size = event.shiftKey ? 0.1 : 1;
        const steps = {
            ArrowUp: size, ArrowRight: size, ArrowDown: -size, ArrowLeft: -size,
            PageUp: 20, PageDown: -20, Home: -200, End: 200,
        }[event.key];
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        if (steps) this.nudge(steps);
        else if (event.key === 'Delete' || event.key === 'Backspace') this.reset();
        else return;
        event.preventDefault();
    }

    // `source` is left as it stands: it is where the value came from.
    #change(value, source) {
        this.#touched = performance.now();
        this.#display(value, source);
        this.#pending++;
        this.#on.send(value).finally(() => {
            this.#pending--;
            this.#settle();
        });
    }

    // Once all is quiet, the server's word counts again.
    #settle() {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
            if (this.#isBusy) {
                if (!this.#isHeld && this.#pending === 0) this.#settle();
            } else if (this.#latest !== this.#value) this.#display(this.#latest);
        }, SETTLE);
    }

    #display(value, source) {
        this.#value = value;
        this.#field.value = format(value);
        if (!this.#face) return;
        const isSource = source === this.#face;
        this.#face.show(isSource ? null : this.#scale.position(value), this.text);
    }
}

// A trigger: sounds, or whatever it does, each time it is pressed.
export class Trigger {
    constructor(parameter, send) {
        this.element = make('button', { type: 'button', className: 'trigger',
            title: parameter.words ?? '', onclick: () => send(1) }, parameterName(parameter));
        this.element.dataset.parameter = parameter.name;
    }

    update() {}
}

// A gate: open as long as it is pressed, by a pointer or by Space or Enter. Whatever takes the
// press away closes it.
export class Gate {
    #isOpen = false;
    #send;

    // `element` is a button; `send` takes 1 and 0.
    constructor(element, send) {
        this.element = element;
        this.#send = send;
        element.addEventListener('pointerdown', (event) => {
            if (event.button !== 0) return;
            element.setPointerCapture(event.pointerId);
            this.#set(true);
        });
        for (const type of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur']) {
            element.addEventListener(type, () => this.#set(false));
        }
        element.addEventListener('contextmenu', (event) => event.preventDefault());
        // A screen reader clicks, and knows neither down nor up: once to open it, once to close it.
        element.addEventListener('click', ({ detail }) => detail === 0 && this.#set(!this.#isOpen));
        element.addEventListener('keydown', (event) => this.#onKey(event, true));
        element.addEventListener('keyup', (event) => this.#onKey(event, false));
        addEventListener('blur', this.#onAway);
        element.setAttribute('aria-pressed', 'false');
    }

    update(value) {
        this.element.classList.toggle('open', value > 0);
    }

    letGo() {
        this.#set(false);
    }

    // It is taken away.
    end() {
        this.#set(false);
        removeEventListener('blur', this.#onAway);
    }

    #onAway = () => this.#set(false);

    #onKey(event, isDown) {
        if (event.key !== ' ' && event.key !== 'Enter') return;
        event.preventDefault();
        if (!event.repeat) this.#set(isDown);
    }

    #set(isOpen) {
        if (isOpen === this.#isOpen) return;
        this.#isOpen = isOpen;
        this.element.setAttribute('aria-pressed', isOpen);
        this.#send(isOpen ? 1 : 0);
    }
}
