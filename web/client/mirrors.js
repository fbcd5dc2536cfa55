// SPDX-License-Identifier: GPL-3.0-or-later
// What the server knows, kept here as long as somebody watches it: fetched when the first one
// begins, when the connection is a new one and when the server's epoch changes, and kept by the
// server's events between.
import { run } from './tell.js';

const TAIL = { log: 500, history: 300 }; // entries; the oldest go

// The kinds that are a Map: by which topic they are told, what lists them, what one is called, and
// which member is its key.
const MAPS = {
    nodes: { list: 'node.list', member: 'node', key: 'id', gone: ['node.ended'] },
    synthdefs: { list: 'synthdef.list', member: 'synthdef', key: 'name' },
    rooms: { list: 'room.list', member: 'room', key: 'name' },
    buses: { list: 'bus.list', member: 'bus', key: 'id' },
    buffers: { list: 'buffer.list', member: 'buffer', key: 'id' },
    scenes: { list: 'scene.list', member: 'scene', key: 'name' },
    recordings: { list: 'recording.list', member: 'recording', key: 'id' },
    relays: { list: 'relay.list', member: 'relay', key: 'id' },
    listeners: { list: 'listener.list', member: 'listener', key: 'id' },
    bundles: { list: 'bundle.list', key: 'bundle', gone: ['bundle.done', 'bundle.cancelled'] },
};
const isObject = (value) => typeof value === 'object' && value !== null;

class MapMirror {
    value = new Map();
    #row;

    constructor(kind) {
        this.#row = MAPS[kind];
        this.kind = this.topic = kind;
        this.list = this.#row.list;
    }

    fill(answer) {
        const all = answer[this.kind].filter(isObject);
        this.value = new Map(all.map((entry) => [entry[this.#row.key], entry]));
    }

    // Returns the changes: [{key, value, before}].
    apply(params, method) {
        const { member, key, gone = [] } = this.#row;
        if (method === 'listener.stats') return this.#merge(params.listeners);
        const isGone = gone.includes(method) || method === `${member}.removed`;
        if (isGone) return this.#delete(params[key]);
        const entry = member ? params[member] : params;
        if (!isObject(entry) || entry[key] === undefined) return [];
        if (entry.state === 'closed') return this.#delete(entry[key]); // a listener that has left
        return this.#set(entry[key], entry);
    }

    #set(key, value) {
        const before = this.value.get(key);
        this.value.set(key, value);
        return [{ key, value, before }];
    }

    #delete(key) {
        const before = this.value.get(key);
        return this.value.delete(key) ? [{ key, value: undefined, before }] : [];
    }

    #merge(parts) {
        if (!Array.isArray(parts)) return [];
        return parts.flatMap((part) => (this.value.has(part?.id)
            ? this.#set(part.id, { ...this.value.get(part.id), ...part }) : []));
    }
}

// Nodes, and in which order scsynth runs what is in a group: an event tells behind which sibling a
// node has come to stand, in the order in which that happened.
class NodesMirror extends MapMirror {
    #children = new Map(); // group -> [ids]
    #groups = new Map(); // id -> the group that has it in its list

    fill(answer) {
        super.fill(answer);
        this.#children.clear();
        this.#groups.clear();
        for (const { id, parent } of this.value.values()) {
            this.#of(parent).push(id);
            this.#groups.set(id, parent);
        }
    }

    // Null where something that should be here is not.
    apply(params, method) {
        const { node, id = node?.id, previous } = params;
        const before = this.value.get(id);
        const changes = super.apply(params, method);
        if (changes.length === 0) return changes;
        const value = this.value.get(id);
        if (value && previous === undefined) return before ? changes : null;
        if (before) this.#take(id);
        if (!value) this.#children.delete(id);
        return value && !this.#put(value, previous) ? null : changes;
    }

    children(id) {
        return this.#children.get(id) ?? [];
    }

    #of(group) {
        if (!this.#children.has(group)) this.#children.set(group, []);
        return this.#children.get(group);
    }

    #take(id) {
        const siblings = this.#of(this.#groups.get(id));
        this.#groups.delete(id);
        const at = siblings.indexOf(id);
        if (at >= 0) siblings.splice(at, 1);
    }

    // Most begin at the head or at the tail.
    #put({ id, parent }, previous) {
        const siblings = this.#of(parent);
        const at = previous === null ? 0 : siblings.lastIndexOf(previous) + 1;
        if (at === 0 && previous !== null) return false;
        siblings.splice(at, 0, id);
        this.#groups.set(id, parent);
        return true;
    }
}

// One object, told whole.
class WholeMirror {
    value = null;

    constructor(kind, list, events) {
        this.kind = this.topic = kind;
        this.list = list;
        this.events = events;
    }

    fill(answer) {
        this.value = answer;
    }

    apply(params, method) {
        if (!this.events.includes(method)) return [];
        const before = this.value;
        this.value = params;
        return [{ key: null, value: params, before }];
    }
}

// A list that grows at its end.
class TailMirror {
    value = [];
    #member;

    constructor(kind, list, member, params) {
        this.kind = this.topic = kind;
        this.list = list;
        this.#member = member;
        this.params = params;
    }

    fill(answer) {
        this.value = [...answer[this.#member]];
    }

    // The same, or null where something between is missing. What has a number may come twice, in
    // the list and by itself, or late.
    apply(params) {
        const last = this.value.at(-1)?.number;
        if (params.number <= last) return [];
        if (params.number > last + 1) return null;
        this.value.push(params);
        if (this.value.length > TAIL[this.kind]) this.value.shift();
        return [{ key: null, value: params, before: undefined }];
    }
}

export const KINDS = [...Object.keys(MAPS), 'server', 'clock', 'log', 'history'];

function mirrorOf(kind) {
    if (kind === 'nodes') return new NodesMirror(kind);
    if (Object.hasOwn(MAPS, kind)) return new MapMirror(kind);
    switch (kind) {
    case 'server': return new WholeMirror(kind, 'server.status', ['server.status']);
    case 'clock': return new WholeMirror(kind, 'clock.show', ['clock.beat', 'clock.changed']);
    case 'log': return new TailMirror(kind, 'log.list', 'lines', { count: TAIL.log });
    case 'history': return new TailMirror(kind, 'server.history', 'figures');
    default: throw new TypeError(`there is nothing called "${kind}" to watch`);
    }
}

export class Mirrors {
    #call;
    #on;
    #kept = new Map(); // kind -> {mirror, watchers: Set, isFresh, isAsked, search, end}
    #endStatus = null; // of what hears the server's status, while anything is kept
    #epoch = null;
    #isOpen = false;

    // `call(method, params)` asks the server, `on(name, handler)` hears its events.
    constructor(call, on) {
        this.#call = call;
        this.#on = on;
    }

    // What is known now; empty or null where nobody watches it.
    value(kind) {
        return (this.#kept.get(kind)?.mirror ?? mirrorOf(kind)).value;
    }

    // Ids of what is in a group, in the order in which scsynth runs them.
    children(id) {
        return [...this.#kept.get('nodes')?.mirror.children(id) ?? []];
    }

    // Has handler(value, change) called when it has been fetched, with null as the change, and then
    // for each {key, value, before}; returns what ends that.
    watch(kind, handler) {
        const kept = this.#keep(kind);
        const watcher = { handler };
        kept.watchers.add(watcher);
        if (kept.isFresh) {
            queueMicrotask(() => kept.watchers.has(watcher) && kept.isFresh &&
                handler(kept.mirror.value, null));
        }
        return () => {
            if (!kept.watchers.delete(watcher) || kept.watchers.size > 0) return;
            kept.end();
            this.#kept.delete(kind);
            if (this.#kept.size === 0) this.#endStatus();
        };
    }

    // The connection has opened, or gone.
    setOpen(isOpen) {
        this.#isOpen = isOpen;
        this.#epoch = null;
        if (isOpen && this.#kept.size > 0) this.#askEpoch();
        for (const kept of this.#kept.values()) {
            kept.isFresh = false;
            if (isOpen) this.#fetch(kept);
        }
    }

    #keep(kind) {
        const known = this.#kept.get(kind);
        if (known) return known;
        const mirror = mirrorOf(kind);
        const kept = { mirror, watchers: new Set(), isFresh: false, isAsked: false, search: 0,
            end: this.#on(mirror.topic, (params, method) => this.#onEvent(kept, params, method)) };
        if (this.#kept.size === 0) {
            // Whatever is watched, the epoch is.
            this.#endStatus = this.#on('server.status', (status) => this.#onStatus(status));
            if (this.#isOpen) this.#askEpoch();
        }
        this.#kept.set(kind, kept);
        if (this.#isOpen) this.#fetch(kept);
        return kept;
    }

    // Before the lists, so that no change of it can fall between.
    #askEpoch() {
        this.#call('server.status').then((status) => this.#onStatus(status), () => {});
    }

    // Answers and events come in the order in which the server made them, so an event that follows
    // a list is newer than the list; those of the log, which wait a little, have numbers.
    async #fetch(kept) {
        const search = ++kept.search;
        kept.isAsked = true;
        try {
            const { list, params } = kept.mirror;
            const answer = await this.#call(list, params);
            if (search !== kept.search) return; // a newer one is under way
            kept.mirror.fill(answer);
            kept.isFresh = true;
        } catch {
            // The server's next status, or the next connection, brings us back here.
        }
        if (search !== kept.search) return;
        kept.isAsked = false;
        if (kept.isFresh) this.#tell(kept, null);
    }

    #onEvent(kept, params, method) {
        if (!kept.isFresh || !isObject(params)) return;
        const changes = kept.mirror.apply(params, method);
        if (changes) for (const change of changes) this.#tell(kept, change);
        else if (!kept.isAsked) this.#fetch(kept);
    }

    // Another epoch makes all stale; what could not be fetched is tried again.
    #onStatus({ epoch, state }) {
        if (epoch === undefined) return;
        const isNew = this.#epoch !== null && epoch !== this.#epoch;
        this.#epoch = epoch;
        for (const kept of this.#kept.values()) {
            const mayCome = !kept.isFresh && !kept.isAsked && state === 'running';
            if (this.#isOpen && (isNew || mayCome)) {
                kept.isFresh = false;
                this.#fetch(kept);
            }
        }
    }

    #tell(kept, change) {
        for (const { handler } of [...kept.watchers]) run(handler, kept.mirror.value, change);
    }
}
