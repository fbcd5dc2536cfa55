// SPDX-License-Identifier: GPL-3.0-or-later
// The buses that were allocated, and what is on those for control.
import { arrangeRows, make, write } from '../elements.js';
import { format } from '../play/scale.js';

const LOOK = 500; // ms between two looks at what is on them
const MOST = 24; // buses that are looked at

class Line {
    #values = make('td', { className: 'number' });

    constructor({ id, name, rate, channels }, free) {
        this.element = make('tr', {}, make('th', { scope: 'row' }, name ? `${name} (${id})` : id),
            make('td', {}, `${rate}, ${channels === 1 ? '1 channel' : `${channels} channels`}`),
            this.#values,
            make('td', {}, make('button', { type: 'button', onclick: free,
                'aria-label': `Free bus ${name ?? id}` }, 'Free')));
    }

    show(values = []) {
        write(this.#values, values.map((value) => format(value ?? NaN)).join(', '));
    }
}

export class Buses {
    #farfield;
    #complain;
    #lines = new Map(); // id -> {bus, line}
    #end = null;
    #timer = 0;
    #body = make('tbody');
    #table = make('table', { className: 'buses' }, make('thead', {}, make('tr', {},
        ...['Bus', 'Kind', 'Value', ''].map((title) => (title ? make('th', { scope: 'col' }, title)
            : make('td'))))), this.#body);
    #title = make('h2', { id: 'buses-title', tabIndex: -1 }, 'Buses');
    #empty = make('p', { className: 'empty' }, 'No bus is allocated.');

    constructor({ farfield, complain }) {
        this.#farfield = farfield;
        this.#complain = complain;
        this.element = make('section', { className: 'card', 'aria-labelledby': 'buses-title' },
            this.#title, this.#table, this.#empty);
    }

    show() {
        this.#end ??= this.#farfield.watch('buses', (buses) => this.#draw(buses));
        this.#timer ||= setInterval(() => this.#look(), LOOK);
    }

    hide() {
        this.#end?.();
        this.#end = null;
        clearInterval(this.#timer);
        this.#timer = 0;
    }

    #draw(buses) {
        const free = (id) => this.#farfield.call('bus.free', { id }).catch(this.#complain);
        this.#lines = new Map([...buses.values()].map((bus) => {
            const known = this.#lines.get(bus.id);
            const isSame = known && known.bus.name === bus.name;
            return [bus.id, isSame ? known : { bus, line: new Line(bus, () => free(bus.id)) }];
        }));
        arrangeRows(this.#body, [...this.#lines.values()].map(({ line }) => line.element),
            this.#title);
        this.#table.hidden = buses.size === 0;
        this.#empty.hidden = buses.size > 0;
        this.#look();
    }

    async #look() {
        const controls = [...this.#lines.values()].filter(({ bus }) => bus.rate === 'control');
        for (const { bus, line } of controls.slice(0, MOST)) {
            this.#farfield.call('bus.show', { id: bus.id })
                .then(({ values }) => line.show(values), () => {}); // next time, perhaps
        }
    }
}
