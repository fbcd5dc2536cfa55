// SPDX-License-Identifier: GPL-3.0-or-later
// The spectrum of what arrives: frequency by octaves, level in dBFS, and the strongest partial in
// words.
import { colour } from '../colours.js';
import { make } from '../elements.js';
import { Canvas } from './canvas.js';
import { signed } from './words.js';

const LOW = 20; // Hz at the left end
const HIGH = 20000;
const TOP = 0; // dBFS
const FLOOR = -96;
const FREQUENCIES = [[50, '50'], [100, '100'], [200, '200'], [500, '500'], [1000, '1k'],
    [2000, '2k'], [5000, '5k'], [10000, '10k']];
const LEVELS = [-24, -48, -72];
const COLUMN = 2; // CSS pixels
const HEARD = -70; // dBFS that a partial needs to be named
const SAID = 700; // ms between two names
const NOTES = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'];

// "A4 +3 cents", by the tuning of A4 to 440 Hz.
export function noteOf(hz) {
    const exact = 69 + 12 * Math.log2(hz / 440);
    const note = Math.round(exact);
    const cents = Math.round((exact - note) * 100);
    const name = `${NOTES[((note % 12) + 12) % 12]}${Math.floor(note / 12) - 1}`;
    return cents === 0 ? name : `${name} ${cents > 0 ? '+' : '−'}${Math.abs(cents)} cents`;
}

const along = (hz, width) => (Math.log(hz / LOW) / Math.log(HIGH / LOW)) * width;
const below = (decibels, height) =>
    Math.min(1, Math.max(0, (TOP - decibels) / (TOP - FLOOR))) * height;

// The strongest partial: {hz, level}, between the lines by the parabola through three of them.
export function strongest(spectrum, rate) {
    const step = rate / (2 * spectrum.length);
    let best = Math.ceil(LOW / step);
    for (let k = best; k < spectrum.length - 1; k++) if (spectrum[k] > spectrum[best]) best = k;
    const [a, b, c] = [spectrum[best - 1], spectrum[best], spectrum[best + 1]];
    const bend = a - 2 * b + c;
    const shift = bend < 0 ? (a - c) / (2 * bend) : 0;
    return { hz: (best + shift) * step, level: b - ((a - c) * shift) / 4 };
}

export class Spectrum {
    #canvas;
    #words;
    #columns = []; // of each column the first line and the one after its last; fractions where narrow
    #columnsFor = '';
    #saidAt = -Infinity;

    constructor() {
        this.#canvas = new Canvas('Spectrum', (...all) => this.#paint(...all));
        this.#words = make('output', { className: 'figure-words', id: 'strongest' });
        this.#words.setAttribute('aria-live', 'off');
        this.element = make('figure', { className: 'figure spectrum' },
            make('figcaption', {}, make('h3', {}, 'Spectrum'), this.#words), this.#canvas.element);
    }

    // Draws a frame of a Sound, whose samples have been read.
    show(sound, now) {
        const context = this.#canvas.frame(sound.isSilent ? 'silence' : null);
        if (context && !sound.isSilent) {
            sound.readSpectrum();
            this.#draw(context, sound);
        }
        if (now > this.#saidAt + SAID) {
            this.#saidAt = now;
            this.#tell(sound);
        }
    }

    #tell(sound) {
        const { hz, level } = sound.isSilent ? { level: -Infinity }
            : strongest(sound.spectrum, sound.rate);
        const words = level < HEARD || !Number.isFinite(hz) ? 'Silence'
            : `Strongest at ${hz < 1000 ? hz.toFixed(1) : hz.toFixed(0)} Hz · ${noteOf(hz)} · ${
                signed(level, 0)} dB`;
        if (this.#words.value === words) return;
        this.#words.value = words;
        this.#canvas.label = `Spectrum. ${words}`;
    }

    #draw(context, { spectrum, rate }) {
        const { width, height } = this.#canvas;
        this.#layOut(width, spectrum.length, rate);
        const tops = this.#columns.map(({ from, to }) =>
            Math.round(below(levelOf(spectrum, from, to), height)));
        context.fillStyle = colour('accent');
        // Whole pixels: a path with smooth edges would cost several times as much.
        context.globalAlpha = 0.3;
        tops.forEach((top, i) => context.fillRect(i * COLUMN, top, COLUMN, height - top));
        context.globalAlpha = 1;
        tops.forEach((top, i) => top < height && context.fillRect(i * COLUMN, top, COLUMN, 2));
    }

    #layOut(width, lines, rate) {
        const key = `${width} ${rate}`;
        if (key === this.#columnsFor) return;
        this.#columnsFor = key;
        const lineAt = (x) => Math.min(lines - 1.001,
            (LOW * (HIGH / LOW) ** (x / width)) / (rate / (2 * lines)));
        this.#columns = Array.from({ length: Math.ceil(width / COLUMN) + 1 }, (_, i) =>
            ({ from: lineAt((i - 0.5) * COLUMN), to: lineAt((i + 0.5) * COLUMN) }));
    }

    #paint(context, width, height) {
        context.strokeStyle = colour('edge');
        context.fillStyle = colour('soft');
        context.font = '11px system-ui, sans-serif';
        context.beginPath();
        context.textAlign = 'center';
        for (const [hz, name] of FREQUENCIES) {
            if (width < 420 && /^[25]/.test(name)) continue;
            const x = Math.round(along(hz, width)) + 0.5;
            context.moveTo(x, 0);
            context.lineTo(x, height - 16);
            context.fillText(name, x, height - 4);
        }
        context.textAlign = 'left';
        for (const level of LEVELS) {
            const y = Math.round(below(level, height)) + 0.5;
            context.moveTo(0, y);
            context.lineTo(width, y);
            context.fillText(`${signed(level, 0)} dB`, 4, y - 4);
        }
        context.stroke();
    }
}

// The loudest line within a column, or what lies between two lines where they are far apart.
function levelOf(spectrum, from, to) {
    if (to - from < 1) {
        const line = Math.floor(from);
        const rest = from - line;
        return spectrum[line] * (1 - rest) + spectrum[line + 1] * rest;
    }
    let most = -200;
    for (let k = Math.floor(from); k < to; k++) if (spectrum[k] > most) most = spectrum[k];
    return most;
}
