// SPDX-License-Identifier: GPL-3.0-or-later
// The Server view: whether all works, its figures now and over the last ten minutes, who listens,
// and the end of the log.
import { make } from '../elements.js';
import { Figures } from './figures.js';
import { Health } from './health.js';
import { Listeners } from './listeners.js';
import { Log } from './log.js';

export class View {
    #farfield;
    #health;
    #figures = new Figures();
    #listeners = new Listeners();
    #log;
    #status = null;
    #history = [];
    #ends = [];

    constructor(context) {
        this.#farfield = context.farfield;
        this.#health = new Health(context);
        this.#log = new Log(context);
        this.element = make('div', { className: 'server-view' },
            this.#health.element,
            make('section', { className: 'card', 'aria-labelledby': 'figures-title' },
                make('h2', { id: 'figures-title' }, 'Now'), this.#figures.element),
            this.#figures.plots, this.#listeners.element, this.#log.element);
    }

    show() {
        this.#health.show();
        this.#figures.show();
        this.#ends = [
            this.#farfield.watch('server', (status) => {
                this.#status = status;
                if (status) this.#health.update(status);
                this.#figures.update(this.#status, this.#history);
            }),
            this.#farfield.watch('history', (figures) => {
                this.#history = figures;
                this.#figures.update(this.#status, figures);
                this.#figures.plot(figures);
            }),
            this.#listeners.show(this.#farfield),
            this.#log.show(this.#farfield),
        ];
    }

    hide() {
        this.#health.hide();
        this.#figures.hide();
        this.#listeners.hide();
        for (const end of this.#ends.splice(0)) end();
    }
}
