// SPDX-License-Identifier: GPL-3.0-or-later
// Listening in on what a page sends to its loudspeaker, whatever path the sound takes in it.
import { gaps, level, pitch, rms } from './sound.mjs';
import { waitFor } from './wait.mjs';

// Runs in the page before all else: an analyser beside each context's destination. window.tapped()
// gives the last 0.68 s in base64, which are without a gap of the measurement's own.
function tap() {
    const analysers = new Map();
    const { connect } = AudioNode.prototype;
    AudioNode.prototype.connect = function connectBoth(to, ...rest) {
        if (to instanceof AudioDestinationNode) {
            const { context } = this;
            if (!analysers.has(context)) {
                const analyser = context.createAnalyser();
                analyser.fftSize = 32768;
                analysers.set(context, analyser);
            }
            connect.call(this, analysers.get(context));
        }
        return connect.call(this, to, ...rest);
    };
    window.tapped = () => {
        const analyser = [...analysers.values()].at(-1);
        const samples = new Float32Array(analyser?.fftSize ?? 0);
        analyser?.getFloatTimeDomainData(samples);
        let bytes = '';
        for (const byte of new Uint8Array(samples.buffer)) bytes += String.fromCharCode(byte);
        return btoa(bytes);
    };
}

export class Tap {
    #page;

    // To be made before the page goes anywhere.
    static async create(page) {
        await page.addInitScript(tap);
        return new Tap(page);
    }

    constructor(page) {
        this.#page = page;
    }

    async samples() {
        const bytes = Buffer.from(await this.#page.evaluate(() => window.tapped()), 'base64');
        return new Float32Array(new Uint8Array(bytes).buffer);
    }

    // Waits until this pitch, and no gap, is in what is heard; gives the samples.
    hears(hz, { tolerance = 1, timeout = 20000, every } = {}) {
        return waitFor(`${hz} Hz at the loudspeaker`, async () => {
            const samples = await this.samples();
            const found = pitch(samples);
            if (!(Math.abs(found - hz) < tolerance)) throw new Error(`${found} Hz`);
            return samples;
        }, { timeout, every });
    }

    // Waits until there was something in the last 50 ms.
    sounds(timeout = 20000) {
        return waitFor('sound at the loudspeaker', async () =>
            rms((await this.samples()).subarray(-2400)) > 1e-3, { timeout, every: 20 });
    }

    // Waits until there was nothing for the last 50 ms.
    silent() {
        return waitFor('silence at the loudspeaker', async () =>
            rms((await this.samples()).subarray(-2400)) < 1e-3, { timeout: 20000, every: 20 });
    }

    // The level of `hz`, once it stays the same.
    #steady(hz) {
        let last = 0;
        return waitFor('a steady level', async () => {
            const samples = await this.samples();
            const before = last;
            last = level(samples, hz);
            return gaps(samples).length === 0 && Math.abs(last / before - 1) < 0.01 && last;
        }, { timeout: 20000, every: 300 });
    }

    // Does something, and listens until a second after it is done: {worst: seconds of the longest
    // gap, loudest: the highest level of `hz` in any 50 ms, by that of before}.
    async watch(hz, act) {
        const reference = await this.#steady(hz);
        let ended = false;
        let left = 5; // looks, once it has ended
        const outcome = { worst: 0, loudest: 1 };
        const acting = act().finally(() => { ended = true; });
        acting.catch(() => {}); // it is waited for below
        while (left > 0) {
            const samples = await this.samples();
            for (const { seconds } of gaps(samples, 48000, { floor: reference / 100 })) {
                outcome.worst = Math.max(outcome.worst, seconds);
            }
            for (let at = 0; at + 2400 <= samples.length; at += 1200) {
                const now = level(samples.subarray(at, at + 2400), hz) / reference;
                outcome.loudest = Math.max(outcome.loudest, now);
            }
            await new Promise((done) => { setTimeout(done, 200); });
            if (ended) left--;
        }
        await acting;
        return outcome;
    }
}
