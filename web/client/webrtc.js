// SPDX-License-Identifier: GPL-3.0-or-later
// A path by WebRTC. What becomes of the received packets is the sink's: `lowest` takes them from
// the browser as they arrive, the other modes leave them to its jitter buffer.
//
// What all paths have: start() resolves when sound arrives; `node` is then the AudioNode that
// plays it; stats(clock); stop(); and the event `lost` (detail: why).
import { BufferedSink } from './buffered.js';
import { DirectSink } from './direct.js';
import { Peer } from './peer.js';
import { tell } from './tell.js';

const POLL = 50; // ms between two looks for the first packet

export class WebRtcPath extends EventTarget {
    kind = 'webrtc';
    #peer;
    #sink = null;
    #createSink;
    #params;
    #context;
    #stopped = false;

    // `createSink` and `RTCPeerConnection` take the place of the browser's.
    constructor({ rpc, room, mode, context, createSink, RTCPeerConnection }) {
        super();
        this.mode = mode;
        this.#params = { room, mode };
        this.#context = context;
        this.#createSink = createSink ?? ((...args) =>
            (mode === 'lowest' ? DirectSink : BufferedSink).create(...args));
        this.#peer = new Peer(rpc, RTCPeerConnection);
        this.#peer.addEventListener('lost', ({ detail }) => this.#lose(detail));
    }

    static get supported() {
        return 'RTCPeerConnection' in globalThis;
    }

    async start() {
        this.#sink = await this.#createSink(this.#context, this.mode,
            (reason) => this.#lose(reason));
        if (this.#stopped) {
            this.#sink.close();
            throw new Error('stopped');
        }
        await this.#peer.join(this.#params, (event) => this.#sink.take(event));
        while (!this.#stopped) {
            const { inbound } = await this.#peer.stats();
            if (inbound?.packetsReceived > 0 && this.#sink.flows(inbound)) return;
            await new Promise((done) => { setTimeout(done, POLL); });
        }
        throw new Error('stopped');
    }

    get node() {
        return this.#sink.node;
    }

    get player() {
        return this.#sink.player;
    }

    get listener() {
        return this.#peer.listener;
    }

    // Seconds, but for the counts; `delay` is null while unknown, and `estimated` where the server
    // does not tell when the sound was captured.
    async stats(clock) {
        const { inbound, pair } = await this.#peer.stats();
        const roundTrip = pair?.currentRoundTripTime ?? null;
        return {
            packets: inbound?.packetsReceived ?? 0,
            bytes: inbound?.bytesReceived ?? 0,
            lost: inbound?.packetsLost ?? 0,
            jitter: inbound?.jitter ?? 0,
            roundTrip,
            ...this.#sink.stats(inbound, clock, roundTrip ?? 0),
        };
    }

    // The network may be another one.
    recover() {
        this.#peer.restart();
    }

    stop() {
        this.#stopped = true;
        this.#peer.close();
        this.#sink?.close();
    }

    #lose(reason) {
        if (!this.#stopped) tell(this, 'lost', reason);
    }
}
