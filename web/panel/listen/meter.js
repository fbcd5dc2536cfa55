// SPDX-License-Identifier: GPL-3.0-or-later
// A stereo level meter, marked in dBFS: a bar for RMS, a line for the peak that stays for a moment
// and then falls, and the highest peak as a number until it is pressed.
import { colour } from '../colours.js';
import { make } from '../elements.js';
import { Canvas } from './canvas.js';
import { signed } from './words.js';

const FLOOR = -60; // dBFS at the left end
const MARKS = [-60, -48, -36, -24, -18, -12, -6, 0];
const FEW = [-60, -36, -18, -6]; // where there is little room
const FALL = 20; // dB a second
const HOLD = 1500; // ms
const WARM = -9; // dBFS from which on little is left
const HOT = -1;
const SCALE = 16; // CSS pixels for the numbers
const SAID = 1000; // ms between two values for screen readers: who listens by ear hears it anyway

const part = (decibels) => Math.min(1, Math.max(0, 1 - decibels / FLOOR));
const words = (decibels) => (decibels <= FLOOR ? 'silent' : `${signed(decibels, 0)} dB`);

export class Meter {
    #canvas;
    #name;
    #number;
    #shown = [FLOOR, FLOOR]; // the lines
    #since = [0, 0]; // when each was pushed up, ms
    #highest = -200;
    #rms = [FLOOR, FLOOR];
    #saidAt = -Infinity;

    constructor(name, id) {
        this.#name = name;
        this.#canvas = new Canvas(name, (context, width) => this.#paint(context, width));
        this.#canvas.element.role = 'meter';
        this.#canvas.element.id = `meter-${id}`;
        this.#number = make('button', { type: 'button', className: 'meter-number',
            title: 'The highest peak; press to begin anew',
            onclick: () => { this.#highest = -200; this.#tell(); } });
        this.element = make('div', { className: 'meter' },
            make('span', { className: 'meter-label', 'aria-hidden': 'true' }, name),
            this.#canvas.element, this.#number);
        const { element } = this.#canvas;
        for (const [key, value] of [['valuemin', FLOOR], ['valuemax', 0]]) {
            element.setAttribute(`aria-${key}`, value);
        }
        this.#tell();
    }

    // Draws a frame: `peak` and `rms` of both channels, dBFS, at `now`, ms.
    show({ peak, rms }, now, seconds) {
        for (const i of [0, 1]) {
            if (peak[i] >= this.#shown[i]) {
                this.#shown[i] = peak[i];
                this.#since[i] = now;
            } else if (now > this.#since[i] + HOLD) {
                this.#shown[i] = Math.max(FLOOR, peak[i], this.#shown[i] - FALL * seconds);
            }
            this.#rms[i] = rms[i];
            this.#highest = Math.max(this.#highest, peak[i]);
        }
        this.#draw();
        if (now > this.#saidAt + SAID) {
            this.#saidAt = now;
            this.#tell();
        }
    }

    #tell() {
        const { element } = this.#canvas;
        const loudest = Math.max(...this.#shown);
        element.setAttribute('aria-valuenow', Math.max(FLOOR, loudest).toFixed(0));
        element.setAttribute('aria-valuetext', loudest <= FLOOR ? 'silent'
            : `left ${words(this.#shown[0])}, right ${words(this.#shown[1])}`);
        const text = this.#highest <= FLOOR ? '–' : `${signed(this.#highest, 1)} dB`;
        if (this.#number.textContent !== text) {
            this.#number.textContent = text;
            this.#number.setAttribute('aria-label', `${this.#name}, highest peak ${
                this.#highest <= FLOOR ? 'none' : text}; begin anew`);
        }
        this.#number.classList.toggle('hot', this.#highest > HOT);
    }

    #rows() {
        const height = (this.#canvas.height - SCALE - 2) / 2;
        return [{ top: 0, height }, { top: height + 2, height }];
    }

    #paint(context, width) {
        const bottom = this.#canvas.height - SCALE;
        context.fillStyle = colour('track');
        for (const { top, height } of this.#rows()) context.fillRect(0, top, width, height);
        context.font = '11px system-ui, sans-serif';
        context.textBaseline = 'bottom';
        for (const mark of width > 320 ? MARKS : FEW) {
            const x = Math.min(width - 1, Math.round(part(mark) * width));
            context.fillStyle = colour('card');
            context.fillRect(x, 0, 1, bottom);
            context.fillStyle = colour('soft');
            context.textAlign = mark === FLOOR ? 'left' : mark === 0 ? 'right' : 'center';
            context.fillText(signed(mark, 0), mark === FLOOR ? 0 : x, this.#canvas.height);
        }
    }

    #draw() {
        const { width } = this.#canvas;
        const at = (decibels) => this.#canvas.snap(part(decibels) * width);
        const warm = at(WARM);
        const bars = this.#rows().map((row, i) => ({ ...row, end: at(this.#rms[i]),
            line: this.#shown[i] > FLOOR && Math.min(width - 2, at(this.#shown[i])),
            fill: this.#shown[i] > HOT ? 'danger' : 'text' }));
        const context = this.#canvas.frame(JSON.stringify(bars));
        if (!context) return;
        for (const { top, height, end, line, fill } of bars) {
            context.fillStyle = colour('accent');
            context.fillRect(0, top, Math.min(end, warm), height);
            if (end > warm) {
                context.fillStyle = colour('hot');
                context.fillRect(warm, top, end - warm, height);
            }
            if (line === false) continue;
            context.fillStyle = colour(fill);
            context.fillRect(line, top, 2, height);
        }
    }
}
