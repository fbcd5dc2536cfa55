// SPDX-License-Identifier: GPL-3.0-or-later
// What the server tells of itself, as docs/api.md has it.
import type {
    Audience, Buffer, Bundle, Bus, Clock, Figure, Hold, Line, Listener, Node, Recall, Recording,
    Relay, Room, SceneHead, Status, StereoLevel, Synthdef,
} from './commands.js';

/** Who caused it, as far as that is known; and when, Unix time by the server. */
interface Cause {
    /** name of the connection to Farfield, as client.name has set it */
    by: string | null;
    /** its number, which client.name answers */
    client: number | null;
    /** of scsynth's clients; that of server.status is Farfield */
    client_id: number | null;
    time: number;
}

/** The events by their names, with what they bring. */
export interface Events {
    /** `previous` is the sibling behind which it stands, null at the head of its group */
    'node.started': { node: Node; previous: number | null } & Cause;
    /** the same where it has moved, and no `previous` where it has not */
    'node.changed': { node: Node; previous?: number | null } & Cause;
    /** `parent` is -1 where there was none */
    'node.ended': { id: number; parent: number } & Cause;
    /** what another client holds of a node now */
    'node.held': Hold;
    'server.status': Status;
    'server.aside': { method: string; synthdef: string | null; node: number | null };
    /** levels in dBFS, ten times a second */
    meter: { room: string; peak: StereoLevel; rms: StereoLevel };
    'room.changed': { room: Room };
    'listener.changed': { listener: Listener };
    /** those whose figures are new, with these figures */
    'listener.stats': {
        room: string;
        audience: Audience;
        listeners: Array<Pick<Listener, 'id' | 'served'> & Partial<Listener>>;
    };
    'synthdef.changed': { synthdef: Synthdef };
    'synthdef.removed': { name: string };
    'bus.changed': { bus: Bus };
    'bus.removed': { id: string };
    'buffer.changed': { buffer: Buffer };
    'buffer.removed': { id: number };
    'bundle.scheduled': Bundle;
    'bundle.done': Bundle;
    'bundle.cancelled': { bundle: number; reason: string };
    'clock.beat': Clock;
    'clock.changed': Clock;
    'recording.changed': { recording: Recording };
    'recording.removed': { id: string };
    'relay.changed': { relay: Relay };
    'relay.removed': { id: string };
    'scene.changed': { scene: SceneHead };
    'scene.removed': { name: string };
    'scene.recalled': Recall;
    'preset.changed': { synthdef: string; preset: string };
    'preset.removed': { synthdef: string; preset: string };
    log: Line;
    /** how the server is, each two seconds */
    history: Figure;
}

export type EventName = keyof Events;
