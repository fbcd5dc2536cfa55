// SPDX-License-Identifier: GPL-3.0-or-later
// The sound in the top bar, which is always at hand: Listen, its state, volume, mute, a level.
import { keep, recall } from '../choices.js';
import { write } from '../elements.js';
import { storedMode } from './delay.js';
import { DelayHistory } from './history.js';
import { delayWords, stateWords } from './words.js';

const FIRST = 'Turn your volume down first: the sound fades in';
const FADE = 2000; // ms
const VOLUME = 70; // percent, to begin with

export class ListenBar {
    #farfield;
    #listening;
    #find;
    #level = null; // fetched with the first sound
    #fading = 0; // timer, while the first sound fades in

    constructor(listening, farfield, find) {
        this.#farfield = farfield;
        this.#listening = listening;
        this.#find = find;
        DelayHistory.of(listening); // from now on, for whoever opens the view later
        find('#listen').onclick = () => this.#toggle();
        find('#unblock').onclick = () => listening.output.wake();
        this.#wireVolume();
        listening.mode = storedMode();
        listening.addEventListener('state', () => this.#onState());
        listening.addEventListener('stats', () => this.#show());
        listening.output.addEventListener('blocked', () => this.#show());
        farfield.on('connection', () => this.#show());
        this.#show();
    }

    #toggle() {
        if (this.#listening.state === 'idle') {
            this.#listening.start();
            this.#fetchLevel();
            this.#fading = -1;
        } else {
            this.#listening.stop();
        }
    }

    // Without it there is still sound: the next press tries again.
    async #fetchLevel() {
        if (this.#level) return;
        try {
            const { Level } = await import('./level.js');
            this.#level ??= new Level(this.#listening, this.#find('#bar-meter'), () => this.#show());
        } catch {
            // the server is away
        }
    }

    #onState() {
        const { state } = this.#listening;
        if (state === 'connected') keep('heard', true);
        if (state === 'connected' && this.#fading === -1) {
            this.#fading = setTimeout(() => {
                this.#fading = 0;
                this.#show();
            }, FADE);
        } else if (state === 'idle') {
            clearTimeout(this.#fading);
            this.#fading = 0;
        }
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
        slider.value = recall('volume', VOLUME);
        slider.oninput = () => {
            keep('volume', slider.valueAsNumber);
            apply();
        };
        mute.onclick = () => {
            const muted = mute.getAttribute('aria-pressed') !== 'true';
            mute.setAttribute('aria-pressed', muted);
            output.muted = muted;
        };
        apply();
    }

    #words() {
        const { state, output } = this.#listening;
        const words = stateWords({ listening: this.#listening, farfield: this.#farfield,
            isSilent: this.#level?.isSilent ?? false });
        if (state === 'idle' && this.#farfield.connection === 'open' && !recall('heard')) return FIRST;
        if (state === 'connected' && this.#fading > 0 && !output.blocked) return 'Fading in';
        return words;
    }

    #show() {
        const { state, output } = this.#listening;
        const isBlocked = state !== 'idle' && output.blocked;
        const button = this.#find('#listen');
        write(button, state === 'idle' ? 'Listen' : 'Stop');
        button.disabled = state === 'idle' && this.#farfield.connection !== 'open';
        button.hidden = isBlocked; // one button that does what is wanted
        this.#find('#unblock').hidden = !isBlocked;
        this.#find('#listening').dataset.state = state;
        write(this.#find('#listen-state'), this.#words());
        // Beside the words, not in them: it changes too often to be read out each time.
        write(this.#find('#bar-delay'), state === 'connected' && !isBlocked ?
            delayWords(this.#listening.getAudioStats()) : '');
    }
}
