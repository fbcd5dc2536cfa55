// SPDX-License-Identifier: GPL-3.0-or-later
import type {
    Buffer, Bundle, Bus, Clock, Figure, Line, Listener, Node, Recording, Relay, Room, SceneHead,
    Status, Synthdef,
} from './commands.js';

/** What can be watched. Empty, or null, as long as nobody watches it. */
export interface Known {
    /** by id; children() tells their order */
    readonly nodes: Map<number, Node>;
    /** by name */
    readonly synthdefs: Map<string, Synthdef>;
    readonly rooms: Map<string, Room>;
    readonly scenes: Map<string, SceneHead>;
    /** by id */
    readonly buses: Map<string, Bus>;
    readonly buffers: Map<number, Buffer>;
    readonly recordings: Map<string, Recording>;
    readonly relays: Map<string, Relay>;
    readonly listeners: Map<string, Listener>;
    /** those that wait for their time, by number */
    readonly bundles: Map<number, Bundle>;
    readonly server: Status | null;
    readonly clock: Clock | null;
    /** the last 500 lines, the oldest first */
    readonly log: Line[];
    /** of the last ten minutes, the oldest first */
    readonly history: Figure[];
}

export type Kind = keyof Known;

/** What happened: `value` is undefined when it is gone, `before` when it is new. */
export interface Change<Key, Value> {
    key: Key;
    value: Value | undefined;
    before: Value | undefined;
}

export type ChangeOf<K extends Kind> = Known[K] extends Map<infer Key, infer Value>
    ? Change<Key, Value>
    : Known[K] extends Array<infer Entry> ? Change<null, Entry>
    : Change<null, NonNullable<Known[K]>>;
