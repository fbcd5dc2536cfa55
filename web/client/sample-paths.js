// SPDX-License-Identifier: GPL-3.0-or-later
// The paths by which a program gets samples, with the interface of webrtc.js: WebRTC, where an
// implementation is handed in, and plain samples by WebSocket.
import { PacketReader, PACKETS, samplesOf } from './packets.js';
import { RATE } from './ring.js';
import { tell } from './tell.js';
import { WebRtcPath } from './webrtc.js';

// What an implementation of WebRTC decodes: that of the package @roamhq/wrtc has a sink for it.
class TrackSink {
    #sink = null;
    #RTCAudioSink;
    #received = 0; // samples
    node = { onsamples: null };
    player = 'program';

    constructor(RTCAudioSink) {
        this.#RTCAudioSink = RTCAudioSink;
    }

    take({ track }) {
        this.#sink = new this.#RTCAudioSink(track);
        this.#sink.ondata = (data) => this.#deliver(data);
    }

    #deliver({ samples, sampleRate: rate, channelCount, numberOfFrames }) {
        this.#received += numberOfFrames;
        if (!this.node.onsamples) return;
        const left = new Float32Array(numberOfFrames);
        const right = new Float32Array(numberOfFrames);
        for (let i = 0; i < numberOfFrames; i++) {
            left[i] = samples[i * channelCount] / 32768;
            right[i] = samples[i * channelCount + channelCount - 1] / 32768;
        }
        this.node.onsamples({ left, right, rate });
    }

    flows() {
        return this.#received > 0;
    }

    stats(inbound, clock, roundTrip) {
        const { jitterBufferDelay = 0, jitterBufferEmittedCount = 0, concealedSamples = 0,
            concealmentEvents = 0, totalSamplesReceived = 0 } = inbound ?? {};
        const buffer = jitterBufferDelay / Math.max(1, jitterBufferEmittedCount);
        return {
            delay: buffer + roundTrip / 2,
            estimated: true,
            buffer,
            gaps: concealmentEvents,
            concealed: concealedSamples / RATE,
            played: totalSamplesReceived / RATE,
        };
    }

    close() {
        this.#sink?.stop();
    }
}

class SamplePath extends EventTarget {
    kind = 'pcm';
    player = 'program';
    node = { onsamples: null };
    listener = null;
    #rpc;
    #room;
    #WebSocket;
    #socket = null;
    #stopped = false;
    #arrived;
    #failed = () => {};
    #reader;

    constructor({ rpc, room, mode }) {
        super();
        this.mode = mode;
        this.#rpc = rpc;
        this.#room = room;
        this.#WebSocket = rpc.WebSocket;
        this.#reader = new PacketReader({
            begin: ({ listener }) => { this.listener = listener; },
            packet: (position, bytes) => this.#deliver(bytes),
            end: (reason) => this.#lose(reason),
        });
    }

    async start() {
        const { pcm } = await this.#rpc.call('room.streams', { room: this.#room, mode: this.mode });
        if (this.#stopped) throw new Error('stopped');
        const socket = new this.#WebSocket(pcm, PACKETS);
        this.#socket = socket;
        socket.binaryType = 'arraybuffer';
        socket.onmessage = ({ data }) => {
            try {
                this.#reader.read(data);
            } catch {
                this.#lose('what came makes no sense');
            }
        };
        socket.onerror = () => {}; // the close that follows says it
        socket.onclose = () => this.#lose('the connection was lost');
        await new Promise((resolve, reject) => {
            this.#arrived = resolve;
            this.#failed = reject;
        });
    }

    #deliver(bytes) {
        this.#arrived();
        if (!this.node.onsamples) return;
        const [left, right] = samplesOf(bytes);
        this.node.onsamples({ left, right, rate: RATE });
    }

    async stats(clock) {
        const { packets, bytes, lost, captured } = this.#reader;
        const isKnown = captured !== null && clock.offset !== null;
        return {
            packets,
            bytes,
            lost,
            roundTrip: clock.roundTrip,
            delay: isKnown ? Math.max(0, (clock.now() - captured.time) / 1000) : null,
            estimated: false,
            buffer: 0,
        };
    }

    #lose(reason) {
        this.#failed(new Error(reason)); // means nothing once it has started
        if (!this.#stopped) tell(this, 'lost', reason);
    }

    stop() {
        this.#stopped = true;
        this.#socket?.close();
        this.#failed(new Error('stopped'));
    }
}

// The paths to samples, the best first, as ladder() has those to the ears. `wrtc` has
// RTCPeerConnection and nonstandard.RTCAudioSink.
export function sampleLadder(asked, kinds = ['webrtc', 'pcm'], wrtc = null) {
    const mode = asked === 'automatic' ? 'balanced' : asked;
    const reason = wrtc ? 'WebRTC does not come through' : 'no WebRTC was handed in';
    return [
        { kind: 'webrtc', patience: 3000, reason: null, can: wrtc !== null,
            make: (tools) => new WebRtcPath({ ...tools, mode,
                RTCPeerConnection: wrtc.RTCPeerConnection,
                createSink: () => new TrackSink(wrtc.nonstandard.RTCAudioSink) }) },
        { kind: 'pcm', patience: 3000, reason, can: true,
            make: (tools) => new SamplePath({ ...tools, mode }) },
    ].filter(({ kind, can }) => can && kinds.includes(kind));
}
