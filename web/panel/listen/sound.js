// SPDX-License-Identifier: GPL-3.0-or-later
// What arrives, to be looked at: samples, levels and spectrum of both channels, before volume and
// mute. It is taken from the output's tap as long as somebody watches.

const SAMPLES = 8192; // 170 ms, and 5.9 Hz between two lines of the spectrum
const SMOOTHING = 0.5;
export const FLOOR = -90; // dBFS, what is called silence
const RECENT = 2048; // samples of which a level is: a frame's worth and a little more

export class Sound {
    #output;
    #tap = null;
    #splitter = null;
    #analysers = [];
    rate = 48000;
    samples = [0, 1].map(() => new Float32Array(SAMPLES)); // the newest last
    peak = [FLOOR, FLOOR]; // dBFS
    rms = [FLOOR, FLOOR];
    // dBFS by line, 0 for a sine of full scale; line k is at k * rate / 8192 Hz.
    spectrum = new Float32Array(SAMPLES / 2).fill(-200);
    #spectra = [0, 1].map(() => new Float32Array(SAMPLES / 2).fill(-200));
    #turn = 0;

    constructor(output) {
        this.#output = output;
    }

    // Looks at what arrives now. False where nothing can be looked at yet.
    read() {
        const { tap } = this.#output;
        if (!tap) return false;
        if (tap !== this.#tap) this.#attach(tap);
        for (const channel of [0, 1]) {
            const samples = this.samples[channel];
            this.#analysers[channel].getFloatTimeDomainData(samples);
            let most = 0;
            let sum = 0;
            for (let i = SAMPLES - RECENT; i < SAMPLES; i++) {
                const x = samples[i];
                sum += x * x;
                if (x > most) most = x;
                else if (-x > most) most = -x;
            }
            this.peak[channel] = Math.max(FLOOR, 20 * Math.log10(most));
            this.rms[channel] = Math.max(FLOOR, 10 * Math.log10(sum / RECENT));
        }
        return true;
    }

    // Nothing arrives.
    clear() {
        this.peak.fill(FLOOR);
        this.rms.fill(FLOOR);
        for (const samples of this.samples) samples.fill(0);
        for (const spectrum of this.#spectra) spectrum.fill(-200);
    }

    get isSilent() {
        return this.peak[0] <= FLOOR && this.peak[1] <= FLOOR;
    }

    // Fills `spectrum` with the louder of both channels; after read(). It looks at them in turns, for
    // a transform costs more than all else that is done for a frame.
    readSpectrum() {
        this.#turn = 1 - this.#turn;
        const own = this.#spectra[this.#turn];
        const other = this.#spectra[1 - this.#turn];
        this.#analysers[this.#turn]?.getFloatFrequencyData(own);
        const { spectrum } = this;
        for (let k = 0; k < spectrum.length; k++) {
            spectrum[k] = (own[k] > other[k] ? own[k] : other[k]) + WINDOW_LOSS;
        }
    }

    // Whoever does not watch pays nothing.
    release() {
        this.#splitter?.disconnect();
        if (this.#tap && this.#splitter) this.#tap.disconnect(this.#splitter);
        this.#tap = this.#splitter = null;
        this.#analysers = [];
    }

    #attach(tap) {
        this.release();
        const { context } = tap;
        this.#tap = tap;
        this.rate = context.sampleRate;
        this.#splitter = context.createChannelSplitter(2);
        tap.connect(this.#splitter);
        this.#analysers = [0, 1].map((channel) => {
            const analyser = new AnalyserNode(context,
                { fftSize: SAMPLES, smoothingTimeConstant: SMOOTHING });
            this.#splitter.connect(analyser, channel);
            return analyser;
        });
    }
}

// A sine of full scale is two lines of a half each, of which Blackman's window leaves 0.42.
const WINDOW_LOSS = -20 * Math.log10(0.5 * 0.42);
