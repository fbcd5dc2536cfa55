// SPDX-License-Identifier: GPL-3.0-or-later
// The server's events for whoever wants them: a topic is subscribed as long as there is a handler
// for it, or for one of its events, over every connection that comes.
import { TOPICS } from './commands.js';
import { run } from './tell.js';

// What comes before an event's dot, where that is not its topic's beginning.
const FAMILIES = { meter: 'meters', preset: 'scenes', bus: 'buses', server: 'server',
    clock: 'clock', log: 'log', history: 'history' };
const PRIVATE = 'webrtc'; // sent to whom it is about, whatever is subscribed

// The topic of an event ("node.started" -> "nodes"), or of a topic.
export function topicOf(name) {
    const [family, dot] = name.split('.');
    if (family === PRIVATE) return null;
    return FAMILIES[family] ?? (dot === undefined ? family : `${family}s`);
}

export class Topics {
    #rpc;
    #handlers = new Map(); // topic or event -> Set of handlers
    #wanted = new Map(); // topic -> number of handlers

    constructor(rpc) {
        this.#rpc = rpc;
        rpc.addEventListener('notification', ({ detail }) => this.#onNotification(detail));
    }

    // To be called when a connection has opened, before anything is asked.
    resume() {
        if (this.#wanted.size > 0) this.#ask('subscribe', [...this.#wanted.keys()]);
    }

    // Has handler(params, name of the event) called for each event of that name or topic; returns
    // what ends that.
    on(name, handler) {
        const topic = topicOf(name);
        if (topic && !TOPICS.includes(topic)) {
            throw new TypeError(`there is no event "${name}": topics are ${TOPICS.join(', ')}`);
        }
        const entry = { handler }; // the same function twice is two
        if (!this.#handlers.has(name)) this.#handlers.set(name, new Set());
        this.#handlers.get(name).add(entry);
        if (topic) this.#count(topic, 1);
        let isOn = true;
        return () => {
            if (!isOn) return;
            isOn = false;
            this.#handlers.get(name).delete(entry);
            if (this.#handlers.get(name).size === 0) this.#handlers.delete(name);
            if (topic) this.#count(topic, -1);
        };
    }

    #count(topic, by) {
        const before = this.#wanted.get(topic) ?? 0;
        if (before + by > 0) this.#wanted.set(topic, before + by);
        else this.#wanted.delete(topic);
        if (this.#rpc.state !== 'open') return; // resume() comes
        if (before === 0) this.#ask('subscribe', [topic]);
        else if (before + by === 0) this.#ask('unsubscribe', [topic]);
    }

    #ask(method, topics) {
        // A connection that goes away is followed by another, and by resume().
        this.#rpc.call(method, { topics }).catch(() => {});
    }

    #onNotification({ method, params }) {
        const topic = topicOf(method);
        for (const name of topic === method ? [method] : [method, topic]) {
            const entries = [...this.#handlers.get(name) ?? []];
            for (const { handler } of entries) run(handler, params, method);
        }
    }
}
