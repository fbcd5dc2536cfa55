// SPDX-License-Identifier: GPL-3.0-or-later
// The server's state, and light or dark: what the bar has besides the sound.
import { write } from './elements.js';

const THEMES = { auto: ['light', 'as the system has it'], light: ['dark', 'light'],
    dark: ['auto', 'dark'] };
const THEME_KEY = 'farfield.theme';

export class Bar {
    #farfield;
    #find;

    constructor({ farfield, find }) {
        this.#farfield = farfield;
        this.#find = find;
        this.#wireTheme();
        farfield.addEventListener('connection', () => this.#showServer());
        farfield.addEventListener('server', () => this.#showServer());
        this.#showServer();
    }

    #wireTheme() {
        const button = this.#find('#theme');
        const { dataset } = document.documentElement;
        const show = () => {
            if (!THEMES[dataset.theme]) dataset.theme = 'auto';
            const words = `Colours: ${THEMES[dataset.theme][1]}`;
            button.setAttribute('aria-label', words);
            button.title = words;
        };
        button.onclick = () => {
            [dataset.theme] = THEMES[dataset.theme];
            localStorage.setItem(THEME_KEY, dataset.theme);
            show();
        };
        show();
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
