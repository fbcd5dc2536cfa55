// SPDX-License-Identifier: GPL-3.0-or-later
// The server's state, in the bar.
import { write } from './elements.js';

export class Bar {
    #farfield;
    #find;

    constructor({ farfield, find }) {
        this.#farfield = farfield;
        this.#find = find;
        farfield.on('connection', () => this.#show(null));
        farfield.watch('server', (status) => this.#show(status));
        this.#show(null);
    }

    #show(status) {
        const isGood = status?.state === 'running';
        const element = this.#find('#connection');
        write(element, {
            connecting: 'Connecting',
            lost: 'No connection to the server, trying again',
            key: 'A key is needed',
            open: !status ? 'Connecting' : isGood ? 'Ready' : 'The sound server is starting',
        }[this.#farfield.connection]);
        element.classList.toggle('good', isGood);
        this.#find('#load').textContent = isGood ? `· CPU ${status.cpu.average.toFixed(0)} %` : '';
    }
}
