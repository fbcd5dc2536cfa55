// SPDX-License-Identifier: GPL-3.0-or-later
// Received packets past the browser's jitter buffer: a worker decodes them, a ring on the audio
// thread plays them.
import { outputDelay } from './output.js';
import { Player } from './player.js';
import { RATE } from './ring.js';

export class DirectSink {
    #player;
    #worker;
    #told = { packets: 0, captured: null };

    static failed = false; // it has shown that it does not work here

    static get supported() {
        return !this.failed && 'RTCRtpScriptTransform' in globalThis && 'AudioDecoder' in globalThis &&
            'AudioWorkletNode' in globalThis;
    }

    static async create(context, mode, onerror) {
        return new DirectSink(await Player.create(context), onerror);
    }

    constructor(player, onerror) {
        this.#player = player;
        this.#worker = new Worker(new URL('frames-worker.js', import.meta.url), { type: 'module' });
        const fail = (reason) => {
            DirectSink.failed = true;
            onerror(reason);
        };
        this.#worker.onerror = ({ message }) => fail(message ?? 'the worker does not start');
        this.#worker.onmessage = ({ data }) => {
            if (data.error) fail(data.error);
            else this.#told = data;
        };
        this.#worker.postMessage({ input: player.input }, [player.input]);
    }

    player = 'ring';

    take({ receiver }) {
        receiver.transform = new RTCRtpScriptTransform(this.#worker, {});
    }

    get node() {
        return this.#player.node;
    }

    flows() {
        return this.#told.packets > 0;
    }

    stats(inbound, clock, roundTrip) {
        return ringStats(this.#player, this.#told.captured, clock, roundTrip);
    }

    close() {
        this.#worker.terminate();
        this.#player.close();
    }
}

// What a ring knows of itself, and its delay by `captured`: {position, time}, when the sample of a
// position was captured, in Unix milliseconds of the server.
export function ringStats(player, captured, clock, roundTrip) {
    const ring = player.stats();
    if (!ring) return { delay: null };
    const { position, level, margin, underruns, concealed, played } = ring;
    const isStamped = captured !== null && clock.offset !== null;
    const delay = isStamped
        ? (clock.now() - captured.time) / 1000 - (position - captured.position) / RATE
        : level + roundTrip / 2 + outputDelay(player.context);
    return {
        delay: ring.playing ? delay : null, // nothing is heard of it yet
        estimated: !isStamped,
        buffer: level,
        margin,
        gaps: underruns,
        concealed: concealed / RATE,
        played: played / RATE,
    };
}
