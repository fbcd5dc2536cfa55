// SPDX-License-Identifier: GPL-3.0-or-later
// The buffers: what is in them, drawn and heard; files come by a button or are dropped.
import { arrangeRows, make, write } from '../elements.js';
import { Waveform } from './waveform.js';

const STATES = { loading: 'is being loaded', lost: 'scsynth does not have it any more' };

function lengthOf({ frames, rate, channels }) {
    const time = rate > 0 ? `${(frames / rate).toFixed(2)} s` : `${frames} frames`;
    return `${time}, ${['', 'mono', 'stereo'][channels] ?? `${channels} channels`}`;
}

class Entry {
    #words = make('span', { className: 'hint' });
    #wave;
    #drawn = '';
    #play;

    constructor(buffer, farfield, { play, free }) {
        const name = buffer.name || `Buffer ${buffer.id}`;
        this.name = buffer.name;
        this.#wave = new Waveform(farfield, `What is in ${name}`);
        this.#play = make('button', { type: 'button', 'aria-label': `Play ${name}`,
            onclick: () => play(this.buffer) }, 'Play');
        this.element = make('li', {},
            make('div', { className: 'buffer-head' }, make('strong', {}, name), this.#words,
                this.#play, make('button', { type: 'button', 'aria-label': `Free ${name}`,
                    onclick: () => free(this.buffer) }, 'Free')), this.#wave.element);
        this.element.dataset.buffer = buffer.id;
    }

    update(buffer) {
        this.buffer = buffer;
        write(this.#words, STATES[buffer.state] ?? `${lengthOf(buffer)}, number ${buffer.id}`);
        this.#play.disabled = buffer.state !== 'ready' || buffer.channels > 2;
        const drawn = JSON.stringify(buffer);
        if (buffer.state === 'ready' && drawn !== this.#drawn) this.#wave.load(buffer.id);
        this.#drawn = drawn;
    }
}

export class Buffers {
    #farfield;
    #complain;
    #tell;
    #entries = new Map();
    #end = null;
    #list = make('ul', { id: 'buffers' });
    #empty = make('p', { className: 'empty' }, 'None yet. Drop a WAV, AIFF, FLAC or Ogg file.');
    #add = make('button', { type: 'button' }, 'Add a sound file');
    #busy = make('p', { className: 'hint', role: 'status' });

    constructor({ farfield, complain, tell }) {
        this.#farfield = farfield;
        this.#complain = complain;
        this.#tell = tell;
        const file = make('input', { type: 'file', id: 'buffer-file', multiple: true,
            accept: 'audio/*,.wav,.aif,.aiff,.flac,.ogg', className: 'hidden', tabIndex: -1,
            'aria-label': 'Sound files', onchange: () => {
                for (const each of file.files) this.upload(each);
                file.value = '';
            } });
        this.#add.onclick = () => file.click();
        this.element = make('section', { className: 'card', 'aria-labelledby': 'buffers-title' },
            make('div', { className: 'card-head' }, make('h2', { id: 'buffers-title' }, 'Buffers'),
                this.#add, file), this.#busy, this.#list, this.#empty);
    }

    show() {
        this.#end ??= this.#farfield.watch('buffers', (buffers) => this.#draw(buffers));
    }

    hide() {
        this.#end?.();
        this.#end = null;
    }

    async upload(file) {
        write(this.#busy, `${file.name} is being sent`);
        try {
            const name = file.name.replace(/\.[^.]*$/, '').slice(0, 100);
            const buffer = await this.#farfield.call('buffer.new', { name, data: file });
            this.#tell(`${file.name} is buffer ${buffer.id}`);
        } catch (error) {
            this.#complain(new Error(`${file.name}: ${error.message}`));
        }
        write(this.#busy, '');
    }

    #draw(buffers) {
        const hands = {
            play: ({ id, channels }) => this.#farfield.call('synth.new', {
                synthdef: channels === 2 ? 'player_stereo' : 'player_mono',
                controls: { buf: id } }).catch(this.#complain),
            free: ({ id }) => this.#farfield.call('buffer.free', { id }).catch(this.#complain),
        };
        this.#entries = new Map([...buffers.values()].map((buffer) => {
            const known = this.#entries.get(buffer.id);
            const entry = known?.name === buffer.name ? known
                : new Entry(buffer, this.#farfield, hands);
            entry.update(buffer);
            return [buffer.id, entry];
        }));
        arrangeRows(this.#list, [...this.#entries.values()].map(({ element }) => element), this.#add);
        this.#empty.hidden = buffers.size > 0;
    }
}
