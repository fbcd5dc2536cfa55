// SPDX-License-Identifier: GPL-3.0-or-later
// JSON-RPC 2.0 over one WebSocket that comes back by itself, until close().
//
// Events: `state` (detail: "connecting", "open", "lost", "key" or "closed") and `notification`
// (detail: the message's method and params).
import { CallError } from './errors.js';
import { tell } from './tell.js';

const PROTOCOL = 'farfield.v1';
const OPEN = 1; // WebSocket.OPEN, also where WebSocket is handed in
const CALL_TIMEOUT = 10; // seconds
const SILENCE = 10000; // ms without a message after which the server is asked whether it is there
const RETRY = [100, 250, 500, 1000, 2000]; // ms, the last one again and again
const UNANSWERED = 5000; // calls; the server takes twice as many

export class Rpc extends EventTarget {
    #locate;
    #key;
    #socket = null;
    #pending = new Map();
    #lastId = 0;
    #failures = 0;
    #attempt = 0; // the one that counts: what becomes of those before it is nothing to us
    #timer = 0;
    #opening = 0;
    #pulse;
    #heard = 0;
    #ending = new AbortController();
    WebSocket;
    state = 'connecting';

    // `locate` resolves to {websocket, key_required}; it is asked anew for each attempt, for a
    // restarted server may have moved.
    constructor(locate, { key = '', WebSocket = globalThis.WebSocket } = {}) {
        super();
        if (!WebSocket) {
            throw new TypeError('there is no WebSocket here: hand one in, as in ' +
                'connect(base, { WebSocket }); that of the package ws will do');
        }
        this.#locate = locate;
        this.#key = key;
        this.WebSocket = WebSocket;
        this.#pulse = setInterval(() => this.#checkSilence(), SILENCE / 2);
        const { signal } = this.#ending;
        globalThis.addEventListener?.('online', () => this.#retryNow(), { signal });
        globalThis.addEventListener?.('visibilitychange',
            () => globalThis.document?.hidden || this.#retryNow(), { signal });
    }

    get key() {
        return this.#key;
    }

    // Tries it now; nothing where it is open, or about to be.
    async connect() {
        if (this.#socket || this.state === 'closed') return;
        clearTimeout(this.#timer);
        this.#timer = 0;
        const attempt = ++this.#attempt;
        try {
            const about = await this.#locate(this.#ending.signal);
            if (attempt !== this.#attempt) return;
            const { websocket, key_required: needsKey } = about;
            if (needsKey && !this.#key) this.#setState('key');
            else this.#open(websocket);
        } catch {
            if (attempt === this.#attempt) this.#retry(); // the server is away; `state` says so
        }
    }

    // Tries again with this key, after the state "key".
    useKey(key) {
        if (this.state === 'closed') return;
        this.#key = key;
        this.#drop();
        this.#failAll('away', 'the connection is made anew');
        this.#setState('connecting');
        this.connect();
    }

    // Ends it for good: nothing is left that could keep a program running.
    close() {
        if (this.state === 'closed') return;
        this.#setState('closed');
        this.#attempt++;
        this.#ending.abort();
        clearInterval(this.#pulse);
        clearTimeout(this.#timer);
        clearTimeout(this.#opening);
        this.#drop();
        this.#failAll('closed', 'the connection was closed');
    }

    // Leaves the socket that there is, and takes no notice of what becomes of it.
    #drop() {
        const socket = this.#socket;
        this.#socket = null;
        socket?.close();
    }

    // Resolves to the method's result; rejects with a CallError. Nothing is kept for later: without
    // a connection it rejects at once. `timeout` is in seconds; `signal` gives the answer up.
    call(method, params = {}, { timeout = CALL_TIMEOUT, signal } = {}) {
        const wrong = this.#obstacle(method);
        if (wrong) return Promise.reject(wrong);
        if (signal?.aborted) return Promise.reject(signal.reason);
        const id = ++this.#lastId;
        return new Promise((resolve, reject) => {
            this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
            const late = () => this.#take(id)?.reject(new CallError('timeout',
                `the server did not answer ${method} within ${timeout} s`, { method }));
            const alarm = Number.isFinite(timeout) && setTimeout(late, timeout * 1000);
            const onabort = () => this.#take(id)?.reject(signal.reason);
            signal?.addEventListener('abort', onabort);
            const forget = () => {
                clearTimeout(alarm);
                signal?.removeEventListener('abort', onabort);
            };
            this.#pending.set(id, { method, resolve, reject, forget });
        });
    }

    #obstacle(method) {
        if (this.state === 'closed') {
            return new CallError('closed', 'the connection was closed', { method });
        }
        if (this.state === 'key') {
            return new CallError('key', 'the server wants a key', { method });
        }
        if (this.#socket?.readyState !== OPEN) {
            return new CallError('away', 'not connected to the server', { method });
        }
        if (this.#pending.size >= UNANSWERED) {
            return new CallError('busy',
                `${UNANSWERED} calls wait for their answers already`, { method });
        }
        return null;
    }

    #open(url) {
        const socket = new this.WebSocket(url, PROTOCOL);
        this.#socket = socket;
        clearTimeout(this.#opening);
        this.#opening = setTimeout(() => socket.close(), CALL_TIMEOUT * 1000);
        socket.onopen = () => this.#onOpen(socket);
        socket.onmessage = ({ data }) => socket === this.#socket && this.#onText(data);
        socket.onerror = () => {}; // the close that follows says it
        socket.onclose = () => this.#onClose(socket);
    }

    async #onOpen(socket) {
        if (socket !== this.#socket) {
            socket.close();
            return;
        }
        clearTimeout(this.#opening);
        this.#heard = performance.now();
        if (this.#key) {
            try {
                await this.call('auth', { key: this.#key });
            } catch (error) {
                if (socket !== this.#socket) return;
                if (error.kind === 'refused' && error.status !== 503) this.#refused();
                else socket.close();
                return;
            }
        }
        if (socket !== this.#socket) return;
        this.#failures = 0;
        this.#setState('open');
    }

    #refused() {
        this.#key = '';
        this.#drop(); // what follows is no lost connection
        this.#setState('key');
    }

    // What is no message is passed over.
    #onText(text) {
        this.#heard = performance.now();
        let message;
        try {
            message = JSON.parse(text);
        } catch {
            return;
        }
        if (typeof message !== 'object' || message === null) return;
        const { id, method, params } = message;
        if (typeof method === 'string') {
            tell(this, 'notification', { method, params: params ?? {} });
        } else if (id !== undefined) this.#settle(id, message);
    }

    // The call of this id, which is then no longer pending.
    #take(id) {
        const call = this.#pending.get(id);
        this.#pending.delete(id);
        call?.forget();
        return call;
    }

    #settle(id, { result, error }) {
        const call = this.#take(id);
        if (!call) return;
        if (error) call.reject(CallError.refused(call.method, error));
        else call.resolve(result);
    }

    #failAll(kind, words) {
        for (const [id, { method }] of [...this.#pending]) {
            this.#take(id)?.reject(new CallError(kind, words, { method }));
        }
    }

    #onClose(socket) {
        if (socket !== this.#socket) return;
        clearTimeout(this.#opening);
        this.#socket = null;
        this.#failAll('away', 'the connection to the server was lost');
        this.#retry();
    }

    #retry() {
        this.#setState('lost');
        const wait = RETRY[Math.min(this.#failures++, RETRY.length - 1)];
        // Not all who lost it at once come back at once.
        this.#timer = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
    }

    #retryNow() {
        if (this.#timer) this.connect();
    }

    #checkSilence() {
        const socket = this.#socket;
        if (this.state !== 'open' || performance.now() - this.#heard < SILENCE) return;
        this.call('health.live').catch(({ kind }) => {
            if (kind === 'timeout' && socket === this.#socket) {
                socket.close();
                this.#onClose(socket); // a dead line would keep the closing handshake waiting
            }
        });
    }

    #setState(state) {
        if (state === this.state) return;
        this.state = state;
        tell(this, 'state', state);
    }
}
