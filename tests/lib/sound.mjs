// SPDX-License-Identifier: GPL-3.0-or-later
// Measuring what was heard. Samples are Float32Array of one channel, full scale 1.

// In-place radix-2 FFT of a power-of-two length.
function fft(re, im) {
    const n = re.length;
    for (let i = 1, j = 0; i < n; i++) {
        let bit = n >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) {
            [re[i], re[j]] = [re[j], re[i]];
            [im[i], im[j]] = [im[j], im[i]];
        }
    }
    for (let length = 2; length <= n; length <<= 1) {
        const half = length >> 1;
        for (let k = 0; k < half; k++) {
            const angle = (-2 * Math.PI * k) / length;
            const wr = Math.cos(angle);
            const wi = Math.sin(angle);
            for (let i = k; i < n; i += length) {
                const xr = re[i + half] * wr - im[i + half] * wi;
                const xi = re[i + half] * wi + im[i + half] * wr;
                re[i + half] = re[i] - xr;
                im[i + half] = im[i] - xi;
                re[i] += xr;
                im[i] += xi;
            }
        }
    }
}

export function rms(samples) {
    let sum = 0;
    for (const x of samples) sum += x * x;
    return Math.sqrt(sum / Math.max(1, samples.length));
}

export function peak(samples) {
    let most = 0;
    for (const x of samples) most = Math.max(most, Math.abs(x));
    return most;
}

export function decibels(level) {
    return level > 0 ? 20 * Math.log10(level) : -Infinity;
}

// Hz of the strongest partial of the last power-of-two stretch, to 0.1 Hz from a quarter of a
// second on; NaN where there is nothing to hear (below -80 dBFS).
export function pitch(samples, rate = 48000) {
    const n = 2 ** Math.floor(Math.log2(Math.min(samples.length, 65536)));
    const part = samples.subarray(samples.length - n);
    if (n < 1024 || rms(part) < 1e-4) return NaN;
    // Four times the length in zeros narrows the bins; the parabola does the rest.
    const re = new Float64Array(4 * n);
    const im = new Float64Array(4 * n);
    for (let i = 0; i < n; i++) {
        re[i] = part[i] * (0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / n));
    }
    fft(re, im);
    const level = (k) => Math.log(re[k] * re[k] + im[k] * im[k] + 1e-30);
    let best = 1;
    for (let k = 2; k < 2 * n - 1; k++) {
        if (level(k) > level(best)) best = k;
    }
    const [a, b, c] = [level(best - 1), level(best), level(best + 1)];
    const shift = (0.5 * (a - c)) / (a - 2 * b + c);
    return ((best + shift) * rate) / (4 * n);
}

// Amplitude of one frequency (Goertzel, Hann window): 1 for a full-scale sine.
export function level(samples, hz, rate = 48000) {
    const n = samples.length;
    const w = (2 * Math.PI * hz) / rate;
    const coefficient = 2 * Math.cos(w);
    let s1 = 0;
    let s2 = 0;
    for (let i = 0; i < n; i++) {
        const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n);
        const s0 = samples[i] * window + coefficient * s1 - s2;
        s2 = s1;
        s1 = s0;
    }
    return (4 / n) * Math.sqrt(s1 * s1 + s2 * s2 - coefficient * s1 * s2);
}

// Stretches of near-silence inside what should sound all the time: [{at, seconds}].
export function gaps(samples, rate = 48000, { floor = 1e-4, longest = 0.005 } = {}) {
    const found = [];
    let start = 0;
    for (let i = 0; i <= samples.length; i++) {
        if (i < samples.length && Math.abs(samples[i]) < floor) continue;
        const seconds = (i - start) / rate;
        if (seconds > longest) found.push({ at: start / rate, seconds });
        start = i + 1;
    }
    return found;
}
