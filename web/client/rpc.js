// SPDX-License-Identifier: GPL-3.0-or-later
// JSON-RPC 2.0 over one WebSocket that comes back by itself.
//
// Events: `state` (detail: "connecting", "open", "lost" or "key") and `notification` (detail: the
// message's method and params).

const PROTOCOL = 'farfield.v1';
const CALL_TIMEOUT = 10000; // ms
const SILENCE = 10000; // ms without a message after which the server is asked whether it is there
const RETRY = [100, 250, 500, 1000, 2000]; // ms, the last one again and again

export class RpcError extends Error {
    constructor({ code, message, data }) {
        // What is wrong with which field says more than the general message.
        const fields = data?.errors?.map((e) => e.detail).join('; ');
        super(fields || data?.detail || message);
        this.code = code;
        this.data = data;
    }
}

export class Rpc extends EventTarget {
    #locate;
    #key;
    #socket = null;
    #pending = new Map();
    #lastId = 0;
    #failures = 0;
    #timer = 0;
    #heard = 0;
    state = 'connecting';

    // `locate` resolves to {websocket, key_required}; it is asked anew for each attempt, for a
    // restarted server may have moved.
    constructor(locate, key = '') {
        super();
        this.#locate = locate;
        this.#key = key;
        setInterval(() => this.#checkSilence(), SILENCE / 2);
        addEventListener('online', () => this.#retryNow());
        addEventListener('visibilitychange', () => document.hidden || this.#retryNow());
    }

    async connect() {
        clearTimeout(this.#timer);
        this.#timer = 0;
        try {
            const { websocket, key_required: keyRequired } = await this.#locate();
            if (keyRequired && !this.#key) this.#setState('key');
            else this.#open(websocket);
        } catch {
            this.#retry(); // the server is away; `state` says so
        }
    }

    // Tries again with this key, after the state "key".
    useKey(key) {
        this.#key = key;
        this.#setState('connecting');
        this.connect();
    }

    // Resolves to the method's result; rejects with RpcError, or with Error where the connection is
    // away or the answer does not come.
    call(method, params = {}) {
        const socket = this.#socket;
        if (socket?.readyState !== WebSocket.OPEN) {
            return Promise.reject(new Error('not connected to the server'));
        }
        const id = ++this.#lastId;
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
        return new Promise((resolve, reject) => {
            const alarm = setTimeout(() => this.#settle(id, {
                error: { code: 0, message: `the server did not answer ${method}` },
            }), CALL_TIMEOUT);
            this.#pending.set(id, { resolve, reject, alarm });
        });
    }

    #open(url) {
        const socket = new WebSocket(url, PROTOCOL);
        this.#socket = socket;
        setTimeout(() => socket.readyState === WebSocket.CONNECTING && socket.close(), CALL_TIMEOUT);
        socket.onopen = () => this.#onOpen(socket);
        socket.onmessage = (event) => this.#onMessage(JSON.parse(event.data));
        socket.onclose = () => this.#onClose(socket);
    }

    async #onOpen(socket) {
        this.#heard = performance.now();
        if (this.#key) {
            try {
                await this.call('auth', { key: this.#key });
            } catch (error) {
                if (error instanceof RpcError && error.code !== 0) this.#refused(socket);
                else socket.close();
                return;
            }
        }
        if (socket !== this.#socket) return;
        this.#failures = 0;
        this.#setState('open');
    }

    #refused(socket) {
        this.#key = '';
        this.#socket = null; // what follows is no lost connection
        socket.close();
        this.#setState('key');
    }

    #onMessage(message) {
        this.#heard = performance.now();
        if (message.id !== undefined && message.id !== null) this.#settle(message.id, message);
        else if (message.method) {
            this.dispatchEvent(new CustomEvent('notification', { detail: message }));
        }
    }

    #settle(id, { result, error }) {
        const call = this.#pending.get(id);
        if (!call) return;
        this.#pending.delete(id);
        clearTimeout(call.alarm);
        if (error) call.reject(new RpcError(error));
        else call.resolve(result);
    }

    #onClose(socket) {
        if (socket !== this.#socket) return;
        this.#socket = null;
        for (const { reject, alarm } of this.#pending.values()) {
            clearTimeout(alarm);
            reject(new Error('the connection to the server was lost'));
        }
        this.#pending.clear();
        this.#retry();
    }

    #retry() {
        this.#setState('lost');
        const wait = RETRY[Math.min(this.#failures++, RETRY.length - 1)];
        this.#timer = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
    }

    #retryNow() {
        if (this.#timer) this.connect();
    }

    #checkSilence() {
        const socket = this.#socket;
        if (this.state !== 'open' || performance.now() - this.#heard < SILENCE) return;
        this.call('health.live').catch((error) => {
            if (error.code === 0 && socket === this.#socket) {
                socket.close();
                this.#onClose(socket); // a dead line would keep the closing handshake waiting
            }
        });
    }

    #setState(state) {
        if (state === this.state) return;
        this.state = state;
        this.dispatchEvent(new CustomEvent('state', { detail: state }));
    }
}
