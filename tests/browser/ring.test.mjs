// SPDX-License-Identifier: GPL-3.0-or-later
// The ring between packets and the sound card, without either: what comes out of it is a clean sine.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/farfield.mjs';

const source = readFileSync(join(root, 'web/client/ring.js'), 'utf8');
const { Ring, RINGS } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const RATE = 48000;
const FRAME = 240;
const BLOCK = 128;

// The same on each run.
function random(seed) {
    let state = seed;
    return () => {
        state = (state * 1664525 + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
}

// Sends a sine in packets for `seconds` of the listener's time through a ring, and gives what came
// out and the level after each block. `drift` is by how much the sender's clock is faster,
// `late(i)` how many seconds packet i takes (Infinity: lost), `burst` how many blocks the card takes
// at once.
function run({ seconds, hz = 1000, drift = 0, late = () => 0.001, burst = 1, ring = new Ring() }) {
    const frame = new Float32Array(FRAME);
    const packets = [];
    for (let i = 0; i * FRAME < (seconds + 1) * RATE * (1 + drift); i++) {
        const at = ((i + 1) * FRAME) / (RATE * (1 + drift)) + late(i);
        if (at < Infinity) packets.push({ i, at });
    }
    packets.sort((a, b) => a.at - b.at);
    const out = new Float32Array(Math.ceil((seconds * RATE) / BLOCK / burst) * BLOCK * burst);
    const other = new Float32Array(BLOCK);
    const levels = [];
    let next = 0;
    for (let at = 0; at < out.length; at += BLOCK) {
        const now = Math.floor(at / BLOCK / burst) * ((BLOCK * burst) / RATE);
        for (; next < packets.length && packets[next].at <= now; next++) {
            const from = packets[next].i * FRAME;
            for (let k = 0; k < FRAME; k++) {
                frame[k] = 0.5 * Math.sin((2 * Math.PI * hz * (from + k)) / RATE);
            }
            ring.push(from, [frame]);
        }
        ring.pull(out.subarray(at, at + BLOCK), other);
        assert.ok(Math.abs(ring.speed - 1) < 0.005001, `speed ${ring.speed}`);
        levels.push(ring.level / RATE);
    }
    return { out, levels, ring };
}

// How far below a sine of about `hz` all the rest is, in dB: the worst of windows of 10 ms, each
// with the sine of its own frequency that fits best.
function purity(samples, hz) {
    let worst = Infinity;
    for (let from = 0; from + 480 <= samples.length; from += 2400) {
        const part = samples.subarray(from, from + 480);
        let [low, high] = [-10, 10]; // cents
        while (high - low > 1e-4) {
            const third = (high - low) / 3;
            const rest = (cents) => residue(part, hz * 2 ** (cents / 1200));
            if (rest(low + third) < rest(high - third)) high -= third;
            else low += third;
        }
        const left = residue(part, hz * 2 ** (low / 1200));
        worst = Math.min(worst, -10 * Math.log10(left));
    }
    return worst;
}

// Power of what is left after the best sine and cosine of `hz` are taken away, by that of all.
function residue(part, hz) {
    const w = (2 * Math.PI * hz) / RATE;
    let [ss, cc, sc, xs, xc, xx] = [0, 0, 0, 0, 0, 0];
    part.forEach((x, i) => {
        const s = Math.sin(w * i);
        const c = Math.cos(w * i);
        ss += s * s;
        cc += c * c;
        sc += s * c;
        xs += x * s;
        xc += x * c;
        xx += x * x;
    });
    const det = ss * cc - sc * sc;
    const a = (xs * cc - xc * sc) / det;
    const b = (xc * ss - xs * sc) / det;
    return Math.max(1e-12, (xx - a * xs - b * xc) / xx);
}

// The largest step between neighbours, by that of the sine itself: a click is far above 1.
function roughness(samples, hz) {
    let most = 0;
    for (let i = 1; i < samples.length; i++) {
        most = Math.max(most, Math.abs(samples[i] - samples[i - 1]));
    }
    return most / (0.5 * 2 * Math.sin((Math.PI * hz) / RATE));
}

const ms = (seconds) => `${(seconds * 1000).toFixed(1)} ms`;
const last = (levels, seconds) => levels.slice(-Math.floor((seconds * RATE) / BLOCK));
const mean = (values) => values.reduce((a, b) => a + b) / values.length;
// Of the levels in the second that begins there.
const meanFrom = (levels) => (second) =>
    mean(levels.slice((second * RATE) / BLOCK, ((second + 1) * RATE) / BLOCK));

for (const drift of [0, 200e-6, -200e-6]) {
    test(`a sine stays a sine when the clocks differ by ${drift * 1e6} ppm, with jitter`, () => {
        const chance = random(7);
        const { out, levels, ring } = run({ seconds: 30, drift, late: () => 0.002 + 0.004 * chance() });
        assert.equal(ring.underruns, 0);
        assert.equal(ring.concealed, 0);
        const clean = purity(out.subarray(2 * RATE), 1000);
        assert.ok(clean > 60, `all else is ${clean.toFixed(0)} dB below`);
        const level = mean(last(levels, 10));
        assert.ok(level < 0.017, `the delay stays low: ${ms(level)}`);
        assert.ok(Math.abs(ring.speed - 1 - drift) < 150e-6, `speed ${ring.speed}`);
    });
}

test('high notes pass as cleanly as low ones', () => {
    for (const hz of [100, 5000, 12000]) {
        const { out } = run({ seconds: 10, hz, drift: 300e-6 });
        const clean = purity(out.subarray(3 * RATE), hz);
        assert.ok(clean > 60, `${hz} Hz: all else is ${clean.toFixed(0)} dB below`);
    }
});

test('it follows a card that takes ten milliseconds at once', () => {
    const { out, levels, ring } = run({ seconds: 30, burst: 4 });
    assert.equal(ring.underruns, 0);
    assert.ok(purity(out.subarray(2 * RATE), 1000) > 60);
    assert.ok(mean(last(levels, 5)) < 0.025);
});

// Lateness of packet i where all that is sent `hold` seconds from `begin` on waits until its end.
const heldUp = (i, begin, hold) => {
    const since = ((i + 1) * FRAME) / RATE - begin;
    return 0.001 + (since > 0 && since < hold ? hold - since : 0);
};

test('jitter makes it grow, quiet lets it shrink again', () => {
    const chance = random(3);
    const rough = (i) => i * FRAME > 20 * RATE && i * FRAME < 40 * RATE;
    const { levels, ring } = run({
        seconds: 180,
        late: (i) => 0.001 + (rough(i) ? 0.03 * chance() ** 4 : 0),
    });
    const at = meanFrom(levels);
    const [before, under, after] = [at(17), at(37), at(177)];
    assert.ok(under > before + 0.012, `${ms(before)} -> ${ms(under)}`);
    assert.ok(after < before - 0.005, `${ms(before)} -> ${ms(under)} -> ${ms(after)}`);
    assert.ok(ring.underruns < 3, `${ring.underruns} underruns`);
});

test('it grows at once by what was missing, keeps that, and gives it back slowly', () => {
    const { levels, ring } = run({ seconds: 180, late: (i) => heldUp(i, 20, 0.04) });
    const at = meanFrom(levels);
    const [before, soon, later, after] = [at(17), at(20.1), at(85), at(177)];
    assert.equal(ring.underruns, 1);
    assert.ok(soon > 0.04, `${ms(before)} -> ${ms(soon)}`);
    assert.ok(later > 0.04, `${ms(soon)} -> ${ms(later)}`);
    assert.ok(after < before - 0.005, `${ms(before)} -> ${ms(soon)} -> ${ms(after)}`);
});

test('what comes later from some moment on is caught up with before that happens again', () => {
    const slips = [20, 22, 24, 26];
    const { ring } = run({
        seconds: 40,
        burst: 4,
        late: (i) => 0.001 + 0.01 * slips.filter((at) => (i * FRAME) / RATE > at).length,
    });
    assert.ok(ring.underruns <= 1, `${ring.underruns} underruns`);
});

for (const every of [15, 50]) {
    for (const drift of [0, 200e-6, -200e-6]) {
        const how = `every ${every} s, with clocks that differ by ${drift * 1e6} ppm`;
        test(`what is late now and then is missing once: ${how}`, () => {
            const chance = random(5);
            const hold = Array.from({ length: 10 }, () => 0.03 + 0.006 * chance());
            const { ring } = run({
                seconds: 4 * every,
                drift,
                burst: 4,
                late: (i) => {
                    const n = Math.floor((i * FRAME) / RATE / every);
                    return n > 0 ? heldUp(i, n * every + 1, hold[n]) : 0.001;
                },
            });
            assert.equal(ring.underruns, 1);
        });
    }
}

test('a lost packet is bridged without a click, and costs no delay', () => {
    const { out, levels, ring } = run({
        seconds: 20,
        hz: 440,
        late: (i) => (i % 200 === 150 ? Infinity : 0.001),
    });
    assert.equal(ring.underruns, 0);
    assert.ok(ring.concealed > 15 * FRAME, `${ring.concealed} concealed`);
    const rough = roughness(out.subarray(RATE), 440);
    assert.ok(rough < 1.6, `steps of ${rough.toFixed(2)} of the sine's own`);
    assert.ok(mean(last(levels, 2)) < 0.02);
});

test('a packet that was overtaken is played in its place', () => {
    const { out, ring } = run({ seconds: 10, late: (i) => (i % 50 === 25 ? 0.0065 : 0.001) });
    assert.equal(ring.underruns + ring.concealed, 0);
    assert.ok(purity(out.subarray(2 * RATE), 1000) > 60);
});

test('after a stall it is silent, without a click, and as near to now as before', () => {
    const stalled = (i) => i * FRAME > 10 * RATE && i * FRAME < 10.5 * RATE;
    const { out, levels, ring } = run({
        seconds: 25,
        hz: 440,
        late: (i) => (stalled(i) ? 10.5 - (i * FRAME) / RATE : 0.001),
    });
    assert.equal(ring.underruns, 1);
    const rough = roughness(out.subarray(RATE), 440);
    assert.ok(rough < 1.6, `steps of ${rough.toFixed(2)} of the sine's own`);
    const at = Math.floor((11 * RATE) / BLOCK);
    assert.ok(levels[at] < 0.03, `half a second later the delay is ${ms(levels[at])}`);
});

test('after a sleep, what was held up for long does not stay in the delay', () => {
    // Three seconds are lost, one more comes in two parts.
    const late = (i) => {
        const at = (i * FRAME) / RATE;
        if (at < 10 || at > 14) return 0.001;
        return at < 13 ? Infinity : 14 + (at < 13.5 ? 0 : 0.1) - at;
    };
    const { levels, ring } = run({ seconds: 20, late });
    const level = mean(last(levels, 3));
    assert.ok(level < 0.03, `${ms(level)}, after ${ring.underruns} underruns`);
});

test('what came while nobody pulled is passed over', () => {
    const ring = new Ring();
    const frame = new Float32Array(FRAME).fill(0.1);
    for (let i = 0; i < 4000; i++) ring.push(i * FRAME, [frame]);
    assert.ok(ring.level < 3 * RATE);
    const [left, right] = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
    ring.pull(left, right);
    assert.ok(ring.level < 0.05 * RATE, `${ring.level} samples`);
    ring.push(1e9, [frame]); // another stream's numbers
    for (let i = 0; i < 20; i++) ring.push(1e9 + i * FRAME, [frame]);
    ring.pull(left, right);
    assert.ok(ring.level < 0.05 * RATE, `${ring.level} samples`);
});

test('a page that nobody reads for a while is near to now again soon', () => {
    const ring = new Ring();
    const frame = new Float32Array(FRAME);
    const block = new Float32Array(BLOCK);
    let pushed = 0;
    let pulled = 0;
    const play = (seconds, isRead = true) => {
        const levels = [];
        for (const end = pushed + seconds * RATE; pushed < end; pushed += FRAME) {
            ring.push(pushed, [frame]);
            for (; pulled + BLOCK <= pushed; pulled += BLOCK) {
                if (isRead) ring.pull(block, block);
            }
            levels.push(ring.level / RATE);
        }
        return mean(levels.slice(-100));
    };
    const before = play(20);
    play(4, false);
    assert.ok(play(3) < before + 0.005);
});

for (const [name, options] of Object.entries(RINGS)) {
    test(`one stall does not stay in the delay: ${name}`, () => {
        const after = (hold, seconds) => {
            const { levels } = run({ seconds: Math.max(...seconds) + 22, ring: new Ring(options),
                late: (i) => heldUp(i, 20, hold) });
            const at = meanFrom(levels);
            return seconds.map((second) => at(20 + second) - at(18));
        };
        // No reserve could have helped.
        const [outage] = after(options.floor + 3 * options.ceiling, [20]);
        assert.ok(outage < 0.01, ms(outage));
        const [soon, late] = after(0.9 * options.ceiling, [20, 300]);
        assert.ok(soon < options.ceiling + 0.02, ms(soon));
        assert.ok(late < 0.02, ms(late));
    });
}
