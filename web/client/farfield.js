// SPDX-License-Identifier: GPL-3.0-or-later
// A Farfield, from wherever this runs: its commands, its events, and a mirror of what it knows.
//
//     const farfield = connect('http://127.0.0.1:8080');
//     await farfield.ready();
//     const { id } = await farfield.commands.synth.new({ synthdef: 'sine' });
import { COMMANDS } from './commands.js';
import { CallError } from './errors.js';
import { Listening } from './listening.js';
import { KINDS, Mirrors } from './mirrors.js';
import { isBytes, Rest } from './rest.js';
import { Rpc } from './rpc.js';
import { run, tell } from './tell.js';
import { Topics } from './topics.js';

export { CallError, Listening };

const LOCATE_TIMEOUT = 10000; // ms
const READY_TIMEOUT = 30; // seconds

// A Farfield that connects by itself, now and whenever the connection is lost, until close().
// `base` is the address of the HTTP API. Options: `key`, where the server wants one; `name`, by which
// others are told what this client does; `WebSocket`, where there is none of that name (Node
// before 22): that of the package ws.
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

    static {
        for (const kind of KINDS) {
            Object.defineProperty(this.prototype, kind, {
                get() {
                    return this.#mirrors.value(kind);
                },
            });
        }
    }

    constructor(base, options = {}) {
        super();
        const { key = '', name = '', WebSocket } = typeof options === 'string' ? { key: options } : options;
        this.base = base;
        this.rpc = new Rpc((signal) => this.#locate(signal), { key, WebSocket });
        this.#rest = new Rest(base, () => this.rpc.key, this.#ending.signal);
        this.#topics = new Topics(this.rpc);
        this.#mirrors = new Mirrors((method, params) => this.rpc.call(method, params),
            (topic, handler) => this.#topics.on(topic, handler));
        this.commands = tree((...call) => this.call(...call));
        this.rpc.addEventListener('state', ({ detail }) => {
            if (detail === 'open') {
                if (name && COMMANDS['client.name']) this.rpc.call('client.name', { name }).catch(() => {});
                this.#topics.resume();
            }
            this.#mirrors.setOpen(detail === 'open');
            tell(this, 'connection', detail);
        });
        if (typeof options === 'string' || arguments.length < 2) this.#tellAsBefore();
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

    // Resolves when the connection is open; rejects with a CallError when a key is missing, or after
    // `timeout` seconds, though the connection goes on being tried.
    ready({ timeout = READY_TIMEOUT } = {}) {
        return new Promise((resolve, reject) => {
            const settle = (state) => {
                if (state === 'open') resolve();
                else if (state === 'key') reject(new CallError('key', 'the server wants a key'));
                else if (state === 'closed') reject(new CallError('closed', 'the connection was closed'));
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
        const isFile = row.body !== undefined && isBytes(params.data);
        if (!row.rpc || isFile) return this.#rest.call(method, row, params, options);
        return this.rpc.call(method, params, options);
    }

    // The address at which a command that needs HTTP is found; good by itself where there is no key.
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

    // Keeps what the server knows of one kind, as long as it is watched: calls handler(value, change)
    // when it has been fetched (change is null), then for each {key, value, before}. Returns what
    // ends that. Kinds: nodes, synthdefs, rooms, buses, buffers, scenes, recordings, relays,
    // listeners and bundles are Maps; server and clock objects; log and history lists. Each is also
    // there by its name, as in `farfield.nodes`; empty, or null, as long as nobody watches it.
    watch(kind, handler) {
        return this.#mirrors.watch(kind, handler);
    }

    // To hear a room: start() it, by a press of a button where this is a page. Options: listening.js.
    listen(room = 'main', options = {}) {
        return new Listening(this.rpc, { ...options, room });
    }

    // Ends it for good: what waits is rejected, and no timer or socket is left.
    close() {
        this.#ending.abort();
        this.rpc.close();
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

    // --- as it was; what follows goes when nothing uses it any more ---

    get synced() {
        return ['nodes', 'synthdefs', 'rooms', 'server'].every((kind) => this.#mirrors.isFresh(kind));
    }

    play(synthdef, controls = {}) {
        return this.rpc.call('synth.new', { synthdef, controls });
    }

    set(id, controls) {
        return this.rpc.call('node.set', { id, controls });
    }

    release(id) {
        return this.rpc.call('node.release', { id });
    }

    free(id) {
        return this.rpc.call('node.free', { id });
    }

    panic() {
        return this.rpc.call('server.panic');
    }

    #tellAsBefore() {
        const settled = (change) => change === null && this.synced && tell(this, 'connection', this.connection);
        this.watch('nodes', (nodes, change) => {
            const isOld = change?.value && change.before;
            tell(this, isOld ? 'node' : 'nodes', isOld ? change.value : null);
            settled(change);
        });
        this.watch('synthdefs', (_, change) => {
            tell(this, 'synthdefs');
            settled(change);
        });
        this.watch('rooms', (rooms, change) => {
            for (const room of change ? [change.key] : rooms.keys()) tell(this, 'room', room);
            settled(change);
        });
        this.watch('server', (_, change) => {
            tell(this, 'server');
            settled(change);
        });
        this.on('meter', (meter) => tell(this, 'meter', meter));
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
