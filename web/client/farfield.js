// SPDX-License-Identifier: GPL-3.0-or-later
// A Farfield, from wherever this runs: its commands, its events, and a mirror of what it knows.
//
//     const farfield = connect('http://127.0.0.1:8080');
//     await farfield.ready();
//     const { id } = await farfield.commands.synth.new({ synthdef: 'sine' });
import { COMMANDS } from './commands.js';
import { CallError } from './errors.js';
import { HeardNodes } from './heard.js';
import { Listening } from './listening.js';
import { KINDS, Mirrors } from './mirrors.js';
import { isBytes, Rest } from './rest.js';
import { Rpc } from './rpc.js';
import { run, tell } from './tell.js';
import { Topics } from './topics.js';

export { CallError, Listening };

const LOCATE_TIMEOUT = 10000; // ms
const READY_TIMEOUT = 30; // seconds
const EVENTS = 1000; // that wait for an iterator

// A Farfield that connects by itself, now and whenever the connection is lost, until close().
// `base` is the address of the HTTP API. Options: `key`, where the server wants one; `name`, by
// which others are told what this client holds, empty for one that the server makes up;
// `WebSocket`, where there is none of that name (Node before 22): that of the package ws.
export function connect(base, options = {}) {
    const farfield = new Farfield(base, options);
    farfield.connect();
    return farfield;
}

export class Farfield extends EventTarget {
    #rest;
    #topics;
    #mirrors;
    #ending = new AbortController();
    about = null; // what the server said of itself
    #name;
    client = null; // our number there, where there is a name

    static {
        for (const kind of KINDS) {
            Object.defineProperty(this.prototype, kind, {
                get() {
                    return this.#mirrors.value(kind);
                },
            });
        }
    }

    // As connect(), which is called by itself here.
    constructor(base, { key = '', name, WebSocket } = {}) {
        super();
        this.base = base;
        this.#name = name;
        this.rpc = new Rpc((signal) => this.#locate(signal), { key, WebSocket });
        this.#rest = new Rest(base, () => this.rpc.key, this.#ending.signal);
        this.#topics = new Topics(this.rpc);
        this.#mirrors = new Mirrors((method, params) => this.rpc.call(method, params),
            (topic, handler) => this.#topics.on(topic, handler));
        this.commands = tree((...call) => this.call(...call));
        this.rpc.addEventListener('state', ({ detail }) => {
            this.client = null;
            if (detail === 'open') {
                if (this.#name !== undefined) this.#introduce();
                this.#topics.resume();
            }
            this.#mirrors.setOpen(detail === 'open');
            tell(this, 'connection', detail);
        });
    }

    connect() {
        this.rpc.connect();
    }

    // "connecting", "open", "lost" (and coming back by itself), "key" (one is needed, or it was not
    // this one: useKey()) or "closed".
    get connection() {
        return this.rpc.state;
    }

    useKey(key) {
        this.rpc.useKey(key);
    }

    // The name by which others are told of this client, from now on; empty for one that the server
    // makes up.
    rename(name) {
        this.#name = name;
        if (this.connection === 'open') this.#introduce();
    }

    // Resolves when the connection is open; rejects with a CallError when a key is missing, or
    // after `timeout` seconds, though the connection goes on being tried.
    ready({ timeout = READY_TIMEOUT } = {}) {
        return new Promise((resolve, reject) => {
            const settle = (state) => {
                const words = { key: 'the server wants a key', closed: 'the connection was closed' };
                if (state === 'open') resolve();
                else if (words[state]) reject(new CallError(state, words[state]));
                else return;
                clearTimeout(alarm);
                stop();
            };
            const alarm = setTimeout(() => {
                stop();
                reject(new CallError('timeout', `no connection to the server within ${timeout} s`));
            }, timeout * 1000);
            const stop = this.on('connection', settle);
            settle(this.connection);
        });
    }

    // Calls a command by its method, "synth.new"; `commands.synth.new()` is the same. Options:
    // `timeout` in seconds, `signal`. Rejects with a CallError; without a connection at once.
    call(method, params = {}, options = {}) {
        if (!Object.hasOwn(COMMANDS, method)) return Promise.reject(unknown(method));
        const row = COMMANDS[method];
        const isFile = row.body !== undefined && isBytes(params?.data);
        if (!row.rpc || isFile) return this.#rest.call(method, row, params ?? {}, options);
        return this.rpc.call(method, params, options);
    }

    // The address at which a command that needs HTTP is found; good by itself where there is no
    // key.
    url(method, params = {}) {
        const row = COMMANDS[method];
        if (!row?.http) throw new TypeError(`${method} has no address`);
        return this.#rest.url(row, params);
    }

    // Has handler(params, event) called for each event of this name ("node.started") or topic
    // ("nodes"), or handler(state) for "connection". Returns what ends that.
    on(name, handler) {
        if (name !== 'connection') return this.#topics.on(name, handler);
        const listener = ({ detail }) => run(handler, detail);
        this.addEventListener(name, listener);
        return () => this.removeEventListener(name, listener);
    }

    // The same as an async iterator of {event, params}, from its first turn until the loop is left
    // or close(). Of what is not taken in time the newest thousand are kept.
    async *events(name) {
        const waiting = [];
        let wake = () => {};
        const ends = [
            this.on(name, (params, event) => {
                waiting.push({ event, params });
                if (waiting.length > EVENTS) waiting.shift();
                wake();
            }),
            this.on('connection', () => wake()),
        ];
        try {
            while (this.connection !== 'closed') {
                if (waiting.length > 0) yield waiting.shift();
                else await new Promise((resolve) => { wake = resolve; });
            }
        } finally {
            for (const end of ends) end();
        }
    }

    // Keeps what the server knows of one kind, as long as it is watched: calls
    // handler(value, change) when it has been fetched (change is null), then for each {key, value,
    // before}. Returns what ends that. Kinds: nodes, synthdefs, rooms, buses, buffers, scenes,
    // recordings, relays, listeners and bundles are Maps; server and clock objects; log and history
    // lists. Each is also there by its name, as in `farfield.nodes`; empty, or null, as long as
    // nobody watches it.
    watch(kind, handler) {
        return this.#mirrors.watch(kind, handler);
    }

    // Ids of what is in a group, in the order in which scsynth runs them; none as long as nobody
    // watches the nodes.
    children(id) {
        return this.#mirrors.children(id);
    }

    // To hear a room: start() it, by a press of a button where this is a page. Options:
    // listening.js.
    listen(room = 'main', options = {}) {
        return new Listening(this.rpc, { ...options, room });
    }

    // Which nodes are heard here by now, and what happens to them as it is heard, by a listening of
    // listen(): heard.js. stop() ends it.
    heard(listening) {
        return new HeardNodes(this, listening);
    }

    // Ends it for good: what waits is rejected, and no timer or socket is left.
    close() {
        this.#ending.abort();
        this.rpc.close();
    }

    #introduce() {
        this.rpc.call('client.name', { name: this.#name }).then(({ client }) => {
            this.client = client;
        }, () => {}); // an older server
    }

    async #locate(ending) {
        const giveUp = new AbortController();
        const onend = () => giveUp.abort();
        ending.addEventListener('abort', onend);
        const alarm = setTimeout(onend, LOCATE_TIMEOUT);
        try {
            const answer = await fetch(new URL('v1', this.base),
                { cache: 'no-store', signal: giveUp.signal });
            if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
            this.about = await answer.json();
            return this.about;
        } finally {
            clearTimeout(alarm);
            ending.removeEventListener('abort', onend);
        }
    }
}

function unknown(method) {
    const [family] = String(method).split('.');
    const near = Object.keys(COMMANDS).filter((name) => name.startsWith(`${family}.`));
    return new CallError('unknown', `there is no command "${method}"` +
        (near.length > 0 ? `; there are ${near.join(', ')}` : ''), { method });
}

// {synth: {new: (params, options) => promise, ...}, ...}
function tree(call) {
    const families = {};
    for (const method of Object.keys(COMMANDS)) {
        const [family, name] = method.split('.');
        families[family] ??= {};
        families[family][name] = (params, options) => call(method, params, options);
    }
    return families;
}
