// SPDX-License-Identifier: GPL-3.0-or-later
// A stereo level meter: two bars for RMS, a line for the peak, the peak as a number.
import { make } from './elements.js';

const FLOOR = -60; // dBFS at the left end
const FALL = 20; // dB a second that the peak line falls

function part(decibels) {
    return Math.min(1, Math.max(0, 1 - decibels / FLOOR));
}

export class Meter {
    #bars;
    #peaks;
    #number;
    #shown = [-200, -200];
    #at = performance.now();
    #numberAt = 0;

    constructor(label) {
        this.#bars = [0, 1].map(() => make('div', { className: 'meter-bar' }));
        this.#peaks = [0, 1].map(() => make('div', { className: 'meter-peak' }));
        this.#number = make('output', { className: 'meter-number' }, '');
        const rows = [0, 1].map((i) => make('div', { className: 'meter-row' }, this.#bars[i],
            this.#peaks[i]));
        this.element = make('div', { className: 'meter', role: 'group', 'aria-label': label },
            make('span', { className: 'meter-label' }, label),
            make('div', { className: 'meter-rows', 'aria-hidden': 'true' }, ...rows),
            this.#number);
        this.#number.setAttribute('aria-live', 'off');
        this.show({ peak: [-200, -200], rms: [-200, -200] });
    }

    show({ peak, rms }) {
        const now = performance.now();
        const fallen = ((now - this.#at) / 1000) * FALL;
        this.#at = now;
        for (const i of [0, 1]) {
            this.#shown[i] = Math.max(peak[i], this.#shown[i] - fallen, FLOOR);
            this.#bars[i].style.transform = `scaleX(${part(rms[i]).toFixed(3)})`;
            this.#peaks[i].style.left = `${(part(this.#shown[i]) * 100).toFixed(1)}%`;
            this.#peaks[i].classList.toggle('hot', this.#shown[i] > -3);
        }
        if (now - this.#numberAt < 200) return; // a number that flickers is not read
        this.#numberAt = now;
        const loudest = Math.max(...this.#shown);
        this.#number.value = loudest <= FLOOR ? 'silent' : `${loudest.toFixed(0)} dB`;
    }
}
