// SPDX-License-Identifier: GPL-3.0-or-later
import type { Node } from './commands.js';

export type PathKind = 'webrtc' | 'websocket' | 'webm' | 'pcm';
/** "automatic" is balanced; "lowest" delay, or "safe" on a bad network. */
export type Mode = 'automatic' | 'lowest' | 'balanced' | 'safe';
export type ListeningState = 'idle' | 'connecting' | 'connected' | 'lost';

export interface ListenOptions {
    /** the ways that may be taken, all by default */
    kinds?: PathKind[];
    /** takes the sound instead of the loudspeakers: a program hears, in Node or in a page */
    onsamples?: (samples: SampleBlock) => void;
    /** the package @roamhq/wrtc: with `onsamples`, WebRTC is tried before plain samples */
    wrtc?: unknown;
}

/** Some milliseconds of sound, full scale 1. */
export interface SampleBlock {
    left: Float32Array;
    right: Float32Array;
    /** Hz */
    rate: number;
}

/** What is heard now. */
export interface Path {
    kind: PathKind;
    mode?: Exclude<Mode, 'automatic'>;
    /** why it is not what was asked for */
    reason: string | null;
}

/** How the sound arrives. Times are in seconds. */
export interface AudioStats extends Path {
    /** bits a second, of the last three seconds; null while unknown */
    bitrate: number | null;
    /** so far; of "webm" bytes, since packets are not told */
    packets: number;
    bytes: number;
    /** packets so far; null where that is not told ("webm") */
    lost: number | null;
    /** share of the packets of the last three seconds that did not come; null while unknown */
    loss: number | null;
    /** of the packets' arrival; by WebRTC only */
    jitter?: number;
    /** to the server and back; null while unknown */
    roundTrip: number | null;
    /** from capture to the ear; null while unknown */
    delay: number | null;
    /** the delay could only be estimated */
    estimated?: boolean;
    /** how much sound waits to be played */
    buffer?: number;
    /** times that sound was missing */
    gaps?: number;
    /** of sound that was made up for what was missing */
    concealed?: number;
    /** of sound */
    played?: number;
    /** it gathers sound before it goes on ("webm") */
    buffering?: boolean;
}

/** To the loudspeakers of a page. Event: "blocked", when the browser begins or ends to hold it. */
export interface Output extends EventTarget {
    /** 0 to 1, as a slider stands; loudness follows its square */
    volume: number;
    muted: boolean;
    /** the browser wants a press of a button before it sounds: wake(), from that press */
    readonly blocked: boolean;
    wake(): void;
    /** left and right, dBFS, of what arrives now, before volume and mute */
    level(): { peak: [number, number]; rms: [number, number] };
    /** what arrives, before volume and mute; null before anybody has listened */
    readonly tap: AudioNode | null;
}

/**
 * Hearing a room, by the best path that there is; one that does not carry is followed by another,
 * by itself. Events: "state", "path" and "stats" (`detail` is an AudioStats).
 */
export class Listening extends EventTarget {
    /** Begins; in a page, to be called from a press of a button. */
    start(): void;
    stop(): Promise<void>;
    /** may be changed while it sounds */
    mode: Mode;
    readonly state: ListeningState;
    readonly path: Path | null;
    /** seconds from capture to the ear, null while unknown */
    readonly delay: number | null;
    /** where it sounds; not with `onsamples` */
    readonly output: Output;
    /** why it is not heard, in words */
    readonly error: string;
    /** How it arrives, measured half a second ago at most; null while nothing is heard. */
    getAudioStats(): AudioStats | null;
}

/** What came of a node, by the time at which it is heard here. */
export interface HeardEvent {
    event: 'node.started' | 'node.changed' | 'node.ended';
    id: number;
    /** as it is; not of "node.ended" */
    node?: Node;
}

/**
 * The nodes as this listener hears them, later than scsynth has them by the measured delay. Events:
 * "heard" (`detail` is a HeardEvent), and "nodes" when hears() may answer otherwise.
 */
export interface HeardNodes extends EventTarget {
    /** Is this node heard here now? */
    hears(id: number): boolean;
    stop(): void;
}
