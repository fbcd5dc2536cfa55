// SPDX-License-Identifier: GPL-3.0-or-later
// A ring that sounds: an AudioNode, and the port that a worker writes its samples to.
import { heardTime } from './output.js';
import { PlainRing } from './plain.js';
import { RATE } from './ring.js';

const loaded = new WeakMap(); // AudioContext -> promise of the worklet's code

export class Player {
    #ring;
    #latest = null;

    // Resolves to a player whose `input` is to be handed to a worker; `options` are the ring's.
    static async create(context, options) {
        if (!context.audioWorklet) return new Player(context, new PlainRing(context, options));
        if (!loaded.has(context)) {
            loaded.set(context, context.audioWorklet.addModule(
                new URL('ring-worklet.js', import.meta.url)));
        }
        await loaded.get(context);
        return new Player(context, new AudioWorkletNode(context, 'farfield-ring', {
            numberOfInputs: 0,
            outputChannelCount: [2],
            processorOptions: options,
        }));
    }

    constructor(context, ring) {
        this.context = context;
        this.#ring = ring;
        const { port1, port2 } = new MessageChannel();
        this.input = port1;
        ring.port.postMessage(port2, [port2]);
        ring.port.onmessage = ({ data }) => { this.#latest = data; };
    }

    get node() {
        return this.#ring.node ?? this.#ring;
    }

    // {position, playing, level, margin, underruns, concealed, speed}, the first as of now at the
    // ear, level and margin in seconds; null before anything is known.
    stats() {
        if (!this.#latest) return null;
        const { position, time, level, margin, ...rest } = this.#latest;
        const elapsed = heardTime(this.context) - time;
        return { ...rest, position: position + elapsed * RATE, level: level / RATE,
            margin: margin / RATE };
    }

    close() {
        this.#ring.port.postMessage(null);
        this.node.disconnect();
    }
}
