// SPDX-License-Identifier: GPL-3.0-or-later
// From whatever path the sound takes to the ears: cross-fades between paths, the first fade-in,
// volume, mute, and the level that is measured before them.
//
// Events: `blocked`, when the browser begins or ends holding the sound back.

const FADE_IN = 2; // seconds, when a listener begins
const FADE_BACK = 0.3; // when the sound was lost and is there again
const CROSS = 0.2; // from one path to the next
const FADE = 0.03; // for every change of volume
const FLOOR = -90; // dBFS, what the meter calls silence

const wait = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });

export class Output extends EventTarget {
    #context = null;
    #mix = null;
    #fade = null; // apart from the volume, so that moving that does not end a fade
    #gain = null;
    #analysers = [];
    #buffer = null;
    #sources = new Map(); // node that sounds -> its own gain
    #volume = 0.7;
    #muted = false;
    #gentle = true; // the next sound fades in slowly

    // To be called from a press of a button: that is what browsers want before they let us sound.
    wake() {
        this.#gentle = true;
        // Without a press the promise of a blocked context never settles: the state tells.
        this.context.resume().catch(() => {}); // closed meanwhile
        this.dispatchEvent(new Event('blocked'));
    }

    get context() {
        return this.#context ??= this.#build();
    }

    get blocked() {
        return this.#context !== null && this.#context.state !== 'running';
    }

    // The AudioNode of what arrives, before fade, volume and mute; null before anybody has listened.
    get tap() {
        return this.#mix;
    }

    // Lets this node be heard instead of all others; resolves when they are silent. Both carry the
    // same sound, so their gains make one: equal power would be heard as a swell.
    async play(node) {
        const { context } = this;
        const now = context.currentTime;
        const own = context.createGain();
        node.connect(own).connect(this.#mix);
        const others = [...this.#sources];
        this.#sources = new Map([[node, own]]);
        if (others.length === 0) {
            this.#fadeIn(this.#gentle ? FADE_IN : FADE_BACK);
            this.#gentle = false;
            return;
        }
        own.gain.setValueAtTime(0, now);
        own.gain.linearRampToValueAtTime(1, now + CROSS);
        for (const [, { gain }] of others) {
            gain.cancelScheduledValues(now);
            gain.setValueAtTime(gain.value, now);
            gain.linearRampToValueAtTime(0, now + CROSS);
        }
        await wait(CROSS + 0.1);
        for (const [old, gain] of others) {
            old.disconnect();
            gain.disconnect();
        }
    }

    // Fades out at once what sounds; resolves when it is silent.
    async silence() {
        const sources = [...this.#sources];
        this.#sources.clear();
        if (sources.length === 0) return;
        const now = this.context.currentTime;
        for (const [, { gain }] of sources) gain.setTargetAtTime(0, now, FADE / 5);
        await wait(FADE);
        for (const [node, gain] of sources) {
            node.disconnect();
            gain.disconnect();
        }
    }

    // Nothing is wanted any more.
    async stop() {
        await this.silence();
        if (this.#sources.size === 0) this.#context?.suspend();
    }

    // 0 to 1, as a slider stands; loudness follows its square.
    get volume() {
        return this.#volume;
    }

    set volume(volume) {
        this.#volume = volume;
        this.#applyVolume();
    }

    get muted() {
        return this.#muted;
    }

    set muted(muted) {
        this.#muted = muted;
        this.#applyVolume();
    }

    // {peak: [left, right], rms: [left, right]} in dBFS of what arrives now.
    level() {
        const peak = [FLOOR, FLOOR];
        const rms = [FLOOR, FLOOR];
        if (this.#sources.size === 0) return { peak, rms };
        this.#analysers.forEach((analyser, channel) => {
            analyser.getFloatTimeDomainData(this.#buffer);
            let most = 0;
            let sum = 0;
            for (const x of this.#buffer) {
                most = Math.max(most, Math.abs(x));
                sum += x * x;
            }
            peak[channel] = Math.max(FLOOR, 20 * Math.log10(most));
            rms[channel] = Math.max(FLOOR, 10 * Math.log10(sum / this.#buffer.length));
        });
        return { peak, rms };
    }

    #build() {
        // The rate of Opus: a ring needs no other.
        const context = new AudioContext({ latencyHint: 'interactive', sampleRate: 48000 });
        this.#mix = context.createGain();
        this.#fade = context.createGain();
        this.#fade.gain.value = 0;
        this.#gain = context.createGain();
        this.#gain.gain.value = this.#target;
        this.#mix.connect(this.#fade).connect(this.#gain).connect(context.destination);
        const splitter = context.createChannelSplitter(2);
        this.#mix.connect(splitter);
        this.#analysers = [0, 1].map((channel) => {
            const analyser = context.createAnalyser();
            analyser.fftSize = 2048;
            splitter.connect(analyser, channel);
            return analyser;
        });
        this.#buffer = new Float32Array(2048);
        context.onstatechange = () => this.dispatchEvent(new Event('blocked'));
        return context;
    }

    get #target() {
        return this.#muted ? 0 : this.#volume ** 2;
    }

    #fadeIn(seconds) {
        const { gain } = this.#fade;
        const now = this.context.currentTime;
        gain.cancelScheduledValues(now);
        gain.setValueAtTime(0, now);
        gain.linearRampToValueAtTime(1, now + seconds);
    }

    #applyVolume() {
        if (!this.#context) return;
        const { gain } = this.#gain;
        const now = this.#context.currentTime;
        gain.cancelScheduledValues(now);
        gain.setTargetAtTime(this.#target, now, FADE);
    }
}

// The context's time of what leaves the loudspeaker now.
export function heardTime(context) {
    const { contextTime, performanceTime } = context.getOutputTimestamp?.() ?? {};
    const guess = context.currentTime - outputDelay(context);
    if (!performanceTime) return guess;
    const time = contextTime + (performance.now() - performanceTime) / 1000;
    return Math.abs(time - guess) < 0.5 ? time : guess; // some browsers tell fairy tales
}

// Seconds from an AudioNode's output to the ear; none where there is no context.
export function outputDelay(context) {
    return context?.outputLatency || context?.baseLatency || 0;
}
