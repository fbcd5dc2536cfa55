// SPDX-License-Identifier: GPL-3.0-or-later
// A JSON-RPC client on the WebSocket, which keeps every notification that it was sent.
import { once } from 'node:events';
import WebSocket from 'ws';
import { within } from './wait.mjs';

export class RpcError extends Error {
    constructor({ code, message, data }) {
        super(message);
        Object.assign(this, { code, data });
    }
}

export async function connectRpc(url, { key, timeout = 20000, headers } = {}) {
    const socket = new WebSocket(url, 'farfield.v1', { headers });
    const pending = new Map();
    const watchers = new Set();
    const events = []; // {method, params} in order of arrival
    let last = 0;
    let closed = null;

    socket.on('message', (data) => {
        const message = JSON.parse(data);
        if (message.id !== undefined && pending.has(message.id)) {
            const { resolve, reject } = pending.get(message.id);
            pending.delete(message.id);
            if (message.error) reject(new RpcError(message.error));
            else resolve(message.result);
        } else if (message.method) {
            events.push(message);
            for (const watcher of [...watchers]) watcher(message);
        }
    });
    socket.on('close', (code, reason) => {
        closed = { code, reason: String(reason) };
        for (const { reject } of pending.values()) {
            reject(new Error(`the WebSocket closed with ${code} ${reason}`));
        }
        pending.clear();
    });
    await within('WebSocket open', timeout, once(socket, 'open'));
    socket.on('error', () => {}); // the close that follows says it

    const client = {
        socket,
        events,
        get closed() {
            return closed;
        },
        call(method, params) {
            const id = ++last;
            const answer = new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
            socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
            return within(`answer to ${method}`, timeout, answer);
        },
        notify(method, params) {
            socket.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
        },
        subscribe(...topics) {
            return client.call('subscribe', { topics });
        },
        // Calls back for each notification from now on; returns what ends it.
        on(method, callback) {
            const watcher = (message) => message.method === method && callback(message.params);
            watchers.add(watcher);
            return () => watchers.delete(watcher);
        },
        // The params of the first notification of that method that `accept` likes, those that came
        // after index `from` of `events` included.
        async event(method, accept = () => true, { from = 0, timeout: deadline = timeout } = {}) {
            const fits = (m) => m.method === method && accept(m.params);
            const early = events.slice(from).find(fits);
            if (early) return early.params;
            let watcher;
            const found = new Promise((resolve) => {
                watcher = (m) => fits(m) && resolve(m.params);
                watchers.add(watcher);
            });
            try {
                return await within(`event ${method}`, deadline, found);
            } finally {
                watchers.delete(watcher);
            }
        },
        async close() {
            if (closed) return;
            socket.close();
            await within('WebSocket close', timeout, once(socket, 'close'))
                .catch(() => socket.terminate());
        },
    };
    if (key) await client.call('auth', { key });
    return client;
}
