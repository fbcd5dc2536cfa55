// SPDX-License-Identifier: GPL-3.0-or-later
// Who listens: by what, how well, since when.
import { arrange, make, write } from '../elements.js';
import { duration } from '../format.js';

const KINDS = { webrtc: 'WebRTC', websocket: 'WebSocket', pcm: 'samples', webm: 'WebM', ogg: 'Ogg' };
const MODES = { lowest: 'lowest delay', balanced: 'balanced', safe: 'safest' };
const HEAD = ['Program', 'By', 'Mode', 'Loss', 'Delay', 'Round trip', 'For'];
const EVERY = 1000; // ms: how long it has been there

const ms = (seconds) => (seconds === null || seconds === undefined ? '–'
    : `${(seconds * 1000).toFixed(0)} ms`);

function cellsOf({ client, kind, mode, served, loss, delay, round_trip: roundTrip, since, state }) {
    const modes = served === mode ? MODES[mode] : `${MODES[mode]}, now ${MODES[served]}`;
    return [client || 'unknown', KINDS[kind] ?? kind, modes,
        loss === null || loss === undefined ? '–' : `${(loss * 100).toFixed(1)} %`, ms(delay),
        ms(roundTrip), state === 'connected' ? duration(Math.max(0, Date.now() / 1000 - since))
            : 'connecting'];
}

class Row {
    #cells = HEAD.map((name, i) => {
        const cell = make(i ? 'td' : 'th', i ? {} : { scope: 'row' });
        cell.dataset.name = name;
        return cell;
    });

    constructor(id) {
        this.element = make('tr', {}, ...this.#cells);
        this.element.dataset.listener = id;
    }

    update(listener) {
        cellsOf(listener).forEach((words, i) => write(this.#cells[i], words));
        this.#cells[3].classList.toggle('bad', listener.loss > 0.01);
    }
}

export class Listeners {
    #rows = new Map(); // id -> Row
    #listeners = new Map();
    #timer = 0;
    #body = make('tbody');
    #count = make('span', { className: 'hint', id: 'listener-count' });
    #table;
    #empty = make('p', { className: 'empty' }, 'Nobody listens.');

    constructor() {
        this.#table = make('table', { className: 'listeners' },
            make('caption', { className: 'hidden' }, 'Listeners'),
            make('thead', {}, make('tr', {}, ...HEAD.map((name) => make('th', { scope: 'col' }, name)))),
            this.#body);
        this.element = make('section', { className: 'card', 'aria-labelledby': 'listeners-title' },
            make('header', { className: 'line' },
                make('h2', { id: 'listeners-title' }, 'Listeners'), this.#count),
            this.#table, this.#empty);
    }

    show(farfield) {
        const end = farfield.watch('listeners', (listeners) => this.#render(listeners));
        this.#timer = setInterval(() => this.#render(this.#listeners), EVERY);
        return end;
    }

    hide() {
        clearInterval(this.#timer);
    }

    #render(listeners) {
        this.#listeners = listeners;
        const sorted = [...listeners.values()].sort((a, b) => a.since - b.since);
        const rows = new Map();
        for (const listener of sorted) {
            const row = this.#rows.get(listener.id) ?? new Row(listener.id);
            row.update(listener);
            rows.set(listener.id, row);
        }
        this.#rows = rows;
        arrange(this.#body, [...rows.values()].map(({ element }) => element));
        this.#table.hidden = sorted.length === 0;
        this.#empty.hidden = sorted.length > 0;
        write(this.#count, sorted.length > 0 ? String(sorted.length) : '');
    }
}
