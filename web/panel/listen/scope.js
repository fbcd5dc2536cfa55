// SPDX-License-Identifier: GPL-3.0-or-later
// An oscilloscope: left above, right below, standing still where the sound repeats itself, since
// each frame begins where the louder channel goes up through zero.
import { colour } from '../colours.js';
import { make } from '../elements.js';
import { Canvas } from './canvas.js';

const SPANS = [5, 10, 20, 50]; // ms from left to right
const STEPS = [1, 2, 4, 8, 16, 32, 64]; // by how much small sounds are enlarged
const ARM = 0.3; // of the peak: how far below zero it must have been to begin at the next zero
const SHRINK = 0.9; // of full height; beyond it the next smaller step is taken
const GROW = 0.4; // of it, below which the next larger one is

// The index, between two samples, at which a frame of `length` may begin: the newest rise through
// zero that leaves so many samples behind it; the newest possible where there is none.
export function trigger(samples, length) {
    const last = samples.length - length - 1;
    const first = Math.max(0, last - length * 2 - 2048); // a period of 20 Hz, at least
    let most = 0;
    for (let i = first; i < samples.length; i++) most = Math.max(most, Math.abs(samples[i]));
    const low = -ARM * most;
    let armed = false;
    let found = -1;
    for (let i = first; i < last; i++) {
        if (samples[i] < low) armed = true;
        else if (armed && samples[i] < 0 && samples[i + 1] >= 0) {
            found = i + samples[i] / (samples[i] - samples[i + 1]);
            armed = false;
        }
    }
    return found < 0 ? last : found;
}

export class Scope {
    #canvas;
    #span;
    #words;
    #scale = 0; // index of STEPS
    #quietSince = 0;

    constructor() {
        this.#canvas = new Canvas('Scope', (...all) => this.#paint(...all));
        this.#words = make('output', { className: 'figure-words', 'aria-live': 'off' });
        this.#span = make('select', { id: 'scope-span' },
            ...SPANS.map((ms) => make('option', { value: ms, selected: ms === 20 }, `${ms} ms`)));
        this.element = make('figure', { className: 'figure scope' },
            make('figcaption', {}, make('h3', {}, 'Scope'), this.#words,
                make('label', { htmlFor: 'scope-span', className: 'hidden' }, 'Length of the scope'),
                this.#span),
            this.#canvas.element);
        this.#tell();
    }

    // Draws a frame of a Sound, whose samples have been read.
    show(sound, now) {
        const context = this.#canvas.frame(sound.isSilent ? 'silence' : null);
        if (!context || sound.isSilent) return; // the lines below are those of silence
        this.#choose(sound, now);
        const length = Math.round((Number(this.#span.value) / 1000) * sound.rate);
        const louder = sound.rms[1] > sound.rms[0] ? 1 : 0;
        const from = trigger(sound.samples[louder], length);
        sound.samples.forEach((samples, i) => this.#trace(context, samples, from, length, i));
    }

    // The largest enlargement that all fits into, and that does not flicker between two.
    #choose({ peak }, now) {
        const most = 10 ** (Math.max(...peak) / 20);
        const before = this.#scale;
        while (this.#scale > 0 && most * STEPS[this.#scale] > SHRINK) this.#scale--;
        if (most * STEPS[this.#scale] > GROW || most < 1e-4) this.#quietSince = now;
        else if (now > this.#quietSince + 500 && this.#scale < STEPS.length - 1) {
            this.#scale++;
            this.#quietSince = now;
        }
        if (this.#scale !== before) this.#tell();
    }

    #tell() {
        const full = 1 / STEPS[this.#scale];
        const words = full === 1 ? 'full scale' : `±${Number(full.toPrecision(2))} of full scale`;
        this.#words.value = words;
        this.#canvas.label = `Scope, left above, right below: ${words}`;
    }

    #trace(context, samples, from, length, lane) {
        const { width, height } = this.#canvas;
        const middle = (height * (2 * lane + 1)) / 4;
        const size = (height / 4 - 2) * STEPS[this.#scale];
        const clamp = (y) => Math.min(middle + height / 4, Math.max(middle - height / 4, y));
        const first = Math.floor(from);
        const step = width / length;
        context.beginPath();
        if (step >= 1) {
            for (let i = 0; i <= length + 1; i++) {
                context.lineTo((first + i - from) * step, clamp(middle - samples[first + i] * size));
            }
        } else { // more samples than pixels: from the lowest to the highest of each
            for (let x = 0; x < width; x++) {
                const begin = Math.floor(from + x / step);
                const end = Math.floor(from + (x + 1) / step);
                let [least, most] = [samples[begin], samples[begin]];
                for (let i = begin + 1; i <= end; i++) {
                    if (samples[i] < least) least = samples[i];
                    else if (samples[i] > most) most = samples[i];
                }
                context.lineTo(x, clamp(middle - samples[begin] * size));
                if (most - least > Math.abs(samples[end] - samples[begin])) {
                    context.lineTo(x, clamp(middle - most * size));
                    context.lineTo(x, clamp(middle - least * size));
                }
            }
        }
        context.strokeStyle = colour(lane === 0 ? 'accent' : 'hot');
        context.lineWidth = this.#canvas.hairline;
        context.stroke();
    }

    #paint(context, width, height) {
        context.strokeStyle = colour('edge');
        context.fillStyle = colour('soft');
        context.font = '11px system-ui, sans-serif';
        context.beginPath();
        for (const lane of [0, 1]) {
            const y = Math.round((height * (2 * lane + 1)) / 4) + 0.5;
            context.moveTo(0, y);
            context.lineTo(width, y);
            context.fillText(lane === 0 ? 'L' : 'R', 4, y - 5);
        }
        for (let i = 1; i < 10; i++) {
            const x = Math.round((width * i) / 10) + 0.5;
            context.moveTo(x, 0);
            context.lineTo(x, height);
        }
        context.globalAlpha = 0.7;
        context.stroke();
        context.globalAlpha = 1;
    }
}
