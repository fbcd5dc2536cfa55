// SPDX-License-Identifier: GPL-3.0-or-later
// A mirror of what the server knows: SynthDefs, nodes, status, rooms. It is fetched when the
// connection opens and when the server's epoch changes, and kept by the server's events between.
//
// Events: `connection`, `synthdefs`, `nodes` (the list), `node` (detail: one that changed),
// `server`, `room` (detail: its name) and `meter` (detail: {room, peak, rms}).
import { Rpc } from './rpc.js';

const LOCATE_TIMEOUT = 10000; // ms
const TOPICS = ['nodes', 'server', 'meters', 'rooms', 'synthdefs'];

export class Farfield extends EventTarget {
    about = null;
    synthdefs = new Map(); // name -> SynthDef
    nodes = new Map(); // id -> node, in scsynth's order where it is known
    rooms = new Map(); // name -> room
    server = null; // the last status
    synced = false;

    // `base` is the address of the HTTP API; `key` the API key, where there is one.
    constructor(base, key = '') {
        super();
        this.base = base;
        this.rpc = new Rpc(() => this.#locate(), key);
        this.rpc.addEventListener('state', ({ detail }) => this.#onState(detail));
        this.rpc.addEventListener('notification', ({ detail }) => this.#onEvent(detail));
    }

    connect() {
        this.rpc.connect();
    }

    get connection() {
        return this.rpc.state;
    }

    play(synthdef, controls = {}) {
        return this.rpc.call('synth.new', { synthdef, controls });
    }

    set(id, controls) {
        return this.rpc.call('node.set', { id, controls });
    }

    // Lets it ring out, where it can.
    release(id) {
        return this.rpc.call('node.release', { id });
    }

    // At once, in the middle of its sound.
    free(id) {
        return this.rpc.call('node.free', { id });
    }

    panic() {
        return this.rpc.call('server.panic');
    }

    async #locate() {
        const signal = AbortSignal.timeout(LOCATE_TIMEOUT);
        const answer = await fetch(new URL('v1', this.base), { cache: 'no-store', signal });
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        this.about = await answer.json();
        return this.about;
    }

    #emit(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }

    #onState(state) {
        if (state === 'open') this.#enter();
        else this.synced = false;
        this.#emit('connection', state);
    }

    async #enter() {
        try {
            await this.rpc.call('subscribe', { topics: TOPICS });
            await this.#fetchAll();
        } catch {
            // The connection went away again, or the server is starting: its next status, or the
            // next connection, brings us back here.
        }
    }

    // Answers and events come in the order in which the server made them, so an event that follows
    // a list is newer than the list.
    async #fetchAll() {
        await Promise.all([
            this.rpc.call('server.status').then((status) => this.#onStatus(status, false)),
            this.rpc.call('synthdef.list').then(({ synthdefs }) => {
                this.synthdefs = new Map(synthdefs.map((def) => [def.name, def]));
                this.#emit('synthdefs');
            }),
            this.rpc.call('node.list').then(({ nodes }) => {
                this.nodes = new Map(nodes.map((node) => [node.id, node]));
                this.#emit('nodes');
            }),
            this.rpc.call('room.list').then(({ rooms }) => {
                this.rooms = new Map(rooms.map((room) => [room.name, room]));
                for (const room of rooms) this.#emit('room', room.name);
            }),
        ]);
        this.synced = true;
        this.#emit('connection', this.connection);
    }

    #onStatus(status, mayFetch = true) {
        const isNew = this.server?.epoch !== status.epoch;
        this.server = status;
        this.#emit('server');
        if (mayFetch && isNew) this.#enter();
    }

    #onEvent({ method, params }) {
        switch (method) {
        case 'node.started':
        case 'node.changed': {
            const isNew = !this.nodes.has(params.node.id);
            this.nodes.set(params.node.id, params.node);
            if (isNew) this.#emit('nodes');
            else this.#emit('node', params.node);
            break;
        }
        case 'node.ended':
            if (this.nodes.delete(params.id)) this.#emit('nodes');
            break;
        case 'synthdef.changed':
            this.synthdefs.set(params.synthdef.name, params.synthdef);
            this.#emit('synthdefs');
            break;
        case 'synthdef.removed':
            if (this.synthdefs.delete(params.name)) this.#emit('synthdefs');
            break;
        case 'server.status':
            this.#onStatus(params);
            break;
        case 'room.changed':
            this.rooms.set(params.room.name, params.room);
            this.#emit('room', params.room.name);
            break;
        case 'meter':
            this.#emit('meter', params);
            break;
        }
    }
}
