// SPDX-License-Identifier: GPL-3.0-or-later
// What notes are played with: which SynthDef, the piano, the computer's keys, MIDI.
import { keep, recall } from '../choices.js';
import { make, write } from '../elements.js';
import { Instrument } from './instrument.js';
import { ComputerKeys } from './keys.js';
import { frequencyOf, noteName } from './names.js';
import { Piano } from './piano.js';

const LOWEST = 12;
const HIGHEST = 96;
const USUAL = 0.8; // velocity that leaves a SynthDef's own level

export class Dock {
    #farfield;
    #notes;
    #midi;
    #piano;
    #keys;
    #low = Math.min(HIGHEST, Math.max(LOWEST, recall('octave', 48)));
    #select = make('select', { id: 'instrument', 'aria-label': 'What the keys play' });
    #octave = make('output', { className: 'number' });
    #keysButton = make('button', { type: 'button', id: 'computer-keys' }, 'Computer keys');
    #midiButton = make('button', { type: 'button', id: 'midi' }, 'MIDI');
    #midiWords = make('p', { className: 'hint', id: 'midi-state', role: 'status' });
    #fold = make('button', { type: 'button', className: 'fold', id: 'keyboard' }, 'Keyboard');
    #sound = make('button', { type: 'button', id: 'sound', 'aria-expanded': 'false',
        'aria-controls': 'instrument-sound', title: 'How notes sound' }, 'Sound');
    #instrument;
    #body;
    #sounding = new Map(); // note -> number of keys that hold it
    #noteOf = new Map(); // key -> note

    constructor({ farfield, notes, midi, outbox, faces, menu }) {
        this.#farfield = farfield;
        this.#notes = notes;
        this.#midi = midi;
        const hands = {
            start: (note, velocity, key) => this.#start(note, velocity, key),
            stop: (key) => this.#stop(key),
        };
        this.#piano = new Piano(hands);
        this.#keys = new ComputerKeys({
            start: (above, velocity, key) => this.#start(this.#low + above, velocity, key),
            stop: hands.stop,
            octave: (step) => this.#shift(step),
        });
        this.#instrument = new Instrument({ faces, menu, midi, set: (def, name, value) =>
            Promise.all(notes.sounding(def).map(async (started) => {
                const id = await started;
                return id === undefined ? undefined : outbox.put(id, name, value);
            })) });
        this.#body = make('div', { className: 'dock-body' }, this.#piano.element);
        this.element = make('section', { className: 'dock', 'aria-label': 'Notes' },
            make('div', { className: 'dock-row' }, this.#fold, this.#select,
                this.#sound,
                make('span', { className: 'octaves', role: 'group', 'aria-label': 'Octave' },
                    this.#octaveButton('−', 'Octave down', -1), this.#octave,
                    this.#octaveButton('+', 'Octave up', 1)),
                this.#keysButton, this.#midiButton, this.#midiWords),
            this.#instrument.element, this.#body);
        this.#wire();
        // What stays in place at the lower edge must not hide what is scrolled to.
        new ResizeObserver(() => document.documentElement.style.setProperty('--dock',
            `${this.element.offsetHeight}px`)).observe(this.element);
    }

    // Lets go of all that is held here.
    letGo() {
        this.#piano.letGo();
        this.#keys.letGo();
    }

    #octaveButton(text, name, step) {
        return make('button', { type: 'button', className: 'icon', 'aria-label': name,
            onclick: () => this.#shift(step) }, text);
    }

    #wire() {
        this.#farfield.watch('synthdefs', () => this.#showSynthDefs());
        this.#select.onchange = () => {
            keep('instrument', this.#select.value);
            this.letGo();
            this.#useSynthDef();
        };
        this.#sound.onclick = () => this.#unfoldSound(this.#instrument.element.hidden);
        this.#keysButton.onclick = () => this.#useKeys(!this.#keys.isOn);
        this.#midiButton.onclick = () => (this.#midi.isOn ? this.#midi.stop() : this.#midi.start());
        this.#fold.onclick = () => this.#unfold(this.#body.hidden);
        this.#midi.addEventListener('state', () => this.#showMidi());
        this.#midi.addEventListener('note', ({ detail }) => {
            if (detail.isOn) this.#start(detail.note, detail.velocity, detail.key);
            else this.#stop(detail.key);
        });
        this.#midi.addEventListener('silence', ({ detail }) => this.#letGoMidi(detail));
        this.#showSynthDefs();
        this.#shift(0);
        this.#useKeys(recall('computer-keys', false));
        this.#unfold(recall('keyboard', innerWidth > 700));
        this.#showMidi();
    }

    #showMidi() {
        const { state, isOn, words } = this.#midi;
        this.#midiButton.setAttribute('aria-pressed', isOn);
        this.#midiButton.disabled = state === 'missing';
        write(this.#midiWords, state === 'off' ? '' : words);
        if (state !== 'on') this.#letGoMidi();
    }

    #letGoMidi(prefix = 'midi-') {
        for (const key of [...this.#noteOf.keys()]) if (key.startsWith(prefix)) this.#stop(key);
    }

    #useKeys(isOn) {
        this.#keys.isOn = isOn;
        this.#keys.letGo();
        keep('computer-keys', isOn);
        this.#keysButton.setAttribute('aria-pressed', isOn);
        this.#keysButton.title = isOn ? 'A S D F play, W E T Y U are the black keys, Z and X change ' +
            'the octave' : 'Play with the letters of this keyboard';
    }

    // What is chosen sounds by its own settings.
    #useSynthDef() {
        this.#instrument.use(this.#farfield.synthdefs.get(this.#select.value) ?? null);
        this.#sound.disabled = this.#instrument.isEmpty;
        if (this.#instrument.isEmpty) this.#unfoldSound(false);
    }

    #unfoldSound(isOpen) {
        this.#instrument.element.hidden = !isOpen;
        this.#sound.setAttribute('aria-expanded', isOpen);
    }

    showFaces() {
        this.#instrument.showFaces();
    }

    #unfold(isOpen) {
        this.#piano.letGo();
        this.#body.hidden = !isOpen;
        this.#fold.setAttribute('aria-expanded', isOpen);
        keep('keyboard', isOpen);
    }

    #shift(step) {
        this.letGo();
        this.#low = Math.min(HIGHEST, Math.max(LOWEST, this.#low + 12 * step));
        keep('octave', this.#low);
        this.#octave.value = noteName(this.#low);
        this.#piano.low = this.#low;
    }

    // Those that have a pitch, and then the rest, which keys start all the same.
    #showSynthDefs() {
        const wanted = recall('instrument', this.#select.value || 'sine');
        const groups = [['Pitched', []], ['Others', []]];
        for (const def of this.#farfield.synthdefs.values()) {
            if (def.name.startsWith('farfield_')) continue;
            const isPitched = def.parameters.some(({ name }) => name === 'freq');
            groups[isPitched ? 0 : 1][1].push(def);
        }
        this.#select.replaceChildren(...groups.filter(([, defs]) => defs.length)
            .map(([label, defs]) => make('optgroup', { label }, ...defs
                .sort((a, b) => a.title.localeCompare(b.title))
                .map(({ name, title }) => make('option', { value: name }, title)))));
        this.#select.value = wanted;
        if (this.#select.selectedIndex < 0) this.#select.selectedIndex = 0;
        this.#useSynthDef();
    }

    #start(note, velocity, key) {
        const def = this.#farfield.synthdefs.get(this.#select.value);
        if (!def) return;
        this.#stop(key);
        const controls = { ...this.#instrument.values };
        for (const { name, default: standard, min = 0, max = 1 } of def.parameters) {
            if (name === 'freq') controls.freq = frequencyOf(note);
            if (name === 'amp') {
                const level = (controls.amp ?? standard) * (velocity / USUAL) ** 2;
                controls.amp = Math.min(max, Math.max(min, level));
            }
        }
        this.#noteOf.set(key, note);
        this.#count(note, 1);
        this.#notes.start(key, def.name, controls);
    }

    #stop(key) {
        const note = this.#noteOf.get(key);
        if (note === undefined) return;
        this.#noteOf.delete(key);
        this.#count(note, -1);
        this.#notes.stop(key);
    }

    #count(note, by) {
        const count = (this.#sounding.get(note) ?? 0) + by;
        this.#sounding.set(note, count);
        this.#piano.mark(note, count > 0);
    }
}
