// SPDX-License-Identifier: GPL-3.0-or-later
// What is heard, and how: the way that the sound takes, its delay, its level here and there.
import { make, write } from '../elements.js';
import { Meter } from '../meter.js';

const HINT = 'Turn your volume down before you begin. The sound fades in.';
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
const MODE_KEY = 'farfield.mode';

function milliseconds(seconds) {
    const ms = seconds * 1000;
    return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

const MODES_OFFERED = [['automatic', 'Automatic'], ['lowest', 'Lowest delay'],
    ['balanced', 'Balanced'], ['safe', 'Safest']];

export class View {
    #farfield;
    #listening;
    #stats = null;
    #isShown = false;
    #frame = 0;
    #received = new Meter('Received');
    #room = new Meter('Room');
    #mode = make('select', { id: 'mode', 'aria-describedby': 'delay-path' },
        ...MODES_OFFERED.map(([value, title]) => make('option', { value }, title)));
    #delayShown = make('output', { id: 'delay', 'aria-live': 'off' });
    #pathShown = make('span', { id: 'delay-path' });
    #detailShown = make('p', { id: 'listen-detail' });

    constructor({ farfield, listening }) {
        this.#farfield = farfield;
        this.#listening = listening;
        this.#delayShown.setAttribute('for', 'mode');
        this.element = make('div', { className: 'listen card' },
            make('h2', { className: 'hidden' }, 'Listen'),
            this.#detailShown,
            make('div', { className: 'delay-row' }, make('label', { htmlFor: 'mode' }, 'Delay'),
                this.#mode, this.#delayShown, this.#pathShown),
            make('div', { id: 'meters', className: 'meters' }, this.#received.element,
                this.#room.element));
        this.#wireMode();
        listening.addEventListener('state', () => this.#onState());
        listening.addEventListener('path', () => this.#show());
        listening.addEventListener('stats', ({ detail }) => {
            this.#stats = detail;
            this.#show();
        });
        farfield.addEventListener('room', () => this.#show());
        farfield.addEventListener('meter', ({ detail }) => {
            if (this.#isShown && detail.room === 'main') this.#room.show(detail);
        });
    }

    show() {
        this.#isShown = true;
        this.#stats = this.#listening.stats;
        this.#show();
        this.#draw();
    }

    hide() {
        this.#isShown = false;
        cancelAnimationFrame(this.#frame);
    }

    #onState() {
        if (this.#listening.state !== 'connected') this.#stats = null;
        this.#show();
    }

    #wireMode() {
        const select = this.#mode;
        select.value = localStorage.getItem(MODE_KEY) ?? 'automatic';
        if (select.selectedIndex < 0) select.value = 'automatic'; // what another version kept
        select.onchange = () => {
            localStorage.setItem(MODE_KEY, select.value);
            this.#listening.mode = select.value;
        };
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
        if (!this.#isShown) return;
        write(this.#detailShown, this.#detail());
        write(this.#delayShown, this.#delay());
        write(this.#pathShown, this.#path());
    }

    #draw() {
        this.#received.show(this.#listening.output.level());
        this.#frame = requestAnimationFrame(() => this.#draw());
    }
}
