// SPDX-License-Identifier: GPL-3.0-or-later
// A path by WebSocket, for where WebRTC does not come through: Opus packets for the browser's
// decoder, or plain samples where it has none. The interface is that of webrtc.js.
import { ringStats } from './direct.js';
import { Player } from './player.js';
import { RINGS } from './ring.js';
import { tell } from './tell.js';

export class SocketPath extends EventTarget {
    #rpc;
    #room;
    #context;
    #worker = null;
    #player = null;
    #told = { packets: 0, bytes: 0, lost: 0, captured: null };
    #stopped = false;
    #arrived;
    #failed;
    listener = null;
    player = 'ring';

    // `kind` is "websocket" for Opus, or "pcm".
    constructor({ rpc, room, mode, context }, kind) {
        super();
        this.kind = kind;
        this.mode = mode;
        this.#rpc = rpc;
        this.#room = room;
        this.#context = context;
    }

    static supports(kind) {
        return 'Worker' in globalThis && (kind === 'pcm' ||
            ('AudioDecoder' in globalThis && 'AudioWorkletNode' in globalThis));
    }

    async start() {
        const { kind, mode } = this;
        const isPcm = kind === 'pcm';
        const addresses = await this.#rpc.call('room.streams', { room: this.#room, mode });
        this.#player = await Player.create(this.#context, RINGS[isPcm ? 'pcm' : mode]);
        if (this.#stopped) {
            this.#player.close();
            throw new Error('stopped');
        }
        this.#worker = new Worker(new URL('socket-worker.js', import.meta.url), { type: 'module' });
        const { input } = this.#player;
        this.#worker.postMessage({ input, url: isPcm ? addresses.pcm : addresses.audio }, [input]);
        await new Promise((resolve, reject) => {
            this.#arrived = resolve;
            this.#failed = reject;
            this.#worker.onmessage = ({ data }) => this.#onMessage(data);
            this.#worker.onerror = ({ message }) => reject(new Error(message));
        });
    }

    #onMessage(data) {
        if (data.error) {
            this.#failed(new Error(data.error)); // means nothing once it has started
            if (!this.#stopped) {
                tell(this, 'lost', data.error);
            }
        } else if (data.listener) this.listener = data.listener;
        else {
            this.#told = data;
            if (data.packets > 0) this.#arrived();
        }
    }

    get node() {
        return this.#player.node;
    }

    async stats(clock) {
        const { packets, bytes, lost, captured } = this.#told;
        const { roundTrip } = clock;
        return { packets, bytes, lost, roundTrip,
            ...ringStats(this.#player, captured, clock, roundTrip ?? 0) };
    }

    stop() {
        this.#stopped = true;
        this.#worker?.terminate();
        this.#player?.close();
        this.#failed?.(new Error('stopped'));
    }
}
