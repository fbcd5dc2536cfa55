// SPDX-License-Identifier: GPL-3.0-or-later
// Where a value stands on its slider, 0 to 1, and how it is written.

export class Scale {
    // `parameter` as the server describes it; min and max must be there.
    constructor({ min, max, curve, step, unit }) {
        Object.assign(this, { min, max, step: step || 0, unit: unit ?? '' });
        this.exponential = curve === 'exponential' && min > 0 && max > min;
    }

    position(value) {
        const x = Math.min(this.max, Math.max(this.min, value));
        if (this.max === this.min) return 0;
        return this.exponential ? Math.log(x / this.min) / Math.log(this.max / this.min)
            : (x - this.min) / (this.max - this.min);
    }

    value(position) {
        const p = Math.min(1, Math.max(0, position));
        const exact = this.exponential ? this.min * (this.max / this.min) ** p
            : this.min + p * (this.max - this.min);
        return this.rounded(exact);
    }

    // Within the range, and on its steps where it has some.
    rounded(value) {
        const stepped = this.step ? Math.round((value - this.min) / this.step) * this.step +
            this.min : value;
        return Number(Math.min(this.max, Math.max(this.min, stepped)).toPrecision(7));
    }

    // The value that an arrow key leads to: `count` steps of 1/200 of the way, or one real step.
    nudged(value, count) {
        const next = this.value(this.position(value) + count / 200);
        const least = this.step * Math.sign(count);
        return this.step && Math.abs(next - value) < this.step / 2 ? this.rounded(value + least)
            : next;
    }
}

// Four digits tell more than an ear does.
export function format(value) {
    if (!Number.isFinite(value)) return '–';
    const size = Math.abs(value);
    if (size >= 1000) return value.toFixed(0);
    if (size === 0) return '0';
    const digits = size >= 100 ? 1 : size >= 10 ? 2 : 3;
    return String(Number(value.toFixed(size < 0.01 ? 5 : digits)));
}

// What was typed, a decimal comma and a trailing unit or "k" included; NaN when it is no number.
export function parse(text) {
    const match = /^\s*([-+]?\d*[.,]?\d+(?:e[-+]?\d+)?)\s*(k?)\s*[a-zA-Z%]*\s*$/i.exec(text);
    if (!match) return NaN;
    return Number(match[1].replace(',', '.')) * (match[2].toLowerCase() === 'k' ? 1000 : 1);
}
