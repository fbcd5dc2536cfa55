// SPDX-License-Identifier: GPL-3.0-or-later
// What is in a buffer, drawn: each column from the lowest to the highest of its samples.
import { colour, onTheme } from '../colours.js';
import { make } from '../elements.js';

const POINTS = 800;

export class Waveform {
    #farfield;
    #peaks = null;
    element = make('canvas', { className: 'waveform', width: POINTS, height: 120, role: 'img' });

    constructor(farfield, label) {
        this.#farfield = farfield;
        this.element.setAttribute('aria-label', label);
        onTheme(() => this.#draw());
    }

    async load(id) {
        try {
            this.#peaks = await this.#farfield.call('buffer.peaks', { id, points: POINTS });
        } catch {
            this.#peaks = null; // it went, or is being made
        }
        this.#draw();
    }

    #draw() {
        const context = this.element.getContext('2d');
        const { width, height } = this.element;
        context.clearRect(0, 0, width, height);
        const channels = this.#peaks?.channels ?? [];
        this.element.dataset.points = channels[0]?.min.length ?? 0;
        context.fillStyle = colour('accent');
        const tall = height / Math.max(1, channels.length);
        channels.forEach(({ min, max }, c) => {
            const middle = tall * (c + 0.5);
            const y = (value) => middle - Math.max(-1, Math.min(1, value ?? 0)) * (tall / 2 - 1);
            min.forEach((low, i) => {
                const top = y(max[i]);
                context.fillRect((i * width) / min.length, top, Math.max(1, width / min.length),
                    Math.max(1, y(low) - top));
            });
        });
    }
}
