// SPDX-License-Identifier: GPL-3.0-or-later
// Web MIDI: notes play, controllers turn what they were taught. What was learned is kept in this
// browser, by SynthDef and parameter.
//
// Events: `state`, `learned`, `note` (detail: {note, velocity (0 to 1), isOn, key}), `silence`
// (detail: how the keys begin whose notes are over) and `turn` (detail: {synthdef, parameter,
// position}).
import { keep, recall } from '../choices.js';

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;
const CONTROLLER = 0xb0;
const ALL_OFF = 120; // this controller and those above end what sounds, or change the mode
const WORDS = {
    missing: 'This browser has no Web MIDI. Chromium, Edge and Firefox have it.',
    off: 'MIDI is off',
    asking: 'The browser asks whether this page may use MIDI',
    refused: 'The browser does not let this page use MIDI',
    empty: 'No MIDI device is there yet: plug one in',
    on: 'MIDI is on',
};

export class Midi extends EventTarget {
    #access = null;
    #attached = new Set(); // ids of inputs
    #learned = recall('midi', {}); // "synthdef/parameter" -> {channel, controller}
    #learning = null; // {key, done}
    state = navigator.requestMIDIAccess ? 'off' : 'missing';

    constructor() {
        super();
        if (recall('midi.on', false)) this.#startAgain();
    }

    get words() {
        return WORDS[this.state];
    }

    get isOn() {
        return this.#access !== null;
    }

    get isLearning() {
        return this.#learning !== null;
    }

    async start() {
        if (this.state === 'missing' || this.#access || this.state === 'asking') return;
        this.#setState('asking');
        try {
            this.#access = await navigator.requestMIDIAccess();
        } catch {
            this.#setState('refused');
            return;
        }
        keep('midi.on', true);
        this.#access.onstatechange = () => this.#attach();
        this.#attach();
    }

    // By itself it asks nobody: what was allowed may have been taken back since.
    async #startAgain() {
        const permission = await navigator.permissions?.query({ name: 'midi' }).catch(() => null);
        if (permission?.state === 'granted') this.start();
    }

    stop() {
        for (const input of this.#access?.inputs.values() ?? []) input.onmidimessage = null;
        if (this.#access) this.#access.onstatechange = null;
        this.#access = null;
        this.#attached.clear();
        keep('midi.on', null);
        this.#setState('off');
    }

    learned(synthdef, parameter) {
        return this.#learned[`${synthdef}/${parameter}`] ?? null;
    }

    // The next controller that is moved turns this parameter; `done` is called then.
    async learn(synthdef, parameter, done) {
        await this.start();
        if (!this.#access) return;
        this.#learning = { key: `${synthdef}/${parameter}`, done };
    }

    cancelLearning() {
        this.#learning = null;
    }

    forget(synthdef, parameter) {
        delete this.#learned[`${synthdef}/${parameter}`];
        this.#keep();
    }

    #keep() {
        keep('midi', this.#learned);
        this.dispatchEvent(new Event('learned'));
    }

    #setState(state) {
        this.state = state;
        this.dispatchEvent(new Event('state'));
    }

    // A device that went leaves no note behind, also where another one is still there.
    #attach() {
        const inputs = [...this.#access.inputs.values()]
            .filter(({ state }) => state !== 'disconnected');
        for (const input of inputs) {
            input.onmidimessage = ({ data }) => this.#onMessage(data, input.id);
        }
        const ids = new Set(inputs.map(({ id }) => id));
        for (const id of this.#attached) if (!ids.has(id)) this.#emit('silence', `midi-${id}-`);
        this.#attached = ids;
        this.#setState(inputs.length ? 'on' : 'empty');
    }

    #onMessage([status, first, second], input) {
        const kind = status & 0xf0;
        const channel = status & 0x0f;
        if (kind === NOTE_ON || kind === NOTE_OFF) {
            const isOn = kind === NOTE_ON && second > 0;
            this.#emit('note', { note: first, velocity: second / 127, isOn,
                key: `midi-${input}-${channel}-${first}` });
        } else if (kind === CONTROLLER && first < ALL_OFF) this.#onController(channel, first, second);
        else if (kind === CONTROLLER) this.#emit('silence', 'midi-');
    }

    #onController(channel, controller, value) {
        if (this.#learning) {
            const { key, done } = this.#learning;
            this.#learning = null;
            this.#learned[key] = { channel, controller };
            this.#keep();
            done();
        }
        for (const [key, learned] of Object.entries(this.#learned)) {
            if (learned.channel !== channel || learned.controller !== controller) continue;
            const slash = key.lastIndexOf('/');
            this.#emit('turn', { synthdef: key.slice(0, slash), parameter: key.slice(slash + 1),
                position: value / 127 });
        }
    }

    #emit(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }
}
