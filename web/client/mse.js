// SPDX-License-Identifier: GPL-3.0-or-later
// A path by WebM over HTTP, for browsers that have MediaSource but no decoder for packets. Slow to
// begin and seconds behind, but hard to stop. The interface is that of webrtc.js; stats() has
// `buffering` besides.
import { outputDelay } from './output.js';
import { tell } from './tell.js';

const TYPE = 'audio/webm; codecs="opus"';
const START = 2; // seconds that are gathered before it plays
const SAFE = 5; // seconds that are gathered when that was not enough
const MOST = 15; // seconds that are held
const BEHIND = 10; // seconds of the past that are kept

export class MsePath extends EventTarget {
    kind = 'webm';
    mode = 'safe';
    #rpc;
    #room;
    #element = new Audio();
    #source = new MediaSource();
    #buffer = null;
    #waiting = []; // chunks that the buffer does not take yet
    #bytes = 0;
    #wanted = START; // seconds ahead at which it plays
    #abort = new AbortController();
    #arrived = () => {};
    #failed = () => {};
    listener = null; // the door does not tell
    player = 'media source';

    constructor({ rpc, room, context }) {
        super();
        this.#rpc = rpc;
        this.#room = room;
        this.context = context;
        this.#element.hidden = true;
    }

    static get supported() {
        return globalThis.MediaSource?.isTypeSupported(TYPE) ?? false;
    }

    async start() {
        const { webm } = await this.#rpc.call('room.streams', { room: this.#room, mode: this.mode });
        this.#abort.signal.throwIfAborted();
        document.body.append(this.#element);
        this.node = this.context.createMediaElementSource(this.#element);
        this.#element.src = URL.createObjectURL(this.#source);
        await new Promise((done) => { this.#source.onsourceopen = done; });
        this.#abort.signal.throwIfAborted();
        URL.revokeObjectURL(this.#element.src);
        this.#buffer = this.#source.addSourceBuffer(TYPE);
        this.#buffer.onupdateend = () => this.#onAppended();
        const playing = new Promise((resolve, reject) => {
            this.#arrived = resolve;
            this.#failed = reject;
        });
        this.#read(webm).catch((error) => this.#lose(error));
        await playing;
    }

    async #read(url) {
        const { signal } = this.#abort;
        const response = await fetch(url, { signal, cache: 'no-store' });
        if (!response.ok) throw new Error(`the server answered ${response.status}`);
        const reader = response.body.getReader();
        for (;;) {
            const { done, value } = await reader.read();
            if (done) throw new Error('the stream ended');
            this.#bytes += value.byteLength;
            this.#waiting.push(value);
            this.#append();
        }
    }

    #append() {
        if (this.#abort.signal.aborted) return; // and the buffer is nobody's
        if (this.#buffer.updating || this.#waiting.length === 0) return;
        this.#buffer.appendBuffer(this.#waiting.shift());
    }

    // Seconds that can be played without the network.
    get #ahead() {
        const { buffered } = this.#element;
        if (buffered.length === 0) return 0;
        const last = buffered.length - 1;
        return buffered.end(last) - Math.max(this.#element.currentTime, buffered.start(last));
    }

    #onAppended() {
        const element = this.#element;
        const { buffered } = element;
        if (buffered.length === 0) return this.#append();
        const start = buffered.start(0);
        if (element.currentTime < start) element.currentTime = start;
        const ahead = this.#ahead;
        if (ahead > MOST) element.currentTime += ahead - SAFE;
        if (element.paused && ahead >= this.#wanted) {
            element.play().then(this.#arrived, this.#failed);
        }
        if (element.currentTime - start > 2 * BEHIND) {
            this.#buffer.remove(start, element.currentTime - BEHIND);
        } else this.#append();
        return undefined;
    }

    async stats({ roundTrip }) {
        const element = this.#element;
        const buffering = !element.paused && element.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
        if (buffering) {
            element.pause();
            this.#wanted = SAFE;
        }
        const ahead = this.#ahead;
        return {
            packets: this.#bytes, // all that can be counted
            bytes: this.#bytes,
            lost: null,
            roundTrip,
            buffer: ahead,
            buffering: element.paused,
            delay: ahead + (roundTrip ?? 0) / 2 + outputDelay(this.context),
            estimated: true,
        };
    }

    #lose(error) {
        if (this.#abort.signal.aborted) return;
        this.#failed(error); // means nothing once it has started
        tell(this, 'lost', error.message);
    }

    stop() {
        this.#failed(new Error('stopped'));
        this.#abort.abort();
        this.#element.pause();
        this.#element.removeAttribute('src');
        this.#element.load();
        this.#element.remove();
    }
}
