// SPDX-License-Identifier: GPL-3.0-or-later
// Between packets that come when they like and a sound card that wants its samples now: pure
// arithmetic, no clock and no browser, so that it is tested as it is.
//
// Samples are kept by their position in the stream. What is read follows at a distance, the level.
// It falls below its mean where packets are late or the card takes many blocks at once. How far it
// has fallen at worst is the reserve that it needs: this grows at once, by what was missing, is
// kept for more than a minute, for what was late once is late again, and is then given back slowly.
// The mean is steered to the reserve and a margin by reading up to 0.5 % faster or slower, through
// a windowed sinc, which nobody hears; a clock that runs at another speed is followed by the same
// hand. What is missing is bridged by the last period, faded.

export const RATE = 48000;
const CAPACITY = 1 << 17; // samples of each channel, 2.7 s
const HALF = 16; // samples on either side that a sinc looks at
const PHASES = 256;
const MOST = 0.005; // of the speed
const SLEW = 0.02; // share of the way to the wanted speed, in each block
const REACH = 0.02 * RATE; // samples above what is wanted at which it does its most, or all of that
const HASTE = 0.003 * RATE; // and below: the next fall does not wait
const MEAN = 0.5 * RATE; // samples in which the mean of the level loses 63 % of what it was
const SLOT = 10 * RATE; // samples over which only the worst fall is remembered
const SLOTS = 9;
const GIVE = 0.002; // samples of the reserve that are given back in each that is put out
const MOST_SPARE = 0.01 * RATE; // that is kept beyond the reserve where falls differ much
const HOLD = 0.005 * RATE; // samples that a bridge keeps its level
const FADE = 0.015 * RATE; // and then goes
const RISE = 0.005 * RATE;
const HISTORY = 2048; // samples of what was put out, for the bridge

// For what comes by WebRTC, and in each mode by TCP, which brings late what WebRTC would lose. In
// seconds: `floor` is kept beyond the reserve, which is `start` at first and never more than
// `ceiling`; what comes later than that is an outage, and changes nothing. Beyond `excess` above
// what is wanted it does not hurry, but jumps.
export const RINGS = {
    webrtc: { floor: 0.003, start: 0.012, ceiling: 0.06, excess: 0.1 },
    lowest: { floor: 0.01, start: 0.02, ceiling: 0.06, excess: 0.3 },
    balanced: { floor: 0.04, start: 0.04, ceiling: 0.15, excess: 0.4 },
    safe: { floor: 0.3, start: 0.1, ceiling: 0.5, excess: 0.5 },
    pcm: { floor: 0.3, start: 0.05, ceiling: 0.15, excess: 0.4 },
};

// Kaiser's window, for 80 dB.
function bessel(x) {
    let [sum, term] = [1, 1];
    for (let k = 1; k < 24; k++) sum += term *= (x / (2 * k)) ** 2;
    return sum;
}

const table = (() => {
    const taps = new Float32Array((PHASES + 1) * 2 * HALF);
    for (let phase = 0; phase <= PHASES; phase++) {
        for (let tap = 0; tap < 2 * HALF; tap++) {
            const x = tap - HALF + 1 - phase / PHASES;
            const window = bessel(8 * Math.sqrt(Math.max(0, 1 - (x / HALF) ** 2))) / bessel(8);
            const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
            taps[phase * 2 * HALF + tap] = sinc * window;
        }
    }
    return taps;
})();

export class Ring {
    #data = [new Float32Array(CAPACITY), new Float32Array(CAPACITY)];
    #end = null; // position behind the newest sample
    #holes = []; // {from, to} that have not come, in order
    #at = 0; // position that is read next, with its fraction
    #speed = 0; // what is added to 1
    #frame = 240; // samples of the longest packet so far
    #floor;
    #ceiling;
    #excess;
    #reserve; // samples by which the level may fall
    #typical; // the median of the falls
    #falls = new Float64Array(SLOTS); // that the reserve is for, the worst of each slot
    #slot = 0;
    #inSlot = 0; // samples
    #shift = 0; // samples by which steering has lowered the level so far
    #mean = 0; // of the levels, each with the shift of its time added
    #known = 0; // samples that the mean is made of
    #settling = 0; // samples until levels are looked at
    #history = [new Float32Array(HISTORY), new Float32Array(HISTORY)];
    #out = 0; // samples put out so far
    #bridge = null; // {from, period, age}
    #rise = 0; // 0 to 1, what comes in after a bridge
    #stalled = Infinity; // samples since it stopped
    #lowest = Infinity; // level since it was last above the mean, with the shift
    playing = false;
    underruns = 0;
    concealed = 0; // samples

    constructor({ floor, start, ceiling, excess } = RINGS.webrtc) {
        this.#floor = floor * RATE;
        this.#ceiling = ceiling * RATE;
        this.#excess = excess * RATE;
        this.#falls.fill(start * RATE);
        this.#reserve = this.#typical = start * RATE;
    }

    // Samples between what is read and what has come.
    get level() {
        return this.#end === null ? 0 : this.#end - this.#at;
    }

    get speed() {
        return 1 + this.#speed;
    }

    // Samples that the mean of the level is to have. Where some falls are far worse than others the
    // next may be worse than all of them.
    get #margin() {
        const spare = Math.max(0, this.#reserve - this.#typical);
        return this.#floor + this.#reserve + Math.min(spare, MOST_SPARE);
    }

    // What is to be known of it; `position` is the one that comes out next.
    report() {
        const { playing, level, underruns, concealed, speed } = this;
        return { position: this.#at, playing, level, margin: this.#margin, underruns, concealed,
            played: this.#out + concealed, speed };
    }

    // Takes samples of both channels (of one, twice the same) that begin at a position.
    push(position, [left, right = left]) {
        const { length } = left;
        if (this.#end === null || Math.abs(position - this.#end) > CAPACITY / 2) {
            this.#end = this.#at = position;
            this.#holes = [];
            this.#stop();
            this.#stalled = Infinity;
        }
        this.#frame = Math.max(this.#frame, length);
        if (position > this.#end) this.#holes.push({ from: this.#end, to: position });
        else if (position < this.#end) this.#fill(position, position + length);
        for (let i = 0; i < length; i++) {
            const k = (position + i) & (CAPACITY - 1);
            this.#data[0][k] = left[i];
            this.#data[1][k] = right[i];
        }
        this.#end = Math.max(this.#end, position + length);
        // Nobody reads while the page may not sound.
        if (this.level > CAPACITY - 4 * this.#frame) this.#jump();
    }

    // Fills a block of both channels.
    pull(left, right) {
        const { length } = left;
        if (!this.playing) this.#tryStart();
        let done = 0;
        while (done < length) {
            if (!this.playing) {
                this.#silence(left, right, done, length - done);
                this.#stalled += length - done;
                this.#shift -= length - done; // standing still is the slowest reading
                this.#lowest = Math.min(this.#lowest, this.level + this.#shift);
                return;
            }
            done += this.#step(left, right, done, length - done);
        }
        this.#remember(this.level + this.#shift, length);
        this.#steer(length);
    }

    // As many samples as can be made in one way: from what is there, or over a hole.
    #step(left, right, done, wanted) {
        const step = 1 + this.#speed;
        while (this.#holes.length && this.#holes[0].to + HALF <= this.#at) this.#holes.shift();
        const hole = this.#holes[0];
        const limit = (hole ? hole.from : this.#end) - HALF;
        const count = Math.min(wanted, Math.ceil((limit - this.#at) / step));
        if (count > 0) {
            this.#render(left, right, done, count);
            return count;
        }
        if (!hole) {
            this.underruns++;
            this.#stop();
            return 0;
        }
        const over = Math.min(wanted, Math.max(1, Math.ceil((hole.to + HALF - this.#at) / step)));
        this.#silence(left, right, done, over);
        this.#at += over * step;
        return over;
    }

    #render(left, right, done, count) {
        const step = 1 + this.#speed;
        const [a, b] = this.#data;
        for (let i = 0; i < count; i++) {
            const whole = Math.floor(this.#at);
            const phase = (this.#at - whole) * PHASES;
            const row = Math.floor(phase);
            const part = phase - row;
            let x = 0;
            let y = 0;
            for (let tap = 0, k = row * 2 * HALF; tap < 2 * HALF; tap++, k++) {
                const weight = table[k] + part * (table[k + 2 * HALF] - table[k]);
                const from = (whole + tap - HALF + 1) & (CAPACITY - 1);
                x += weight * a[from];
                y += weight * b[from];
            }
            this.#put(left, right, done + i, x, y);
            this.#at += step;
        }
    }

    // Puts out one sample, risen as far as it has, and what is left of a bridge.
    #put(left, right, i, x, y) {
        if (this.#rise < 1) {
            this.#rise = Math.min(1, this.#rise + 1 / RISE);
            x *= this.#rise;
            y *= this.#rise;
            const rest = this.#bridgeGain() * (1 - this.#rise);
            if (rest > 0) {
                const k = this.#bridgeIndex();
                x += rest * this.#history[0][k];
                y += rest * this.#history[1][k];
            }
            if (this.#rise === 1) this.#bridge = null;
        }
        left[i] = x;
        right[i] = y;
        const k = this.#out++ & (HISTORY - 1);
        this.#history[0][k] = x;
        this.#history[1][k] = y;
    }

    // What nothing is there for: the last period again and again, fading.
    #silence(left, right, done, count) {
        this.#bridge ??= { from: this.#out, period: this.#period(), age: 0 };
        this.#rise = 0;
        for (let i = 0; i < count; i++) {
            const gain = this.#bridgeGain();
            const k = gain > 0 ? this.#bridgeIndex() : 0;
            left[done + i] = gain * this.#history[0][k];
            right[done + i] = gain * this.#history[1][k];
        }
        if (this.#out > 0) this.concealed += count;
    }

    #bridgeGain() {
        if (!this.#bridge || this.#bridge.period === 0) return 0;
        return Math.min(1, Math.max(0, 1 - (this.#bridge.age - HOLD) / FADE));
    }

    #bridgeIndex() {
        const { from, period, age } = this.#bridge;
        this.#bridge.age++;
        return (from - period + (age % period)) & (HISTORY - 1);
    }

    // Samples after which the end of what was put out resembles itself most, 0 before there is any.
    #period() {
        if (this.#out < HISTORY) return 0;
        const data = new Float32Array(HISTORY); // the newest last
        for (let i = 0; i < HISTORY; i++) {
            const k = (this.#out + i) & (HISTORY - 1);
            data[i] = this.#history[0][k] + this.#history[1][k];
        }
        const likeness = (lag) => {
            let product = 0;
            let energy = 1e-9;
            for (let i = HISTORY - 480; i < HISTORY; i += 3) {
                product += data[i] * data[i - lag];
                energy += data[i - lag] ** 2;
            }
            return product / Math.sqrt(energy);
        };
        let [best, most] = [480, -Infinity];
        const consider = (lag) => {
            const value = likeness(lag);
            if (value > most) [best, most] = [lag, value];
        };
        for (let lag = 96; lag < 1000; lag += 2) consider(lag);
        const coarse = best;
        consider(coarse - 1);
        consider(coarse + 1);
        return best;
    }

    #stop() {
        this.playing = false;
        this.#stalled = 0;
    }

    // After a silence it begins as near to now as it may.
    #tryStart() {
        if (this.#end === null || this.level < this.#frame) return;
        // No reserve could have helped.
        const isOver = this.#stalled >= this.#ceiling ||
            (this.#known > 0 && this.#mean - this.#lowest > this.#floor + this.#ceiling);
        if (!isOver) this.#need(this.#lowest);
        const wanted = this.#margin + this.#frame + HALF;
        if (this.level < wanted) return;
        if (isOver) this.#forget();
        this.#goTo(this.#end - wanted);
        this.playing = true;
    }

    #jump() {
        this.#bridge = this.playing ? { from: this.#out, period: this.#period(), age: 0 } : null;
        this.#goTo(this.#end - this.#margin - this.#frame - HALF);
        this.#forget();
        this.#rise = 0;
    }

    #goTo(position) {
        const to = Math.max(this.#at, position);
        this.#shift += to - this.#at;
        this.#at = to;
        this.#holes = this.#holes.filter((hole) => hole.to > to);
    }

    // A packet that was overtaken.
    #fill(from, to) {
        this.#holes = this.#holes.flatMap((hole) => [
            { from: hole.from, to: Math.min(hole.to, from) },
            { from: Math.max(hole.from, to), to: hole.to },
        ].filter((rest) => rest.from < rest.to));
    }

    // What was held up comes at once, and says nothing of how it will be.
    #forget() {
        this.#known = 0;
        this.#lowest = Infinity;
        this.#settling = RATE / 2;
    }

    #remember(level, length) {
        if (this.#settling > 0) {
            this.#settling -= length;
            return;
        }
        this.#known = Math.min(MEAN, this.#known + length);
        this.#mean += (level - this.#mean) * (length / this.#known);
        this.#watch(level);
        this.#inSlot += length;
        if (this.#inSlot < SLOT) return;
        this.#inSlot = 0;
        this.#typical = this.#falls.slice().sort()[SLOTS >> 1];
        this.#slot = (this.#slot + 1) % SLOTS;
        this.#falls[this.#slot] = 0;
    }

    // Notes how far the level has fallen; what it was for is known when it has risen again.
    #watch(level) {
        this.#lowest = Math.min(this.#lowest, level);
        if (level < this.#mean) return;
        this.#need(this.#lowest);
        this.#lowest = Infinity;
    }

    // The level may fall to this one again: then nothing is to be missing.
    #need(level) {
        if (this.#known === 0) return;
        const fall = Math.min(this.#ceiling, this.#mean - level);
        this.#falls[this.#slot] = Math.max(this.#falls[this.#slot], fall);
        this.#reserve = Math.max(this.#reserve, fall);
    }

    // The shift that is in the mean makes what was steered since count at once.
    #steer(length) {
        const needed = this.#falls.reduce((a, b) => Math.max(a, b));
        this.#reserve = Math.max(this.#reserve - GIVE * length, needed);
        const distance = this.#known === 0 ? 0 : this.#mean - this.#shift - HALF - this.#margin;
        if (distance > this.#excess) this.#jump();
        const reach = distance < 0 ? HASTE : Math.max(REACH, this.#margin);
        const wanted = MOST * Math.min(1, Math.max(-1, distance / reach));
        this.#speed += (wanted - this.#speed) * SLEW;
        this.#shift += this.#speed * length;
    }
}
