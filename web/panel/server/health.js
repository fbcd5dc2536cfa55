// SPDX-License-Identifier: GPL-3.0-or-later
// Whether each part works, in words, and the way to start the sound server anew.
import { arrange, make, write } from '../elements.js';

const EVERY = 3000; // ms
const PARTS = {
    scsynth: 'Sound server',
    jack: 'JACK',
    pipeline: 'Streams to listeners',
    store: 'Scenes on disk',
    streams: 'Listening without WebRTC',
};

export class Health {
    #farfield;
    #complain;
    #tell;
    #timer = 0;
    #state = '';
    #headline = make('p', { id: 'health', role: 'status', className: 'health-headline' });
    #list = make('ul', { className: 'parts' });
    #rows = new Map(); // name -> {element, words}
    #version = make('p', { className: 'hint' });
    #restart = make('div', { className: 'restart' });

    constructor({ farfield, complain, tell }) {
        this.#farfield = farfield;
        this.#complain = complain;
        this.#tell = tell;
        this.#offer();
        this.element = make('section', { className: 'card health', 'aria-labelledby': 'health-title' },
            make('h2', { id: 'health-title' }, 'Health'), this.#headline, this.#list, this.#version,
            this.#restart);
        farfield.on('connection', () => this.#timer && this.#look());
    }

    show() {
        this.#timer = setInterval(() => this.#look(), EVERY);
        this.#look();
    }

    hide() {
        clearInterval(this.#timer);
        this.#timer = 0;
    }

    // What the server tells by itself; a part that has just gone is not waited for.
    update({ state, version, port, client_id: id, max_logins: logins }) {
        if (this.#state !== state) this.#look();
        this.#state = state;
        write(this.#version, `scsynth ${version}, UDP port ${port}, client ${id} of ${logins}`);
    }

    async #look() {
        if (this.#farfield.connection !== 'open') {
            this.#away();
            return;
        }
        try {
            const { parts, streams, aside } = await this.#farfield.call('health.ready');
            this.#render({ ...parts, streams }, aside);
        } catch (error) {
            // What is not ready is told as an error, which says the same by part.
            if (error.data?.parts) this.#render({ ...error.data.parts, streams: error.data.streams }, []);
            else this.#away();
        }
    }

    #away() {
        write(this.#headline, 'The server is away.');
        this.#headline.classList.add('bad');
        arrange(this.#list, []);
    }

    #render(parts, aside = []) {
        const names = Object.keys(PARTS).filter((name) => parts[name]);
        const bad = names.filter((name) => !parts[name].ok);
        const left = aside.map(({ synthdef, method }) => synthdef ?? method);
        write(this.#headline, bad.length > 0 ? `${bad.map((name) => PARTS[name]).join(', ')}: not now`
            : left.length > 0 ? `All works, but ${left.join(', ')} was left out after crashes`
                : 'All works');
        this.#headline.classList.toggle('bad', bad.length > 0);
        for (const name of names) {
            if (!this.#rows.has(name)) {
                const words = make('span', { className: 'hint' });
                this.#rows.set(name, { words, element: make('li', {},
                    make('span', { className: 'part' }, PARTS[name]), words) });
            }
            const { element, words } = this.#rows.get(name);
            const { ok, detail } = parts[name];
            element.classList.toggle('bad', !ok);
            write(words, detail || (ok ? 'works' : 'away'));
        }
        arrange(this.#list, names.map((name) => this.#rows.get(name).element));
    }

    #offer() {
        this.#restart.replaceChildren(make('button', { type: 'button', id: 'restart',
            onclick: () => this.#ask() }, 'Restart the sound server'));
    }

    #ask() {
        const cancel = make('button', { type: 'button', onclick: () => {
            this.#offer();
            this.#restart.firstChild.focus();
        } }, 'Leave it');
        this.#restart.replaceChildren(
            make('span', { role: 'status' }, 'All sound stops for a moment, and comes back as it was.'),
            make('button', { type: 'button', className: 'danger', id: 'restart-now',
                onclick: () => this.#go() }, 'Restart now'), cancel);
        cancel.focus();
    }

    async #go() {
        this.#offer();
        this.#restart.firstChild.focus();
        try {
            await this.#farfield.call('server.restart');
            this.#tell('The sound server starts anew.');
        } catch (error) {
            this.#complain(new Error(`It was not restarted: ${error.message}`));
        }
    }
}
