// SPDX-License-Identifier: GPL-3.0-or-later
// The sound in the top bar, which is always at hand: Listen, its state, volume, mute, a level.
import { write } from '../elements.js';

const WORDS = {
    idle: 'Not listening',
    connecting: 'Connecting',
    connected: 'Listening',
    lost: 'Lost the sound, asking for it again',
};
const FIRST = 'Turn your volume down first';
const VOLUME_KEY = 'farfield.volume';
const MODE_KEY = 'farfield.mode';
const HEARD_KEY = 'farfield.heard';
const FLOOR = -60; // dBFS

export class ListenBar {
    #farfield;
    #listening;
    #find;
    #frame = 0;

    constructor(listening, farfield, find) {
        this.#farfield = farfield;
        this.#listening = listening;
        this.#find = find;
        find('#listen').onclick = () => this.#toggle();
        find('#unblock').onclick = () => listening.output.wake();
        this.#wireVolume();
        listening.mode = localStorage.getItem(MODE_KEY) ?? 'automatic';
        listening.addEventListener('state', () => this.#onState());
        listening.output.addEventListener('blocked', () => this.#show());
        farfield.addEventListener('connection', () => this.#show());
        this.#show();
    }

    #toggle() {
        if (this.#listening.state === 'idle') this.#listening.start();
        else this.#listening.stop();
    }

    #onState() {
        if (this.#listening.state === 'connected') localStorage.setItem(HEARD_KEY, '1');
        if (this.#listening.state !== 'idle' && !this.#frame) this.#draw();
        this.#show();
    }

    #wireVolume() {
        const slider = this.#find('#volume');
        const mute = this.#find('#mute');
        const { output } = this.#listening;
        const apply = () => {
            output.volume = slider.valueAsNumber / 100;
            this.#find('#volume-value').value = `${slider.value} %`;
        };
        slider.value = localStorage.getItem(VOLUME_KEY) ?? 70;
        slider.oninput = () => {
            localStorage.setItem(VOLUME_KEY, slider.value);
            apply();
        };
        mute.onclick = () => {
            const muted = mute.getAttribute('aria-pressed') !== 'true';
            mute.setAttribute('aria-pressed', muted);
            output.muted = muted;
        };
        apply();
    }

    #show() {
        const { state, output } = this.#listening;
        const isNew = !localStorage.getItem(HEARD_KEY);
        const button = this.#find('#listen');
        write(button, state === 'idle' ? 'Listen' : 'Stop');
        button.disabled = state === 'idle' && !this.#farfield.synced;
        this.#find('#listening').dataset.state = state;
        write(this.#find('#listen-state'), state === 'idle' && isNew ? FIRST : WORDS[state]);
        this.#find('#unblock').hidden = state === 'idle' || !output.blocked;
    }

    #draw() {
        const { state, output } = this.#listening;
        const loudest = state === 'idle' ? FLOOR : Math.max(...output.level().rms);
        const part = Math.min(1, Math.max(0, 1 - loudest / FLOOR));
        this.#find('#bar-meter').style.setProperty('--level', part.toFixed(3));
        this.#frame = state === 'idle' ? 0 : requestAnimationFrame(() => this.#draw());
    }
}
