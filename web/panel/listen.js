// SPDX-License-Identifier: GPL-3.0-or-later
// The listening part of the page: the button, what state it is in, volume, mute and meters.
import { Meter } from './meter.js';

const HINT = 'Turn your volume down before you begin. The sound fades in.';
const WORDS = {
    idle: 'Not listening',
    connecting: 'Connecting',
    connected: 'Listening',
    lost: 'Lost the sound, asking for it again',
};
const PATHS = {
    webrtc: 'WebRTC',
    websocket: 'WebSocket',
    webm: 'a WebM stream',
    pcm: 'plain samples',
};
const MODES = {
    lowest: 'lowest delay',
    balanced: 'balanced',
    safe: 'safest',
};
const VOLUME_KEY = 'farfield.volume';
const MODE_KEY = 'farfield.mode';

function milliseconds(seconds) {
    const ms = seconds * 1000;
    return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

export class ListenPanel {
    #farfield;
    #listening;
    #sound;
    #find;
    #stats = null;
    #received = new Meter('Received');
    #room = new Meter('Room');

    constructor(farfield, listening, find) {
        this.#farfield = farfield;
        this.#listening = listening;
        this.#sound = listening.output;
        this.#find = find;
        find('#meters').append(this.#received.element, this.#room.element);
        find('#listen').onclick = () => this.#toggle();
        find('#unblock').onclick = () => this.#sound.wake();
        this.#wireVolume();
        this.#wireMode();
        listening.addEventListener('state', () => this.#onState());
        listening.addEventListener('path', () => this.#show());
        listening.addEventListener('stats', ({ detail }) => {
            this.#stats = detail;
            this.#show();
        });
        this.#sound.addEventListener('blocked', () => this.#show());
        farfield.addEventListener('connection', () => this.#show());
        farfield.addEventListener('room', () => this.#show());
        farfield.addEventListener('meter', ({ detail }) => {
            if (detail.room === 'main') this.#room.show(detail);
        });
        this.#show();
    }

    #toggle() {
        if (this.#listening.state === 'idle') {
            this.#listening.start();
            requestAnimationFrame(() => this.#draw());
        } else {
            this.#listening.stop();
        }
    }

    #onState() {
        if (this.#listening.state !== 'connected') this.#stats = null;
        this.#show();
    }

    #wireVolume() {
        const slider = this.#find('#volume');
        const mute = this.#find('#mute');
        const apply = () => {
            this.#sound.volume = slider.valueAsNumber / 100;
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
            this.#sound.muted = muted;
        };
        apply();
    }

    #wireMode() {
        const select = this.#find('#mode');
        select.value = localStorage.getItem(MODE_KEY) ?? 'automatic';
        if (select.selectedIndex < 0) select.value = 'automatic'; // what another version kept
        select.onchange = () => {
            localStorage.setItem(MODE_KEY, select.value);
            this.#listening.mode = select.value;
        };
        this.#listening.mode = select.value;
    }

    // How the sound comes: "By WebRTC, balanced".
    #path() {
        const { path } = this.#listening;
        if (!path) return '';
        const how = `By ${PATHS[path.kind]}${path.kind === 'webm' ? '' : `, ${MODES[path.mode]}`}`;
        return path.reason ? `${how}: ${path.reason}` : how;
    }

    #delay() {
        const { delay = null, estimated } = this.#stats ?? {};
        if (delay === null) return '';
        return estimated ? `about ${milliseconds(delay)}` : milliseconds(delay);
    }

    #detail() {
        if (this.#listening.state === 'idle') return HINT;
        if (this.#listening.state !== 'connected') return this.#listening.error ?? '';
        const listeners = this.#farfield.rooms.get('main')?.listeners ?? 0;
        const { roundTrip, buffer, lost, buffering } = this.#stats ?? {};
        return [
            buffering && `Gathering sound, ${buffer.toFixed(1)} s so far`,
            roundTrip != null && `Round trip ${milliseconds(roundTrip)}`,
            lost > 0 && `${lost} packets lost`,
            listeners > 1 && `${listeners} listeners`,
        ].filter(Boolean).join(' · ');
    }

    #show() {
        const { state } = this.#listening;
        const button = this.#find('#listen');
        button.textContent = state === 'idle' ? 'Listen' : 'Stop';
        button.disabled = state === 'idle' && !this.#farfield.synced;
        this.#find('#listening').dataset.state = state;
        this.#write('#listen-state', WORDS[state]);
        this.#write('#listen-detail', this.#detail());
        this.#write('#delay', this.#delay());
        this.#write('#delay-path', this.#path());
        this.#find('#unblock').hidden = state === 'idle' || !this.#sound.blocked;
    }

    // A status that is written again is read out again.
    #write(selector, text) {
        const element = this.#find(selector);
        if (element.textContent !== text) element.textContent = text;
    }

    #draw() {
        this.#received.show(this.#sound.level());
        if (this.#listening.state !== 'idle') requestAnimationFrame(() => this.#draw());
    }
}
