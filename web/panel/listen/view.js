// SPDX-License-Identifier: GPL-3.0-or-later
// The Listen view: how far behind the sound is and what was lost, in words and plots; how near to
// now it shall be; and the sound itself, as levels, spectrum and scope.
import { make, write } from '../elements.js';
import { Plot } from '../plot.js';
import { DelayControl } from './delay.js';
import { DelayHistory } from './history.js';
import { Meter } from './meter.js';
import { Scope } from './scope.js';
import { Spectrum } from './spectrum.js';
import { Watch } from './watch.js';
import { delayWords, lossWords, milliseconds, pathWords, stateWords } from './words.js';

const HINT = 'Turn your volume down, then press Listen. The first sound fades in over two seconds.';
const RATE = 30; // frames a second
const SPAN = 300; // seconds of the plots
const ROOM = 'main';
const SILENCE = { peak: [-200, -200], rms: [-200, -200] };

export class View {
    #farfield;
    #listening;
    #history;
    #watch;
    #roomLevel = SILENCE;
    #roomAt = 0; // when it was drawn
    #received = new Meter('Received', 'received');
    #room = new Meter('Room', 'room');
    #spectrum = new Spectrum();
    #scope = new Scope();
    #delays = new Plot('Delay', [{ name: 'Delay', colour: 'accent', write: milliseconds, fill: true }],
        { least: 0.05, span: SPAN, sync: 'listen' });
    #losses = new Plot('Lost', [{ name: 'Packets lost', colour: 'danger',
        write: (count) => String(Math.round(count)), fill: true }],
    { least: 5, span: SPAN, sync: 'listen' });
    #state = make('p', { className: 'listen-headline' });
    #delay = make('output', { id: 'delay', className: 'number', 'aria-live': 'off' });
    #behind = make('span');
    #path = make('p', { id: 'delay-path', className: 'hint' });
    #detail = make('p', { id: 'listen-detail', className: 'hint' });
    #shows = false;

    constructor({ farfield, listening }) {
        this.#farfield = farfield;
        this.#listening = listening;
        this.#history = DelayHistory.of(listening);
        this.#watch = Watch.of(listening);
        this.element = make('div', { className: 'listen' },
            make('h2', { className: 'hidden' }, 'Listen'),
            make('div', { className: 'card listen-now' },
                make('div', { className: 'listen-words' }, this.#state,
                    make('p', {}, this.#delay, this.#behind), this.#path, this.#detail),
                new DelayControl(listening).element),
            make('div', { className: 'card meters' }, this.#received.element, this.#room.element),
            make('div', { className: 'card' }, this.#spectrum.element),
            make('div', { className: 'card' }, this.#scope.element),
            make('div', { className: 'card' }, this.#delays.element),
            make('div', { className: 'card' }, this.#losses.element));
        for (const type of ['state', 'path', 'stats']) {
            listening.addEventListener(type, () => this.#show());
        }
        listening.output.addEventListener('blocked', () => this.#show());
        this.#watch.addEventListener('silence', () => this.#show());
        this.#history.addEventListener('entry', () => this.#plot());
        farfield.watch('rooms', () => this.#show());
        farfield.on('connection', (state) => {
            if (state !== 'open') this.#takeRoom(SILENCE);
            this.#show();
        });
        farfield.on('meter', (level) => {
            if (level.room === ROOM) this.#takeRoom(level);
        });
    }

    show() {
        this.#shows = true;
        this.#watch.add(this.#draw, { rate: RATE });
        this.#delays.show();
        this.#losses.show();
        this.#plot();
        this.#show();
    }

    hide() {
        this.#shows = false;
        this.#watch.remove(this.#draw);
        this.#delays.hide();
        this.#losses.hide();
    }

    #draw = (sound, now, seconds) => {
        this.#received.show(sound, now, seconds);
        this.#spectrum.show(sound, now);
        this.#scope.show(sound, now);
        this.#drawRoom(now);
    };

    // With the frames of what is heard; where there are none, as often as the server tells of it.
    #takeRoom(level) {
        this.#roomLevel = level;
        if (this.#shows && !document.hidden && !this.#watch.runs) this.#drawRoom(performance.now());
    }

    #drawRoom(now) {
        const seconds = Math.min(1, (now - this.#roomAt) / 1000);
        this.#roomAt = now;
        this.#room.show(this.#roomLevel, now, seconds);
    }

    #plot() {
        if (!this.#shows) return;
        const { times, delays, lost } = this.#history;
        this.#delays.update(times, delays);
        this.#losses.update(times, lost);
    }

    #show() {
        if (!this.#shows) return;
        const { state, path, output } = this.#listening;
        const stats = this.#listening.getAudioStats();
        const isHeard = state === 'connected' && !output.blocked;
        const delay = isHeard ? delayWords(stats) : '';
        const loss = isHeard ? lossWords(this.#history) : '';
        write(this.#state, stateWords({ listening: this.#listening, farfield: this.#farfield,
            isSilent: this.#watch.isSilent }));
        write(this.#delay, delay);
        write(this.#behind, [delay && ' behind the server', loss].filter(Boolean).join('; '));
        write(this.#path, state === 'idle' ? HINT : pathWords(path));
        write(this.#detail, this.#details());
    }

    #details() {
        const { state, error } = this.#listening;
        if (state === 'idle') return '';
        if (state !== 'connected') return error ?? '';
        const listeners = this.#farfield.rooms.get(ROOM)?.listeners ?? 0;
        const { roundTrip, buffer, jitter, buffering } = this.#listening.getAudioStats() ?? {};
        return [
            buffering && `Gathering sound, ${buffer.toFixed(1)} s so far`,
            roundTrip != null && `Round trip ${milliseconds(roundTrip)}`,
            jitter > 0 && `jitter ${milliseconds(jitter)}`,
            buffer > 0 && !buffering && `${milliseconds(buffer)} buffered`,
            listeners > 1 && `${listeners} listeners`,
        ].filter(Boolean).join(' · ');
    }
}
