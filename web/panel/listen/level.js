// SPDX-License-Identifier: GPL-3.0-or-later
// The small level in the bar.
import { colour } from '../colours.js';
import { Canvas } from './canvas.js';
import { Watch } from './watch.js';

const FLOOR = -60; // dBFS
const FALL = 24; // dB a second
const RATE = 12; // frames a second: it is small, and always there

export class Level {
    #canvas = new Canvas('Level', () => {});
    #watch;
    #shown = [FLOOR, FLOOR];

    // `onsilence` is called when `isSilent` has changed.
    constructor(listening, place, onsilence) {
        this.#watch = Watch.of(listening);
        place.replaceChildren(this.#canvas.element);
        this.#watch.addEventListener('silence', onsilence);
        this.#watch.add((sound, now, seconds) => this.#draw(sound, seconds), { rate: RATE });
    }

    // Sound arrives, and is silence.
    get isSilent() {
        return this.#watch.isSilent;
    }

    #draw(sound, seconds) {
        const next = this.#shown.map((before, i) =>
            Math.max(FLOOR, sound.peak[i], before - FALL * seconds));
        this.#shown = next;
        const { width, height } = this.#canvas;
        const bars = next.map((level) => ({
            end: this.#canvas.snap((1 - level / FLOOR) * width),
            fill: colour(level > -1 ? 'danger' : level > -9 ? 'hot' : 'accent'),
        }));
        const context = this.#canvas.frame(JSON.stringify(bars));
        if (!context) return;
        const row = (height - 1) / 2;
        bars.forEach(({ end, fill }, i) => {
            context.fillStyle = fill;
            context.fillRect(0, i * (row + 1), end, row);
        });
    }
}
