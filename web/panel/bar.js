// SPDX-License-Identifier: GPL-3.0-or-later
// The server's state, in the bar.
import { write } from './elements.js';

export class Bar {
    #farfield;
    #find;

    constructor({ farfield, find }) {
        this.#farfield = farfield;
        this.#find = find;
        farfield.addEventListener('connection', () => this.#showServer());
        farfield.addEventListener('server', () => this.#showServer());
        this.#showServer();
    }

    #showServer() {
        const { connection, server, synced } = this.#farfield;
        const isGood = synced && server?.state === 'running';
        const element = this.#find('#connection');
        write(element, {
            connecting: 'Connecting',
            lost: 'No connection to the server, trying again',
            key: 'A key is needed',
            open: !synced ? 'Connecting' : isGood ? 'Ready' : 'The sound server is starting',
        }[connection]);
        element.classList.toggle('good', isGood);
        this.#find('#load').textContent = isGood ? `· CPU ${server.cpu.average.toFixed(0)} %` : '';
    }
}
