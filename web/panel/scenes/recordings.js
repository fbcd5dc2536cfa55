// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings: the button that begins and ends one, and all there are.
import { keep, recall } from '../choices.js';
import { arrangeRows, make, write } from '../elements.js';
import { bytes, duration } from '../format.js';
import { RecordingRow, RUNS, titleOf } from './recording.js';

const ROOM = 'main';

export class Recordings {
    #farfield;
    #complain;
    #rows = new Map(); // id -> RecordingRow
    #recordings = new Map();
    #end = null;
    #isPressed = false; // and not answered yet
    #button = make('button', { type: 'button', id: 'record', onclick: () => this.#press() });
    #progress = make('output', { id: 'record-progress', className: 'number', 'aria-live': 'off' });
    #name = make('input', { type: 'text', id: 'record-name', maxLength: 100, autocomplete: 'off' });
    #format;
    #wishes;
    #list = make('ul', { className: 'rows', id: 'recordings' });
    #empty = make('p', { className: 'empty' },
        'None yet. What is recorded is what listeners hear, before it is compressed.');

    constructor({ farfield, complain }) {
        this.#farfield = farfield;
        this.#complain = complain;
        this.#format = make('select', { id: 'record-format',
            onchange: () => keep('format', this.#format.value) },
        make('option', { value: 'wav' }, 'WAV'), make('option', { value: 'flac' }, 'FLAC, smaller'));
        this.#format.value = recall('format') === 'flac' ? 'flac' : 'wav';
        this.#wishes = make('div', { className: 'line' },
            make('label', { htmlFor: 'record-name' }, 'Name'), this.#name,
            make('label', { htmlFor: 'record-format' }, 'Format'), this.#format);
        this.element = make('section', { className: 'card recordings',
            'aria-labelledby': 'recordings-title' },
        make('header', {}, make('h2', { id: 'recordings-title' }, 'Recordings')),
        make('div', { className: 'line' }, this.#button, this.#progress), this.#wishes,
        this.#list, this.#empty);
        this.#showButton();
    }

    show() {
        this.#end = this.#farfield.watch('recordings', (recordings) => this.#render(recordings));
    }

    hide() {
        this.#end?.();
        this.#end = null;
    }

    // What records this room now, if anything does.
    get #running() {
        return [...this.#recordings.values()].find(({ room, state }) =>
            room === ROOM && RUNS.includes(state));
    }

    get #isBusy() {
        return this.#isPressed || this.#running?.state === 'stopping';
    }

    #render(recordings) {
        this.#recordings = recordings;
        const sorted = [...recordings.values()].sort((a, b) => b.started - a.started);
        const doings = {
            stop: (id) => this.#try('It could not be stopped', () => this.#stop(id)),
            remove: (id) => this.#try('It was not deleted', () =>
                this.#farfield.call('recording.delete', { id })),
            link: (recording) => this.#try('Its sound could not be fetched', () =>
                this.#link(recording)),
            download: (recording, part) => this.#try('It was not downloaded', () =>
                this.#download(recording, part)),
        };
        const rows = new Map();
        for (const recording of sorted) {
            const row = this.#rows.get(recording.id) ?? new RecordingRow(recording, doings);
            row.update(recording);
            rows.set(recording.id, row);
        }
        for (const [id, row] of this.#rows) if (!rows.has(id)) row.release();
        this.#rows = rows;
        arrangeRows(this.#list, [...rows.values()].map(({ element }) => element), this.#button);
        this.#empty.hidden = sorted.length > 0;
        this.#showButton();
    }

    #showButton() {
        const running = this.#running;
        write(this.#button, running ? 'Stop recording' : 'Record');
        // A button that is disabled loses the focus.
        this.#button.ariaDisabled = String(this.#isBusy);
        this.#button.classList.toggle('records', Boolean(running));
        this.#wishes.hidden = Boolean(running);
        write(this.#progress, running ? `${duration(running.seconds)} · ${bytes(running.bytes)}` : '');
    }

    async #try(what, act) {
        try {
            return await act();
        } catch (error) {
            this.#complain(new Error(`${what}: ${error.message}`));
            return null;
        }
    }

    async #press() {
        if (this.#isBusy) return;
        this.#isPressed = true;
        this.#showButton();
        const running = this.#running;
        if (running) await this.#try('It could not be stopped', () => this.#stop(running.id));
        else await this.#try('Nothing is recorded', () => this.#start());
        this.#isPressed = false;
        this.#showButton();
    }

    async #start() {
        await this.#farfield.call('recording.start',
            { room: ROOM, format: this.#format.value, name: this.#name.value.trim() });
        this.#name.value = '';
    }

    // A long file takes its time to be whole.
    #stop(id) {
        return this.#farfield.call('recording.stop', { id }, { timeout: 60 });
    }

    // Where its parts are, for a player or a download, which cannot bring the key: as long as it
    // sounds, and an hour to stop and go on in.
    async #link({ id, seconds }) {
        const { token } = await this.#farfield.call('recording.link',
            { id, seconds: Math.min(3600 + Math.ceil(seconds), 86400) });
        return (part) => this.#farfield.url('recording.audio', { id, part, token });
    }

    async #download(recording, part) {
        const { format, parts } = recording;
        const name = `${titleOf(recording)}${parts.length > 1 ? ` ${part}` : ''}.${format}`;
        const addressOf = await this.#link(recording);
        make('a', { href: addressOf(part), download: name }).click();
    }
}
