// SPDX-License-Identifier: GPL-3.0-or-later
// From the received stream to the ears: fade-in, volume, mute, and the level that is measured
// before them.

const FADE_IN = 2; // seconds, when a listener begins
const FADE = 0.03; // seconds, for every change of volume after that
const FLOOR = -90; // dBFS, what the meter calls silence

export class Sound extends EventTarget {
    #context = null;
    #element = new Audio();
    #source = null;
    #gain = null;
    #analysers = [];
    #buffer = null;
    #volume = 0.7;
    #muted = false;
    #gentle = true; // the next stream fades in slowly

    constructor() {
        super();
        // Chromium hands a remote stream to WebAudio only while an element plays it, too.
        this.#element.muted = true;
        this.#element.hidden = true;
        document.body.append(this.#element);
    }

    // To be called from a press of a button: that is what browsers want before they let us sound.
    wake() {
        this.#context ??= this.#build();
        this.#gentle = true;
        return this.#resume();
    }

    get blocked() {
        return this.#context !== null && this.#context.state !== 'running';
    }

    play(stream) {
        this.#context ??= this.#build();
        this.#source?.disconnect();
        this.#element.srcObject = stream;
        this.#element.play().catch(() => {}); // muted, so allowed; a newer stream interrupts it
        this.#source = this.#context.createMediaStreamSource(stream);
        this.#source.connect(this.#gain);
        const splitter = this.#context.createChannelSplitter(2);
        this.#source.connect(splitter);
        this.#analysers.forEach((analyser, channel) => splitter.connect(analyser, channel));
        this.#fadeIn(this.#gentle ? FADE_IN : FADE * 10);
        this.#gentle = false;
        this.#resume();
    }

    stop() {
        this.#source?.disconnect();
        this.#source = null;
        this.#element.srcObject = null;
        this.#context?.suspend();
    }

    // 0 to 1, as a slider stands; loudness follows its square.
    set volume(volume) {
        this.#volume = volume;
        this.#applyVolume();
    }

    set muted(muted) {
        this.#muted = muted;
        this.#applyVolume();
    }

    // {peak: [left, right], rms: [left, right]} in dBFS of what arrives now.
    level() {
        const peak = [FLOOR, FLOOR];
        const rms = [FLOOR, FLOOR];
        if (!this.#source) return { peak, rms };
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
        const context = new AudioContext({ latencyHint: 'interactive' });
        this.#gain = context.createGain();
        this.#gain.gain.value = 0;
        this.#gain.connect(context.destination);
        this.#analysers = [0, 1].map(() => {
            const analyser = context.createAnalyser();
            analyser.fftSize = 2048;
            return analyser;
        });
        this.#buffer = new Float32Array(2048);
        context.onstatechange = () => this.dispatchEvent(new Event('blocked'));
        return context;
    }

    // Without a press of a button the promise of a blocked context never settles: the state tells.
    #resume() {
        this.#context.resume().catch(() => {}); // closed meanwhile
        this.dispatchEvent(new Event('blocked'));
    }

    get #target() {
        return this.#muted ? 0 : this.#volume ** 2;
    }

    #fadeIn(seconds) {
        const { gain } = this.#gain;
        const now = this.#context.currentTime;
        gain.cancelScheduledValues(now);
        gain.setValueAtTime(0, now);
        gain.linearRampToValueAtTime(this.#target, now + seconds);
    }

    #applyVolume() {
        if (!this.#context) return;
        const { gain } = this.#gain;
        const now = this.#context.currentTime;
        gain.cancelScheduledValues(now);
        gain.setTargetAtTime(this.#target, now, FADE);
    }
}
