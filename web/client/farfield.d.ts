// SPDX-License-Identifier: GPL-3.0-or-later
// The types of what is written by hand; those of commands and results are in commands.d.ts.
import type { CommandTree, Commands, Topic } from './commands.js';
import type { EventName, Events } from './events.js';
import type { ChangeOf, Kind, Known } from './mirrors.js';
import type { HeardNodes, ListenOptions, Listening } from './listening.js';

export * from './commands.js';
export * from './events.js';
export * from './listening.js';
export type { Change, ChangeOf, Kind, Known } from './mirrors.js';

/** What goes up as the body of a request. */
export type Bytes = Blob | ArrayBuffer | ArrayBufferView;

export type Method = keyof Commands;

export interface CallOptions {
    /** seconds until the answer, or the file, begins: 10, and none where bytes go up */
    timeout?: number;
    signal?: AbortSignal;
}

/** A command as a function; what it takes may be left out where nothing is needed. */
export type Command<M extends Method> = {} extends Commands[M]['params']
    ? (params?: Commands[M]['params'], options?: CallOptions) => Promise<Commands[M]['result']>
    : (params: Commands[M]['params'], options?: CallOptions) => Promise<Commands[M]['result']>;

export type CallFailure = 'refused' | 'away' | 'timeout' | 'busy' | 'unknown' | 'key' | 'closed';

/** What a call fails with. Its message can be shown as it is. */
export class CallError extends Error {
    /**
     * "refused" by the server, see `status`; or on this side: "away" (no connection), "timeout",
     * "busy" (too many calls wait for answers), "unknown" (no such command), "key" (it is needed,
     * or not this one) or "closed" (by close()).
     */
    readonly kind: CallFailure;
    readonly method: Method | null;
    /** as HTTP has it; 0 where the server said nothing */
    readonly status: number;
    /** JSON-RPC's, 0 where there is none */
    readonly code: number;
    /** which parameters were wrong */
    readonly errors: Array<{ field: string; detail: string }>;
}

/**
 * "open"; "connecting", at first; "lost", and coming back by itself; "key": one is needed, or it
 * was not this one; "closed", for good.
 */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'key' | 'closed';

export interface ConnectOptions {
    /** the server's api-key, where it has one */
    key?: string;
    /** by which others are told what this client holds; empty for one that the server makes up */
    name?: string;
    /** where there is none of that name (Node before 22): that of the package ws */
    WebSocket?: unknown;
}

/** A Farfield that connects by itself, now and whenever the connection is lost, until close(). */
export function connect(base: string | URL, options?: ConnectOptions): Farfield;

export class Farfield extends EventTarget implements Known {
    /** As connect(), which is called by itself here. */
    constructor(base: string | URL, options?: ConnectOptions);
    readonly base: string | URL;
    /** what the server said of itself, null before it did */
    readonly about: import('./commands.js').About | null;
    /** the number of this connection there, known while it is open and has a name */
    readonly client: number | null;
    readonly connection: ConnectionState;
    /** every command, as in `commands.synth.new({ synthdef: 'sine' })` */
    readonly commands: CommandTree;

    connect(): void;
    /** Tries again with this key, after the state "key". */
    useKey(key: string): void;
    /** The name by which others are told of this client; empty for one that the server makes up. */
    rename(name: string): void;
    /**
     * Resolves when the connection is open; rejects with a CallError when a key is missing, or
     * after `timeout` seconds (30), though the connection goes on being tried.
     */
    ready(options?: { timeout?: number }): Promise<void>;
    /** Calls a command by its method. Without a connection it fails at once. */
    call<M extends Method>(
        method: M, ...rest: Parameters<Command<M>>
    ): Promise<Commands[M]['result']>;
    /** Where a command that needs HTTP is found; good by itself where there is no key. */
    url<M extends Method>(method: M, params?: Partial<Commands[M]['params']>): string;

    /** Has the handler called at each event of this name, over every connection. */
    on<E extends EventName>(event: E, handler: (params: Events[E], event: E) => void): () => void;
    /** The same of all events of a topic. */
    on(topic: Topic, handler: (params: any, event: EventName) => void): () => void;
    on(connection: 'connection', handler: (state: ConnectionState) => void): () => void;
    /**
     * The same as an async iterator, from its first turn until the loop is left or close(). Of what
     * is not taken in time the newest thousand are kept.
     */
    events<E extends EventName>(event: E): AsyncGenerator<{ event: E; params: Events[E] }, void>;
    events(topic: Topic): AsyncGenerator<{ event: EventName; params: any }, void>;
    /**
     * Keeps what the server knows of one kind as long as it is watched: it is also there by its
     * name, as in `farfield.nodes`. The handler is called with null when it has been fetched, then
     * with each change.
     */
    watch<K extends Kind>(
        kind: K, handler: (value: Known[K], change: ChangeOf<K> | null) => void,
    ): () => void;

    /**
     * Ids of what is in a group, in the order in which scsynth runs them; none as long as nobody
     * watches the nodes.
     */
    children(id: number): number[];

    /** To hear a room ("main"): start() it, by a press of a button where this is a page. */
    listen(room?: string, options?: ListenOptions): Listening;
    /** Which nodes are heard here by now, by a listening of listen(). */
    heard(listening: Listening): HeardNodes;
    /** Ends it for good: what waits is rejected, and no timer or socket is left. */
    close(): void;

    readonly nodes: Known['nodes'];
    readonly synthdefs: Known['synthdefs'];
    readonly rooms: Known['rooms'];
    readonly buses: Known['buses'];
    readonly buffers: Known['buffers'];
    readonly scenes: Known['scenes'];
    readonly recordings: Known['recordings'];
    readonly relays: Known['relays'];
    readonly listeners: Known['listeners'];
    readonly bundles: Known['bundles'];
    readonly server: Known['server'];
    readonly clock: Known['clock'];
    readonly log: Known['log'];
    readonly history: Known['history'];
}
