// SPDX-License-Identifier: GPL-3.0-or-later
// One recording of the list: what it is and how it went, to be played, downloaded and deleted.
import { make, write } from '../elements.js';
import { bytes, counted, duration, when } from '../format.js';

const STATES = {
    starting: 'Starting',
    recording: 'Recording',
    stopping: 'Finishing the file',
    failed: 'Failed',
    interrupted: 'Cut off when the sound process ended',
};
export const RUNS = ['starting', 'recording', 'stopping'];

export function titleOf({ name, started }) {
    return name || `Recording of ${when(started)}`;
}

function wordsOf({ state, detail, seconds, bytes: size, format, room, started, lost, rate, xruns }) {
    return [
        state === 'done' ? '' : STATES[state],
        duration(seconds), format.toUpperCase(), bytes(size),
        room === 'main' ? '' : `room ${room}`,
        when(started),
        detail ? `ended: ${detail}` : '',
        lost ? `${(lost / rate).toFixed(2)} s are missing, for the disk was too slow` : '',
        xruns ? `${counted(xruns, 'click')} that may be heard` : '',
    ].filter(Boolean).join(' · ');
}

export class RecordingRow {
    #words = make('p', { className: 'hint' });
    #actions = make('div', { className: 'row-actions' });
    #players = make('div', { className: 'players', hidden: true });
    #doings;
    #recording = null;

    // `doings`: stop(id), remove(id), download(recording, part), link(recording) -> promise of
    // (part) -> address, null where there is none.
    constructor(recording, doings) {
        this.#doings = doings;
        this.element = make('li', { className: 'row', tabIndex: -1 },
            make('div', { className: 'row-words' }, make('h3', {}, titleOf(recording)), this.#words),
            this.#actions, this.#players);
        this.element.dataset.recording = recording.id;
        this.update(recording);
    }

    update(recording) {
        const before = this.#recording;
        this.#recording = recording;
        write(this.#words, wordsOf(recording));
        this.element.dataset.state = recording.state;
        if (before?.state !== recording.state) this.#showActions();
    }

    // Nothing goes on sounding of what is not there any more.
    release() {
        this.#players.replaceChildren();
    }

    #button(words, onclick, className = '') {
        return make('button', { type: 'button', className, onclick,
            'aria-label': `${words} ${titleOf(this.#recording)}` }, words);
    }

    // Who has pressed one of them by key stays with the row.
    #showActions() {
        const hadFocus = this.element.contains(document.activeElement);
        this.#makeActions();
        if (!hadFocus || this.#players.contains(document.activeElement)) return;
        (this.#actions.querySelector('button:enabled') ?? this.element).focus();
    }

    #makeActions() {
        const { id, state, parts } = this.#recording;
        if (RUNS.includes(state)) {
            const stop = this.#button('Stop', () => this.#doings.stop(id), 'main');
            stop.disabled = state === 'stopping';
            this.#actions.replaceChildren(stop);
            return;
        }
        const many = parts.length > 1;
        const downloads = parts.map(({ part }) => this.#button(many ? `Download part ${part}` : 'Download',
            () => this.#doings.download(this.#recording, part)));
        this.#actions.replaceChildren(
            ...(parts.length ? [this.#button('Play', () => this.#play(), 'main')] : []), ...downloads,
            this.#button('Delete', () => this.#ask()));
    }

    // It cannot be had back.
    #ask() {
        const keep = make('button', { type: 'button', onclick: () => {
            this.#showActions();
            this.#actions.lastElementChild.focus();
        } }, 'Keep it');
        this.#actions.replaceChildren(make('span', { role: 'status' }, 'Delete it for good?'),
            this.#button('Delete for good', () => this.#doings.remove(this.#recording.id), 'danger'), keep);
        keep.focus();
    }

    async #play() {
        const there = [...this.#players.children];
        // What has failed may have had its address for too long.
        if (there.length > 0 && !there.some(({ error }) => error)) {
            there[0].play().catch(() => {});
            return;
        }
        const addressOf = await this.#doings.link(this.#recording);
        if (!addressOf) return;
        const { parts } = this.#recording;
        const players = parts.map(({ part }) => make('audio', { controls: true, preload: 'metadata',
            src: addressOf(part),
            'aria-label': `${titleOf(this.#recording)}${parts.length > 1 ? `, part ${part}` : ''}` }));
        players.forEach((player, i) => { player.onended = () => players[i + 1]?.play(); });
        this.#players.replaceChildren(...players);
        this.#players.hidden = false;
        players[0].play().catch(() => {}); // its own button is there
    }
}
