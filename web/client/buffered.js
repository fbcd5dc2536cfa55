// SPDX-License-Identifier: GPL-3.0-or-later
// What the browser's own jitter buffer makes of the received packets.
import { outputDelay } from './output.js';
import { RATE } from './ring.js';

const TARGET = { balanced: 0, safe: 250 }; // ms
const NTP = 2208988800000; // ms from 1900 to 1970
const HOP = 0.01; // seconds from a track to its AudioNode's output: one of libwebrtc's blocks

export class BufferedSink {
    #context;
    #target;
    #element = new Audio();
    #receiver = null;
    #before = { jitterBufferDelay: 0, jitterBufferEmittedCount: 0 };
    #buffer = 0;
    node = null;
    player = 'jitter buffer';

    static async create(context, mode) {
        return new BufferedSink(context, TARGET[mode]);
    }

    constructor(context, target) {
        this.#context = context;
        this.#target = target;
        // Chromium hands a remote stream to WebAudio only while an element plays it, too.
        this.#element.muted = true;
        this.#element.hidden = true;
    }

    take({ track, receiver }) {
        this.#receiver = receiver;
        if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = this.#target;
        const stream = new MediaStream([track]);
        document.body.append(this.#element);
        this.#element.srcObject = stream;
        this.#element.play().catch(() => {}); // muted, so allowed; closing interrupts it
        this.node = this.#context.createMediaStreamSource(stream);
    }

    // The buffer fills before it lets anything out.
    flows({ jitterBufferEmittedCount }) {
        return this.node !== null && jitterBufferEmittedCount > 0;
    }

    stats(inbound, clock, roundTrip) {
        if (!inbound) return { delay: null };
        const { jitterBufferDelay, jitterBufferEmittedCount, concealedSamples,
            concealmentEvents, totalSamplesReceived } = inbound;
        const count = jitterBufferEmittedCount - this.#before.jitterBufferEmittedCount;
        if (count > 0) {
            this.#buffer = (jitterBufferDelay - this.#before.jitterBufferDelay) / count;
            this.#before = inbound;
        }
        const played = this.#receiver?.getSynchronizationSources()[0];
        const isStamped = played?.captureTimestamp > 0 && clock.offset !== null;
        const toTrack = isStamped
            ? (played.timestamp + clock.offset - (played.captureTimestamp - NTP)) / 1000
            : this.#buffer + roundTrip / 2;
        return {
            delay: toTrack + HOP + outputDelay(this.#context),
            estimated: !isStamped,
            buffer: this.#buffer,
            gaps: concealmentEvents,
            concealed: concealedSamples / RATE,
            played: totalSamplesReceived / RATE,
        };
    }

    close() {
        this.#element.srcObject = null;
        this.#element.remove();
        this.node?.disconnect();
    }
}
