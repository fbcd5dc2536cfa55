// SPDX-License-Identifier: GPL-3.0-or-later
// What arrives, frame by frame, for all who show it: the bar and the Listen view share one look at
// the sound. Nothing is looked at while nobody watches, or there is nothing to see.
//
// Events: `silence`, when `isSilent` has changed.
import { FASTEST, Frames } from './pace.js';
import { Sound } from './sound.js';

const SILENT = -70; // dBFS: less is nobody's music
const SILENCE = 3000; // ms of it after which it is told
const LINGER = 4000; // ms after the end of listening in which what was shown falls

const all = new WeakMap();

export class Watch extends EventTarget {
    #listening;
    #watchers = new Map(); // function -> frames a second
    #frames = new Frames((now, seconds) => this.#look(now, seconds));
    #soundedAt = performance.now();
    #idleSince = -Infinity;
    sound;
    isSilent = false; // sound arrives, and is silence

    // The one of a Listening.
    static of(listening) {
        if (!all.has(listening)) all.set(listening, new Watch(listening));
        return all.get(listening);
    }

    constructor(listening) {
        super();
        this.#listening = listening;
        this.sound = new Sound(listening.output);
        listening.addEventListener('state', () => {
            if (listening.state === 'idle') this.#idleSince = performance.now();
            this.#soundedAt = performance.now();
            this.#say(false);
            this.#follow();
        });
    }

    // Whether frames are being drawn.
    get runs() {
        return this.#frames.runs;
    }

    // Calls watcher(sound, now in ms, seconds since the frame before) with each frame while there is
    // listened; `rate` is how many a second it wants.
    add(watcher, { rate = FASTEST } = {}) {
        this.#watchers.set(watcher, rate);
        this.#follow();
    }

    remove(watcher) {
        this.#watchers.delete(watcher);
        this.#follow();
    }

    #follow() {
        const isIdle = this.#listening.state === 'idle' &&
            performance.now() > this.#idleSince + LINGER;
        this.#frames.rate = Math.max(...this.#watchers.values());
        if (!isIdle && this.#watchers.size > 0) this.#frames.start();
        else {
            this.#frames.stop();
            this.sound.release();
        }
    }

    #look(now, seconds) {
        const { state, output } = this.#listening;
        const isIdle = state === 'idle';
        if (isIdle || output.blocked || !this.sound.read()) this.sound.clear();
        if (Math.max(...this.sound.peak) > SILENT) this.#soundedAt = now;
        this.#say(state === 'connected' && !output.blocked && now > this.#soundedAt + SILENCE);
        for (const watcher of this.#watchers.keys()) watcher(this.sound, now, seconds);
        if (isIdle && now > this.#idleSince + LINGER) this.#follow();
    }

    #say(isSilent) {
        if (isSilent === this.isSilent) return;
        this.isSilent = isSilent;
        this.dispatchEvent(new Event('silence'));
    }
}

