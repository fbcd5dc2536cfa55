// SPDX-License-Identifier: GPL-3.0-or-later
// The end of the server's log: by level and by what is looked for, held still, or copied.
import { make, write } from '../elements.js';

const LEVELS = ['error', 'warning', 'info', 'debug'];
const SHOWN = 500; // lines
const NEAR = 40; // CSS pixels from the end, which is as good as at it

function textOf({ time, level, source, message, fields }) {
    const date = new Date(time * 1000);
    const clock = `${date.toLocaleTimeString([], { hour12: false })}.${
        String(date.getMilliseconds()).padStart(3, '0')}`;
    const rest = Object.entries(fields ?? {}).map(([name, value]) =>
        `${name}=${typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value)}`);
    return [clock, level, source, message, ...rest].filter(Boolean).join(' ');
}

export class Log {
    #lines = []; // what the server has told, while it is not held still
    #tell;
    #complain;
    #level = make('select', { id: 'log-level', onchange: () => this.#render() },
        ...LEVELS.map((level) => make('option', { value: level, selected: level === 'info' },
            level === 'error' ? 'errors' : level === 'debug' ? 'everything'
                : `${level === 'info' ? 'information' : 'warnings'} and worse`)));
    #find = make('input', { type: 'search', id: 'log-find', placeholder: 'Find',
        'aria-label': 'Find in the log', oninput: () => this.#render() });
    #pause = make('button', { type: 'button', id: 'log-pause', 'aria-pressed': 'false',
        onclick: () => this.#hold() }, 'Pause');
    #count = make('span', { className: 'hint', id: 'log-count', role: 'status' });
    #list = make('ol', { className: 'log', id: 'log', tabIndex: 0, 'aria-label': 'Log' });
    #elements = new Map(); // line -> its element
    #newest = [];

    constructor({ complain, tell }) {
        this.#complain = complain;
        this.#tell = tell;
        this.element = make('section', { className: 'card', 'aria-labelledby': 'log-title' },
            make('header', { className: 'line' }, make('h2', { id: 'log-title' }, 'Log'),
                make('label', { htmlFor: 'log-level', className: 'hidden' }, 'Which lines'), this.#level,
                this.#find, this.#pause,
                make('button', { type: 'button', id: 'log-copy', onclick: () => this.#copy() }, 'Copy'),
                this.#count),
            this.#list);
    }

    show(farfield) {
        return farfield.watch('log', (lines) => {
            this.#newest = lines;
            if (!this.#isHeld) this.#take();
            else this.#tellCount();
        });
    }

    get #isHeld() {
        return this.#pause.getAttribute('aria-pressed') === 'true';
    }

    #hold() {
        this.#pause.setAttribute('aria-pressed', !this.#isHeld);
        // Who holds it still wants to read it, and to hear of no other line.
        this.#count.ariaLive = this.#isHeld ? 'off' : 'polite';
        if (!this.#isHeld) this.#take();
    }

    #take() {
        this.#lines = [...this.#newest];
        this.#render();
    }

    get #found() {
        const most = LEVELS.indexOf(this.#level.value);
        const wanted = this.#find.value.trim().toLowerCase();
        return this.#lines.filter((line) => LEVELS.indexOf(line.level) <= most &&
            (!wanted || textOf(line).toLowerCase().includes(wanted))).slice(-SHOWN);
    }

    #render() {
        const list = this.#list;
        const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
        const found = this.#found;
        const before = this.#elements;
        this.#elements = new Map(found.map((line) => [line, before.get(line) ??
            make('li', { className: line.level }, textOf(line))]));
        list.replaceChildren(...this.#elements.values());
        if (isAtEnd) list.scrollTop = list.scrollHeight;
        this.#tellCount();
    }

    #tellCount() {
        const waiting = this.#isHeld ? this.#newest.filter((line) => !this.#lines.includes(line)).length
            : 0;
        const found = this.#elements.size;
        write(this.#count, waiting ? `${waiting} more since`
            : this.#find.value ? `${found} found` : found ? '' : 'No such lines');
    }

    async #copy() {
        try {
            await navigator.clipboard.writeText(this.#found.map(textOf).join('\n'));
            this.#tell('The log is copied.');
        } catch {
            this.#complain(new Error('This browser does not let the page copy.'));
        }
    }
}
