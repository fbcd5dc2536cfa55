// SPDX-License-Identifier: GPL-3.0-or-later
// Made from the command table by `make types`; what is written here by hand is lost.
import type { Bytes, Command } from './farfield.js';

// --- what is told and answered ---

/** What this is, and where its parts are. */
export interface About {
    name: string;
    version: string;
    epoch: Epoch;
    /** where it listens */
    websocket: string;
    key_required: boolean;
    /** paths by what is there */
    links: { [name: string]: string };
    /** where no key is needed */
    ice_servers?: IceServers;
}

/** A sound that is kept, as a WAV file. */
export interface Asset {
    /** its name: SHA-256 and .wav */
    asset: string;
    /** the name that it was sent with */
    title: string | null;
    bytes: number;
    frames: number;
    channels: number;
    /** Hz */
    rate: number;
    /** what it came as */
    format: 'wav' | 'aiff' | 'flac' | 'ogg';
    /** those that are made of it */
    buffers: number[];
}

export interface Assets {
    assets: Asset[];
    /** of all */
    bytes: number;
    /** that all may take */
    max_bytes: number;
}

/** All who listen to a room, taken together. */
export interface Audience {
    /** how many listen by each door that somebody listens by */
    kinds: { [name: string]: number };
    /** how many get each mode that somebody gets */
    modes: { [name: string]: number };
    /** bits a second, to all */
    bitrate: number;
    /** share that was lost lately, null while unknown */
    loss: number | null;
    /** since the controller's start */
    packets: number;
    /** since the controller's start */
    bytes: number;
    /** packets, since then */
    lost: number;
}

/**
 * What a render of a SynthDef showed; only verdict and reason where there was none, no levels where
 * it did not end.
 */
export interface Audition {
    verdict: 'good' | 'bad' | 'skipped';
    /** why it is bad, or was skipped */
    reason?: string;
    crashed?: boolean;
    /** that ended scsynth */
    signal?: number;
    timed_out?: boolean;
    /** a unit did not get its memory */
    alloc_failed?: boolean;
    silent?: boolean;
    /** samples that are no numbers */
    not_finite?: number;
    /** of full scale */
    dc?: number;
    /** dBFS */
    peak?: number;
    /** dBFS */
    rms?: number;
    /** processor time, of realtime on one core */
    cost?: number;
}

export interface Buffer {
    /** scsynth's number of it */
    id: number;
    name: string | null;
    frames: number;
    channels: number;
    /** Hz; 0 while it is unknown */
    rate: number;
    /** the sound that it was made of */
    asset: string | null;
    /** frame of the asset that comes first */
    start?: number;
    /** lost is one that scsynth does not have any more */
    state: 'loading' | 'ready' | 'lost';
    /** tables, and samples by value, that were put into it */
    layers: number;
}

export interface Buffers {
    buffers: Buffer[];
    /** the first number that is ours */
    first: number;
    /** how many are ours */
    share: number;
    /** of all in scsynth */
    bytes: number;
    /** that all may take */
    max_bytes: number;
}

/** Several commands that are carried out at one time. */
export interface Bundle {
    bundle: number;
    /** Unix time */
    at: number;
    /** seconds by which its time had passed when it was asked for */
    late: number;
    /** its time is still to come */
    scheduled: boolean;
    methods: string[];
    /** commands that scsynth refused */
    failed: number;
    /**
     * of each command its result, only the id of a node that is still to start, or {"error":
     * problem}
     */
    results: Array<{ [name: string]: unknown }>;
}

export interface Bundles {
    bundles: Bundle[];
}

/** Neighbouring buses of scsynth. */
export interface Bus {
    id: string;
    rate: 'control' | 'audio';
    index: number;
    channels: number;
    name: string | null;
    /** of a control bus, one for each channel */
    values?: Array<number | null>;
}

export interface Buses {
    buses: Bus[];
}

export interface Client {
    /** number of the connection, which no other has had */
    client: number;
    name: string;
}

export interface Clock {
    /** beats a minute */
    tempo: number;
    beat: number;
    /** the first is 0 */
    bar: number;
    /** beats since the bar began */
    phase: number;
    beats_per_bar: number;
    /** Unix time that this is said of */
    time: number;
}

/** One number, or several where the control is an array. */
export type Control = number | number[];

/** Values by control name. */
export type Controls = { [name: string]: Control };

/** Another one than before means: ask for everything again. */
export type Epoch = number;

/** How Farfield was at one moment; counts are since the controller began. */
export interface Figure {
    /** Unix time */
    time: number;
    /** percent, as server.status has it */
    cpu: number;
    /** percent */
    cpu_peak: number;
    synths: number;
    ugens: number;
    groups: number;
    /** bundles that came too late */
    late: number;
    /** times that scsynth had no memory left */
    failures: number;
    /** as the pipeline counts them */
    xruns: number;
    /** bytes in use by Farfield's programs together */
    memory: number;
    /** in all rooms */
    listeners: number;
    /** share of the packets of late that were lost, of listeners who tell */
    loss: number | null;
    /** seconds to the ear, the mean of listeners who tell */
    delay: number | null;
}

export interface Freed {
    /** number of synths */
    freed: number;
}

export interface Heard {
    name: string;
    audition: Audition;
}

export interface History {
    /** seconds between two figures */
    interval: number;
    /** oldest first */
    figures: Figure[];
}

/** Controls that a client has under a finger. */
export interface Hold {
    /** the node */
    id: number;
    /** all of it that the client holds now; empty when it has let go */
    controls: string[];
    /** name of the client, as client.name has set it */
    by: string;
    /** its number */
    client: number;
    /** Unix time at which they are let go, null when they are */
    until: number | null;
}

/** STUN and TURN servers, as RTCPeerConnection takes them. */
export type IceServers = Array<{
    urls: string;
    username?: string;
    credential?: string;
}>;

/** What a program has said. */
export interface Line {
    /** goes up by 1 */
    number: number;
    /** Unix time */
    time: number;
    /** error: somebody must act; warning: going on, but worse */
    level: 'error' | 'warning' | 'info';
    source: 'controller' | 'scsynth' | 'jackd';
    /** area.what of the controller, else the line itself */
    message: string;
    /** what the controller says besides */
    fields?: { [name: string]: unknown };
}

export interface Listener {
    id: string;
    room: string;
    state: 'connecting' | 'connected' | 'closed';
    /** as asked for */
    mode: 'balanced' | 'lowest' | 'safe';
    /** what it gets: safe while it loses packets */
    served: 'balanced' | 'lowest' | 'safe';
    /** Unix time */
    since: number;
    /** what carries it, and of webrtc its signaling; older than kind, which says more */
    transport: 'whep' | 'websocket' | 'http';
    /** the door by which it listens */
    kind: 'webrtc' | 'websocket' | 'pcm' | 'webm' | 'ogg';
    /** name of its program, null where it gave none */
    client: string | null;
    packets: number;
    bytes: number;
    /** packets */
    lost: number;
    /** bits a second of late, null while unknown */
    bitrate: number | null;
    /** share of the packets that was lost of late, null while unknown */
    loss: number | null;
    /** seconds, null while unknown */
    round_trip: number | null;
    /** seconds, null while unknown */
    jitter: number | null;
    /** seconds from capture to the ear, null where it has not reported it */
    delay: number | null;
    /** what it last sent by listener.report, null where it has sent nothing */
    report: {
        /** seconds */
        age: number;
        [name: string]: unknown;
    } | null;
}

export interface Listeners {
    listeners: Listener[];
}

export interface Live {
    live: true;
}

export interface Log {
    /** oldest first */
    lines: Line[];
}

/** Buses ("c12", "a20" or a name) by control name; null ends a mapping. */
export type Maps = { [name: string]: string | null };

/** A synth or group of scsynth's tree. */
export interface Node {
    id: NodeId;
    kind: 'group' | 'synth';
    name: string | null;
    /** buses of the controls that are mapped, in an array for one that is an array */
    maps?: { [name: string]: unknown };
    /** client id of scsynth whose number it has */
    client: number;
    /** true while it is still to start */
    planned?: boolean;
    /** a group's id; null of the root */
    parent: number | null;
    /** of a synth; null until scsynth was asked what another client's is */
    synthdef?: string | null;
    controls?: Controls;
    /** of a synth: it rings out */
    releasing?: boolean;
    running: boolean;
    /** made through Farfield */
    own: boolean;
    /** Farfield's own */
    system: boolean;
    room: string | null;
}

/** scsynth's number of a node. */
export type NodeId = number;

export interface Nodes {
    epoch: Epoch;
    /** the root group first, then depth-first */
    nodes: Node[];
}

export type Nothing = Record<string, never>;

export interface Offer {
    /** id for the calls that follow */
    listener: string;
    room: string;
    sdp: string;
    ice_servers: IceServers;
}

/** An OpenAPI 3.1 document. */
export interface Openapi {
    openapi: '3.1.0';
    info: { [name: string]: unknown };
    paths: { [name: string]: unknown };
    [name: string]: unknown;
}

/** An OpenRPC 1.3 document. */
export interface Openrpc {
    openrpc: '1.3.2';
    info: { [name: string]: unknown };
    methods: unknown[];
    [name: string]: unknown;
}

/** An OSC message. */
export interface OscMessage {
    address: string;
    /** numbers, strings, and messages within this one; null is what JSON cannot say */
    args: unknown[];
}

/** What was sent to scsynth, and what it answered. */
export interface OscSent {
    sent: OscMessage;
    replies: OscMessage[];
}

/** A parameter of a SynthDef. */
export interface Parameter {
    name: string;
    index: number;
    /** more than 1 of an array */
    size: number;
    rate: 'control' | 'scalar' | 'trigger' | 'audio';
    default: Control;
    title?: string;
    words?: string;
    unit?: string;
    min?: number;
    max?: number;
    curve?: 'linear' | 'exponential';
    step?: number;
}

export interface Part {
    ok: boolean;
    detail: string;
}

/** A buffer as it is drawn; null where no sample is a number. */
export interface Peaks {
    /** the first frame */
    from: number;
    frames: number;
    /** Hz */
    sample_rate: number;
    channels: Array<{
        /** the lowest sample of each point */
        min: Array<number | null>;
        /** the highest sample of each point */
        max: Array<number | null>;
    }>;
}

export interface Preset {
    synthdef: string;
    name: string;
    controls: Controls;
    /** controls that the SynthDef of today does not have */
    unknown: string[];
    /** Unix time */
    created: number;
    /** Unix time */
    changed: number;
}

export interface Presets {
    presets: Array<{
        name: string;
        /** Unix time */
        created: number;
        /** Unix time */
        changed: number;
    }>;
}

/** Why a command did not happen (RFC 9457). */
export interface Problem {
    type: string;
    title: string;
    status: number;
    /** one sentence for a person */
    detail: string;
    /** each field at fault */
    errors?: Array<{
        field: string;
        detail: string;
    }>;
}

export interface Readiness {
    ready: boolean;
    /** whether the doors without WebRTC are open; being ready does without */
    streams: Part;
    /** what was left out since scsynth crashed again and again with it */
    aside: Array<{
        /** the command that was sent */
        method: string;
        synthdef: string | null;
        node: number | null;
    }>;
    parts: {
        jack: Part;
        scsynth: Part;
        pipeline: Part;
        store: Part;
    };
}

/** A scene that is being made again, and the bundle that makes it. */
export interface Recall {
    name: string;
    mode: 'replace' | 'add';
    /** seconds */
    fade: number;
    /** numbers of the new nodes, in the order of the scene */
    nodes: number[];
    /** SYNTHDEF.CONTROL that the SynthDefs of today do not have */
    skipped: string[];
    bundle: number;
    /** Unix time */
    at: number;
    /** seconds */
    late?: number;
    scheduled: boolean;
    /** nodes that scsynth did not make */
    failed?: number;
}

export interface Recording {
    id: string;
    room: string;
    /** what people call it, may be empty */
    name: string;
    format: 'wav' | 'flac';
    /** interrupted: the pipeline died, and what it had written is there */
    state: 'starting' | 'recording' | 'stopping' | 'done' | 'failed' | 'interrupted';
    /** why it ended, where nobody asked it to */
    detail?: string;
    /** seconds of Unix time */
    started: number;
    /** seconds after which it ends by itself */
    length?: number;
    /** most bytes of one file */
    split: number;
    seconds: number;
    frames: number;
    bytes: number;
    /** frames that are silent because the disk was too slow */
    lost: number;
    /** times that JACK was late meanwhile, each of which may be heard */
    xruns: number;
    /** frames a second */
    rate: number;
    channels: number;
    /** its files, which put together are one continuous sound */
    parts: Array<{
        part: number;
        bytes: number;
        seconds: number;
    }>;
}

export interface RecordingLink {
    /** of recording.audio, with the token; &part=2 behind it is another part */
    path: string;
    token: string;
    /** Unix time until which to ask */
    expires: number;
}

export interface Recordings {
    recordings: Recording[];
}

export interface Redone {
    redone: Taken;
}

export interface Relay {
    id: string;
    room: string;
    /** a numeric address */
    host: string;
    port: number;
    /** where sender reports go; missing where none are sent */
    rtcp_port?: number;
    /** RTP payload type */
    payload: number;
    /** RTP synchronisation source */
    ssrc: number;
    /** hops; only of a multicast address */
    ttl?: number;
    mode: 'balanced' | 'lowest' | 'safe';
    /** whether it is encrypted; no key is shown */
    srtp: boolean;
    /** s, Unix time */
    since: number;
    /** sent since it began */
    packets: number;
    /** of these, headers of RTP included */
    bytes: number;
    /** packets that could not be sent */
    errors: number;
    /** the last error */
    detail?: string;
}

export interface Relays {
    relays: Relay[];
}

export interface Restarting {
    restarting: true;
}

export interface Room {
    name: string;
    group: NodeId;
    /** bits a second */
    bitrate: number;
    complexity: number;
    listeners: number;
    audience: Audience;
    /** ids of those that record it */
    recordings: string[];
    /** left and right, dBFS */
    level: {
        peak: StereoLevel;
        rms: StereoLevel;
    };
}

export interface Rooms {
    rooms: Room[];
}

export interface Samples {
    start: number;
    count: number;
    /** null is one that is no number */
    samples: Array<number | null>;
}

/** A scene as it is kept, exported and imported. */
export interface Scene {
    scene: {
        format: 'farfield.scene';
        version: number;
        /** beats a minute */
        tempo?: number;
        beats_per_bar?: number;
        buses?: Array<{ [name: string]: unknown }>;
        buffers?: Array<{ [name: string]: unknown }>;
        /** nested, in the order in which they run */
        nodes?: Array<{ [name: string]: unknown }>;
    };
}

export interface SceneHead {
    name: string;
    /** Unix time */
    created: number;
    /** Unix time */
    changed: number;
    synths: number;
    groups: number;
    buses: number;
    buffers: number;
    /** synths that end by themselves or were being released */
    left_out?: number;
}

export interface Scenes {
    scenes: SceneHead[];
}

export interface Stats {
    metrics: Array<{
        name: string;
        type: 'counter' | 'gauge';
        help: string;
        samples: Array<{
            labels: { [name: string]: string };
            value: number;
        }>;
    }>;
}

/** scsynth's state, load and counts. */
export interface Status {
    state: 'lost' | 'starting' | 'running';
    epoch: Epoch;
    /** scsynth's */
    version: string;
    /** Hz, as measured */
    sample_rate: number;
    cpu: {
        /** percent */
        average: number;
        /** percent */
        peak: number;
    };
    ugens: number;
    synths: number;
    groups: number;
    synthdefs: number;
    /** bundles that came late */
    late: number;
    /** times that memory was short */
    alloc_failed: number;
    restarts: number;
    client_id: number;
    max_logins: number;
    /** scsynth's, UDP */
    port: number;
}

export type StereoLevel = [number, number];

/** addresses of a room's streams, each with a token for one listener */
export interface Streams {
    room: string;
    mode: 'balanced' | 'lowest' | 'safe';
    /** WebSocket with Opus packets */
    audio: string;
    /** WebSocket with 16-bit samples */
    pcm: string;
    webm: string;
    ogg: string;
    /** Unix time until which to begin */
    expires: number;
}

export interface Synthdef {
    name: string;
    title: string;
    words: string;
    /** words to sort by */
    tags: string[];
    origin: 'shipped' | 'user';
    channels: number;
    /** has a gate that ends it */
    releasable: boolean;
    /** ends by itself */
    one_shot: boolean;
    ugens: number;
    variants: string[];
    parameters: Parameter[];
    audition?: Audition;
    /** of an upload: synths that go on as the definition was before */
    running?: number;
}

export interface Synthdefs {
    synthdefs: Synthdef[];
    /** that was asked for */
    name?: string;
}

/** A step that was taken back, or done again. */
export interface Taken {
    what: 'controls' | 'free';
    /** what has happened, for a person */
    words: string;
    /** numbers of the nodes that it is about, in order */
    nodes: number[];
    /** the number that each of them had before: what was freed has another */
    was: number[];
    /** what was left alone, and why, for a person */
    skipped: string[];
}

export interface Topics {
    topics: string[];
}

export interface Undone {
    undone: Taken;
}

// --- what can be asked for ---

/** What each command takes and answers. */
export interface Commands {
    /** Keeps a sound: a WAV, AIFF, FLAC or Ogg file as body. */
    'asset.add': {
        params: {
            /** what to call it */
            name?: string;
            /** the body, audio/* */
            data: Bytes;
        };
        result: Asset;
    };
    /** A sound as a WAV file. */
    'asset.audio': {
        params: {
            /** name of the asset */
            asset: string;
        };
        result: Response;
    };
    /** Deletes a sound that no buffer is made of. */
    'asset.delete': {
        params: {
            /** name of the asset */
            asset: string;
        };
        result: Nothing;
    };
    /** Every sound that is kept. */
    'asset.list': {
        params: Record<string, never>;
        result: Assets;
    };
    /** What is in a buffer now, as a WAV file of float32. */
    'buffer.audio': {
        params: {
            /** number or name of the buffer */
            id: string | number;
        };
        result: Response;
    };
    /** Frees a buffer. */
    'buffer.free': {
        params: {
            /** number or name of the buffer */
            id: string | number;
        };
        result: Nothing;
    };
    /** Fills a buffer with a table: sums of sines, or of Chebyshev polynomials. */
    'buffer.generate': {
        params: {
            /** number or name of the buffer */
            id: string | number;
            /** sine1 has harmonics, sine2 also their frequencies, sine3 also their phases */
            wave: 'sine1' | 'sine2' | 'sine3' | 'cheby';
            /** of each partial */
            amplitudes: number[];
            /** of each partial, in periods of the table */
            frequencies?: number[];
            /** of each partial, in radians */
            phases?: number[];
            /** brings the peak to 1 [true] */
            normalize?: boolean;
            /**
             * writes the form that Osc, VOsc and Shaper read, for which the frames must be a power
             * of two [false]
             */
            wavetable?: boolean;
            /** takes away what was there; else it is added [true] */
            clear?: boolean;
        };
        result: Buffer;
    };
    /** Every buffer, and which numbers are ours. */
    'buffer.list': {
        params: Record<string, never>;
        result: Buffers;
    };
    /** Makes a buffer: of silence, of an asset, or of a sound file that comes as body. */
    'buffer.new': {
        params: {
            /** length; of an asset all, unless it is given */
            frames?: number;
            /** of silence; 1 unless it is given */
            channels?: number;
            /** sound of asset.list that fills it */
            asset?: string;
            /** frame of the asset that comes first */
            start?: number;
            /** a name to call it by, which it takes over from any other buffer */
            name?: string;
            /** the body, audio/* */
            data?: Bytes;
        };
        result: Buffer;
    };
    /** What is in a buffer now, as it is drawn: the lowest and highest sample of each point. */
    'buffer.peaks': {
        params: {
            /** number or name of the buffer */
            id: string | number;
            /**
             * how many to divide the frames into; fewer where there are fewer frames, or more than
             * 8 channels [1024]
             */
            points?: number;
            /** the first frame [0] */
            from?: number;
            /** how many; all that follow unless it is given */
            frames?: number;
        };
        result: Peaks;
    };
    /** Samples of a buffer, those of all channels in turn. */
    'buffer.read': {
        params: {
            /** number or name of the buffer */
            id: string | number;
            /** the first sample [0] */
            start?: number;
            /** how many; all that follow unless it is given */
            count?: number;
        };
        result: Samples;
    };
    /** One buffer, as scsynth has it now. */
    'buffer.show': {
        params: {
            /** number or name of the buffer */
            id: string | number;
        };
        result: Buffer;
    };
    /** Sets samples of a buffer, those of all channels in turn. */
    'buffer.write': {
        params: {
            /** number or name of the buffer */
            id: string | number;
            /** the first sample [0] */
            start?: number;
            /** what they are to be */
            values: number[];
        };
        result: Nothing;
    };
    /** Calls a bundle off, until a quarter of a second before its time. */
    'bundle.cancel': {
        params: {
            /** number of the bundle */
            bundle: number;
        };
        result: Nothing;
    };
    /** Every bundle that waits for its time. */
    'bundle.list': {
        params: Record<string, never>;
        result: Bundles;
    };
    /**
     * Carries out several commands at one time, all or none; "$0" stands for what command 0 makes.
     */
    'bundle.send': {
        params: {
            /** each with method and params */
            commands: Array<{ [name: string]: unknown }>;
            /** when, in Unix time (seconds) */
            at?: number;
            /** how much later (seconds) */
            in?: number;
            /** at the next multiple of so many beats of the clock */
            beats?: number;
            /** and so many beats after it */
            phase?: number;
        };
        result: Bundle;
    };
    /** One bundle that waits for its time. */
    'bundle.show': {
        params: {
            /** number of the bundle */
            bundle: number;
        };
        result: Bundle;
    };
    /** Gives a bus back; controls that are mapped to it stay so. */
    'bus.free': {
        params: {
            /** id (c12, a20) or name of the bus */
            id: string;
        };
        result: Nothing;
    };
    /** Every bus that was allocated here. */
    'bus.list': {
        params: Record<string, never>;
        result: Buses;
    };
    /** Allocates a bus within our share of scsynth's. */
    'bus.new': {
        params: {
            /** control or audio ["control"] */
            rate?: 'control' | 'audio';
            /** how many next to each other [1] */
            channels?: number;
            /** name of the bus, that no other has */
            name?: string;
            /** of a control bus, from its first channel on */
            values?: number[];
        };
        result: Bus;
    };
    /** Sets the values of a control bus, or a bus's name. */
    'bus.set': {
        params: {
            /** id (c12, a20) or name of the bus */
            id: string;
            /** of a control bus, from its first channel on */
            values?: number[];
            /** new name, empty for none */
            name?: string;
        };
        result: Bus;
    };
    /** One bus; the values of a control bus as scsynth has them this moment. */
    'bus.show': {
        params: {
            /** id (c12, a20) or name of the bus */
            id: string;
        };
        result: Bus;
    };
    /** Says what this connection is called where others are told of it. */
    'client.name': {
        params: {
            /** a short name; empty for one that is given to it */
            name: string;
        };
        result: Client;
    };
    /** Changes the clock; without a beat it goes on from where it is. */
    'clock.set': {
        params: {
            /** beats a minute */
            tempo?: number;
            /** which it is now */
            beat?: number;
            /** beats of a bar */
            beats_per_bar?: number;
        };
        result: Clock;
    };
    /** The musical clock that all clients share: tempo, and which beat it is. */
    'clock.show': {
        params: Record<string, never>;
        result: Clock;
    };
    /** Frees every synth below a group at once, as /g_deepFree does; all groups stay. */
    'group.deep_free': {
        params: {
            /** number of the group */
            id: number;
        };
        result: Nothing;
    };
    /** Frees every node in a group at once, as /g_freeAll does; the group stays. */
    'group.free_all': {
        params: {
            /** number of the group */
            id: number;
        };
        result: Nothing;
    };
    /** Makes a group; it is shown, set, released and freed as a node. */
    'group.new': {
        params: {
            /** node that the action refers to; the room's group if absent */
            target?: number;
            /** where the new node stands against the target ["head"] */
            action?: 'head' | 'tail' | 'before' | 'after' | 'replace';
            /** name of the node; another node that has it loses it */
            name?: string;
            /** room whose group is meant without a target ["main"] */
            room?: string;
            /** whether its nodes may run at the same time */
            parallel?: boolean;
        };
        result: Node;
    };
    /** 200 as long as the controller answers. */
    'health.live': {
        params: Record<string, never>;
        result: Live;
    };
    /** 200 when everything that sound needs is there, 503 else; what is wrong, by part. */
    'health.ready': {
        params: Record<string, never>;
        result: Readiness;
    };
    /** Sends a listener away, however it listens. */
    'listener.end': {
        params: {
            /** id of the listener */
            id: string;
        };
        result: Nothing;
    };
    /** Who listens, with what was sent and lost. */
    'listener.list': {
        params: Record<string, never>;
        result: Listeners;
    };
    /**
     * What a listener's own program measures, to be shown with it; each report takes the place of
     * the one before.
     */
    'listener.report': {
        params: {
            /** id of the listener */
            id: string;
            /** from capture to the ear (s) */
            delay?: number;
            /** of it, in the jitter buffer or ring (s) */
            buffer?: number;
            /** of it, in the audio device (s) */
            output?: number;
            /** share of what was heard since the last report that had to be made up */
            concealed?: number;
            /** times that nothing was there to be heard so far */
            gaps?: number;
            /** what decodes and plays, such as worklet */
            player?: string;
        };
        result: Nothing;
    };
    /** Changes how one listener hears, while it plays and without a gap. */
    'listener.set': {
        params: {
            /** id of the listener */
            id: string;
            /** lowest: the shortest delay; safe: for networks that lose packets */
            mode: 'balanced' | 'lowest' | 'safe';
        };
        result: Listener;
    };
    /** One listener. */
    'listener.show': {
        params: {
            /** id of the listener */
            id: string;
        };
        result: Listener;
    };
    /** What the controller, scsynth and jackd have said of late, oldest first. */
    'log.list': {
        params: {
            /** the last so many lines [100] */
            count?: number;
        };
        result: Log;
    };
    /** Sets several controls behind each other to one value. */
    'node.fill': {
        params: {
            /** number of the node */
            id: number;
            /** the first, by name or index */
            control: string;
            /** how many */
            count: number;
            /** their value */
            value: number;
        };
        result: Node;
    };
    /** Frees a node at once, as /n_free does; that may click. */
    'node.free': {
        params: {
            /** number of the node */
            id: number;
        };
        result: Nothing;
    };
    /**
     * Tells all others that this client has controls under a finger; who sets them all the same
     * may.
     */
    'node.hold': {
        params: {
            /** number of the node */
            id: number;
            /** names of controls, in addition to those held */
            controls: string[];
            /** after which all of the node are let go by themselves (s) [10] */
            seconds?: number;
        };
        result: Hold;
    };
    /** Every node, depth-first, in the order in which scsynth runs them. */
    'node.list': {
        params: Record<string, never>;
        result: Nodes;
    };
    /** Has controls read buses; setting a control ends that. */
    'node.map': {
        params: {
            /** number of the node */
            id: number;
            /** a bus by id (c12, a20) or name, null for none */
            controls: Maps;
        };
        result: Node;
    };
    /** Moves a node in the order in which scsynth runs them. */
    'node.move': {
        params: {
            /** number of the node */
            id: number;
            /** group to move into, or node to move beside */
            target: number;
            /** where against the target; head if absent */
            action?: 'head' | 'tail' | 'before' | 'after';
        };
        result: Node;
    };
    /** One node, as scsynth says that it is this moment. */
    'node.query': {
        params: {
            /** number of the node */
            id: number;
        };
        result: Node;
    };
    /** Lets a synth ring out by its gate; one without a gate is freed. Of a group, all in it. */
    'node.release': {
        params: {
            /** number of the node */
            id: number;
        };
        result: Nothing;
    };
    /** Pauses a node or lets it go on. */
    'node.run': {
        params: {
            /** number of the node */
            id: number;
            /** false pauses, true goes on */
            run: boolean;
        };
        result: Node;
    };
    /**
     * Sets and maps controls of a synth, or of every synth in a group; runs, pauses, moves, names,
     * releases.
     */
    'node.set': {
        params: {
            /** number of the node */
            id: number;
            /** new values by control name or index */
            controls?: Controls;
            /** buses that controls are mapped to, null for none */
            map?: Maps;
            /** group to move into, or node to move beside */
            target?: number;
            /** where against the target; head if absent */
            action?: 'head' | 'tail' | 'before' | 'after';
            /** new name, empty for none */
            name?: string;
            /** false pauses, true goes on */
            run?: boolean;
            /** true releases, as node.release does */
            release?: boolean;
        };
        result: Node;
    };
    /** One node. */
    'node.show': {
        params: {
            /** number of the node */
            id: number;
        };
        result: Node;
    };
    /** Lets go of controls: those that are named, or all of a node, or all. */
    'node.unhold': {
        params: {
            /** number of the node */
            id?: number;
            /** names of its controls */
            controls?: string[];
        };
        result: Nothing;
    };
    /** REST, described as OpenAPI 3.1 for programs that read that. */
    'openapi.show': {
        params: Record<string, never>;
        result: Openapi;
    };
    /** Sends scsynth one OSC message of those that can do no harm, and tells its answers. */
    'osc.send': {
        params: {
            /** scsynth's command: "/n_set" */
            address: string;
            /**
             * numbers, strings, {"type":"i","value":x} (or f, d, s), and a completion message as
             * {"message":{"address","args"}} or {"blob":base64} [[]]
             */
            args?: unknown[];
        };
        result: OscSent;
    };
    /** Forgets a preset; synths that were made by it play on. */
    'preset.delete': {
        params: {
            /** name of the SynthDef */
            synthdef: string;
            /** name of the preset */
            preset: string;
        };
        result: Nothing;
    };
    /** The presets of a SynthDef, by name. */
    'preset.list': {
        params: {
            /** name of the SynthDef */
            synthdef: string;
        };
        result: Presets;
    };
    /** Keeps control values of a SynthDef by a name: those given, or those of a synth. */
    'preset.put': {
        params: {
            /** name of the SynthDef */
            synthdef: string;
            /** name of the preset */
            preset: string;
            /** values by control name */
            controls?: Controls;
            /** synth whose values are kept, but for its buses, buffers, gate and triggers */
            node?: number;
        };
        result: Preset;
    };
    /** One preset with its values. */
    'preset.show': {
        params: {
            /** name of the SynthDef */
            synthdef: string;
            /** name of the preset */
            preset: string;
        };
        result: Preset;
    };
    /**
     * A recording's sound, or the part of the file that the header Range asks for; while it is
     * recorded, what is there so far.
     */
    'recording.audio': {
        params: {
            /** id of the recording */
            id: string;
            /** which of its files [1] */
            part?: number;
            /** of recording.link, in place of the key */
            token?: string;
        };
        result: Response;
    };
    /** Deletes a recording that has ended, with its files. */
    'recording.delete': {
        params: {
            /** id of the recording */
            id: string;
        };
        result: Nothing;
    };
    /** An address of a recording's sound that needs no key, for a while. */
    'recording.link': {
        params: {
            /** id of the recording */
            id: string;
            /** how long it is good for (s) [3600] */
            seconds?: number;
        };
        result: RecordingLink;
    };
    /** Every recording, the newest first. */
    'recording.list': {
        params: Record<string, never>;
        result: Recordings;
    };
    /** One recording. */
    'recording.show': {
        params: {
            /** id of the recording */
            id: string;
        };
        result: Recording;
    };
    /** Records a room to a sound file, 24 bit; answered when it has begun. */
    'recording.start': {
        params: {
            /** room that is recorded ["main"] */
            room?: string;
            /** kind of file ["wav"] */
            format?: 'wav' | 'flac';
            /** what people call it */
            name?: string;
            /** most that a file may have before the next begins (bytes) [2000000000] */
            split?: number;
            /** length after which it ends by itself (s) */
            seconds?: number;
        };
        result: Recording;
    };
    /** Ends a recording; answered when its file is whole. */
    'recording.stop': {
        params: {
            /** id of the recording */
            id: string;
        };
        result: Recording;
    };
    /** Ends a relay. */
    'relay.free': {
        params: {
            /** id of the relay */
            id: string;
        };
        result: Nothing;
    };
    /** Every relay, the oldest first. */
    'relay.list': {
        params: Record<string, never>;
        result: Relays;
    };
    /**
     * Sends a room's packets to one address from now on, as RTP or SRTP; answered when it has
     * begun.
     */
    'relay.new': {
        params: {
            /** room that is heard there ["main"] */
            room?: string;
            /** numeric address, of IPv4 or IPv6 */
            host: string;
            /** UDP port */
            port: number;
            /** UDP port for sender reports, of which there are none without it */
            rtcp_port?: number;
            /** lowest: the shortest delay; safe: for networks that lose packets ["balanced"] */
            mode?: 'balanced' | 'lowest' | 'safe';
            /** RTP payload type [111] */
            payload?: number;
            /**
             * RTP synchronisation source; one is made up where it is missing, and for SRTP always
             */
            ssrc?: number;
            /**
             * base64 of 30 bytes, key and salt of AES_CM_128_HMAC_SHA1_80; with it, SRTP is sent
             */
            srtp_key?: string;
            /** hops; a multicast address needs it */
            ttl?: number;
        };
        result: Relay;
    };
    /** One relay, with what it has sent. */
    'relay.show': {
        params: {
            /** id of the relay */
            id: string;
        };
        result: Relay;
    };
    /** Where the WebSocket with a room's packets is. */
    'room.audio': {
        params: {
            /** name of the room */
            room: string;
            /** lowest: the shortest delay; safe: for networks that lose packets ["balanced"] */
            mode?: 'balanced' | 'lowest' | 'safe';
            /** Opus packets, or 16-bit samples ["opus"] */
            format?: 'opus' | 's16';
        };
        result: Response;
    };
    /** Every room with its level and number of listeners. */
    'room.list': {
        params: Record<string, never>;
        result: Rooms;
    };
    /** A room as Ogg without end, for browsers and players. */
    'room.ogg': {
        params: {
            /** name of the room */
            room: string;
            /** lowest: the shortest delay; safe: for networks that lose packets ["balanced"] */
            mode?: 'balanced' | 'lowest' | 'safe';
        };
        result: Response;
    };
    /**
     * Changes how a room is encoded for its listeners, from the next packet on: its bitrate, its
     * complexity, or both.
     */
    'room.set': {
        params: {
            /** name of the room */
            room: string;
            /** bits a second */
            bitrate?: number;
            /** Opus's effort, 10 sounds best and costs most */
            complexity?: number;
        };
        result: Room;
    };
    /** One room. */
    'room.show': {
        params: {
            /** name of the room */
            room: string;
        };
        result: Room;
    };
    /** Where a room can be heard without WebRTC: addresses that are good for a while. */
    'room.streams': {
        params: {
            /** name of the room */
            room: string;
            /** lowest: the shortest delay; safe: for networks that lose packets ["balanced"] */
            mode?: 'balanced' | 'lowest' | 'safe';
        };
        result: Streams;
    };
    /** A room as WebM without end, for browsers and players. */
    'room.webm': {
        params: {
            /** name of the room */
            room: string;
            /** lowest: the shortest delay; safe: for networks that lose packets ["balanced"] */
            mode?: 'balanced' | 'lowest' | 'safe';
        };
        result: Response;
    };
    /** JSON-RPC, described as OpenRPC for programs that read that. */
    'rpc.discover': {
        params: Record<string, never>;
        result: Openrpc;
    };
    /** Forgets a scene; what plays goes on. */
    'scene.delete': {
        params: {
            /** name of the scene */
            name: string;
        };
        result: Nothing;
    };
    /** Every scene that is kept, by name. */
    'scene.list': {
        params: Record<string, never>;
        result: Scenes;
    };
    /** Keeps the present state by a name, or the scene that is given. */
    'scene.put': {
        params: {
            /** name of the scene */
            name: string;
            /** a scene that scene.show gave */
            scene?: { [name: string]: unknown };
        };
        result: SceneHead;
    };
    /** Makes a scene again, in place of what plays or beside it. */
    'scene.recall': {
        params: {
            /** name of the scene */
            name: string;
            /** whether what is ours and not in the scene goes ["replace"] */
            mode?: 'replace' | 'add';
            /** how long the old and the new one fade into each other (seconds) */
            fade?: number;
            /** when, in Unix time (seconds) */
            at?: number;
            /** how much later (seconds) */
            in?: number;
            /** at the next multiple of so many beats of the clock */
            beats?: number;
            /** and so many beats after it */
            phase?: number;
        };
        result: Recall;
    };
    /** Gives a scene another name, which none has. */
    'scene.rename': {
        params: {
            /** name of the scene */
            name: string;
            /** its new name */
            to: string;
        };
        result: SceneHead;
    };
    /** One scene, whole: scene.put takes it as it is. */
    'scene.show': {
        params: {
            /** name of the scene */
            name: string;
        };
        result: Scene;
    };
    /** What this is, and where its parts are. */
    'server.about': {
        params: Record<string, never>;
        result: About;
    };
    /** Load, counts and listeners of the last ten minutes, one figure each two seconds. */
    'server.history': {
        params: Record<string, never>;
        result: History;
    };
    /** Silence, now: frees every synth and clears what is scheduled. */
    'server.panic': {
        params: Record<string, never>;
        result: Freed;
    };
    /** Starts scsynth anew and brings the state back. */
    'server.restart': {
        params: Record<string, never>;
        result: Restarting;
    };
    /** scsynth's state, load and counts. */
    'server.status': {
        params: Record<string, never>;
        result: Status;
    };
    /** Does again what was taken back last. */
    'session.redo': {
        params: Record<string, never>;
        result: Redone;
    };
    /** Takes back the last change of controls, or the last freeing of nodes, of this connection. */
    'session.undo': {
        params: Record<string, never>;
        result: Undone;
    };
    /** The figures of stats.show as Prometheus reads them. */
    'stats.metrics': {
        params: Record<string, never>;
        result: Response;
    };
    /** Every figure by which Farfield can be watched. */
    'stats.show': {
        params: Record<string, never>;
        result: Stats;
    };
    /**
     * Holds a synth by this connection, in place of whichever did: it is released 10 s after that
     * has gone, unless another takes it up by then.
     */
    'synth.hold': {
        params: {
            /** number of the node */
            id: number;
        };
        result: Node;
    };
    /** Starts a synth; answered when scsynth has started it. */
    'synth.new': {
        params: {
            /** name of its SynthDef */
            synthdef: string;
            /** control values that differ from the defaults */
            controls?: Controls;
            /** preset that gives what controls does not */
            preset?: string;
            /** buses that controls are mapped to, by id or name */
            map?: Maps;
            /** this connection holds it, as by synth.hold; needs a WebSocket */
            held?: boolean;
            /** node that the action refers to; the room's group if absent */
            target?: number;
            /** where the new node stands against the target ["head"] */
            action?: 'head' | 'tail' | 'before' | 'after' | 'replace';
            /** name of the node; another node that has it loses it */
            name?: string;
            /** room whose group is meant without a target ["main"] */
            room?: string;
        };
        result: Node;
    };
    /** Uploads a .scsyndef file, which may hold several definitions. */
    'synthdef.add': {
        params: {
            /** the body, application/octet-stream */
            data: Bytes;
        };
        result: Synthdefs;
    };
    /** Renders a SynthDef once more, apart from what sounds, and tells what came of it. */
    'synthdef.audition': {
        params: {
            /** name of the definition */
            name: string;
        };
        result: Heard;
    };
    /** Removes an uploaded SynthDef; synths made of it play on. */
    'synthdef.delete': {
        params: {
            /** name of the definition */
            name: string;
        };
        result: Nothing;
    };
    /** Every SynthDef with its parameters. */
    'synthdef.list': {
        params: Record<string, never>;
        result: Synthdefs;
    };
    /** Uploads a .scsyndef file with the one definition of that name. */
    'synthdef.put': {
        params: {
            /** name of the definition */
            name: string;
            /** the body, application/octet-stream */
            data: Bytes;
        };
        result: Synthdefs;
    };
    /** One SynthDef. */
    'synthdef.show': {
        params: {
            /** name of the definition */
            name: string;
        };
        result: Synthdef;
    };
    /** The client's answer to the offer. */
    'webrtc.answer': {
        params: {
            /** id that webrtc.listen gave */
            listener: string;
            /** the answer */
            sdp: string;
        };
        result: Nothing;
    };
    /** Stops listening. */
    'webrtc.bye': {
        params: {
            /** id that webrtc.listen gave */
            listener: string;
        };
        result: Nothing;
    };
    /** One of the client's ICE candidates; an empty one ends them. */
    'webrtc.candidate': {
        params: {
            /** id that webrtc.listen gave */
            listener: string;
            /** the candidate line */
            candidate: string;
            /** index of the media section [0] */
            mline?: number;
        };
        result: Nothing;
    };
    /** Begins to listen to a room; the result holds the server's offer. */
    'webrtc.listen': {
        params: {
            /** name of the room ["main"] */
            room?: string;
            /** lowest: the shortest delay; safe: for networks that lose packets ["balanced"] */
            mode?: 'balanced' | 'lowest' | 'safe';
            /** name of the program, in place of its User-Agent */
            client?: string;
        };
        result: Offer;
    };
    /**
     * Another offer for the same connection, by which it finds a new way after the client's network
     * has changed; webrtc.answer is to follow. The sound goes on meanwhile. A WebSocket that was
     * opened since may ask, too: the listener is its own from then on.
     */
    'webrtc.restart': {
        params: {
            /** id that webrtc.listen gave */
            listener: string;
        };
        result: Offer;
    };
    /** Stops listening. */
    'whep.end': {
        params: {
            /** name of the room */
            room: string;
            /** id from the Location header */
            listener: string;
        };
        result: Response;
    };
    /**
     * Listens to a room: an SDP offer is answered by an SDP answer; or, where it has no use for our
     * audio or there is none, by 406 with our offer, which whep.patch answers.
     */
    'whep.offer': {
        params: {
            /** name of the room */
            room: string;
            /** lowest: the shortest delay; safe: for networks that lose packets ["balanced"] */
            mode?: 'balanced' | 'lowest' | 'safe';
            /** name of the program, in place of its User-Agent */
            client?: string;
            /** the body, application/sdp */
            data: string;
        };
        result: Response;
    };
    /**
     * Further ICE candidates of the client, or another ICE session (RFC 8840): an SDP fragment.
     * If-Match tells which session is meant. Also the answer to our offer.
     */
    'whep.patch': {
        params: {
            /** name of the room */
            room: string;
            /** id from the Location header */
            listener: string;
            /** the body, application/trickle-ice-sdpfrag */
            data: string;
        };
        result: Response;
    };
    /** Whether a room can be listened to here. */
    'whep.probe': {
        params: {
            /** name of the room */
            room: string;
        };
        result: Response;
    };
    /** Whether this session is still there, and by ETag its ICE session. */
    'whep.show': {
        params: {
            /** name of the room */
            room: string;
            /** id from the Location header */
            listener: string;
        };
        result: Response;
    };
}

/** Each command as a function. */
export interface CommandTree {
    asset: {
        /** Keeps a sound: a WAV, AIFF, FLAC or Ogg file as body. */
        add: Command<'asset.add'>;
        /** A sound as a WAV file. */
        audio: Command<'asset.audio'>;
        /** Deletes a sound that no buffer is made of. */
        delete: Command<'asset.delete'>;
        /** Every sound that is kept. */
        list: Command<'asset.list'>;
    };
    buffer: {
        /** What is in a buffer now, as a WAV file of float32. */
        audio: Command<'buffer.audio'>;
        /** Frees a buffer. */
        free: Command<'buffer.free'>;
        /** Fills a buffer with a table: sums of sines, or of Chebyshev polynomials. */
        generate: Command<'buffer.generate'>;
        /** Every buffer, and which numbers are ours. */
        list: Command<'buffer.list'>;
        /** Makes a buffer: of silence, of an asset, or of a sound file that comes as body. */
        new: Command<'buffer.new'>;
        /** What is in a buffer now, as it is drawn: the lowest and highest sample of each point. */
        peaks: Command<'buffer.peaks'>;
        /** Samples of a buffer, those of all channels in turn. */
        read: Command<'buffer.read'>;
        /** One buffer, as scsynth has it now. */
        show: Command<'buffer.show'>;
        /** Sets samples of a buffer, those of all channels in turn. */
        write: Command<'buffer.write'>;
    };
    bundle: {
        /** Calls a bundle off, until a quarter of a second before its time. */
        cancel: Command<'bundle.cancel'>;
        /** Every bundle that waits for its time. */
        list: Command<'bundle.list'>;
        /**
         * Carries out several commands at one time, all or none; "$0" stands for what command 0
         * makes.
         */
        send: Command<'bundle.send'>;
        /** One bundle that waits for its time. */
        show: Command<'bundle.show'>;
    };
    bus: {
        /** Gives a bus back; controls that are mapped to it stay so. */
        free: Command<'bus.free'>;
        /** Every bus that was allocated here. */
        list: Command<'bus.list'>;
        /** Allocates a bus within our share of scsynth's. */
        new: Command<'bus.new'>;
        /** Sets the values of a control bus, or a bus's name. */
        set: Command<'bus.set'>;
        /** One bus; the values of a control bus as scsynth has them this moment. */
        show: Command<'bus.show'>;
    };
    client: {
        /** Says what this connection is called where others are told of it. */
        name: Command<'client.name'>;
    };
    clock: {
        /** Changes the clock; without a beat it goes on from where it is. */
        set: Command<'clock.set'>;
        /** The musical clock that all clients share: tempo, and which beat it is. */
        show: Command<'clock.show'>;
    };
    group: {
        /** Frees every synth below a group at once, as /g_deepFree does; all groups stay. */
        deep_free: Command<'group.deep_free'>;
        /** Frees every node in a group at once, as /g_freeAll does; the group stays. */
        free_all: Command<'group.free_all'>;
        /** Makes a group; it is shown, set, released and freed as a node. */
        new: Command<'group.new'>;
    };
    health: {
        /** 200 as long as the controller answers. */
        live: Command<'health.live'>;
        /** 200 when everything that sound needs is there, 503 else; what is wrong, by part. */
        ready: Command<'health.ready'>;
    };
    listener: {
        /** Sends a listener away, however it listens. */
        end: Command<'listener.end'>;
        /** Who listens, with what was sent and lost. */
        list: Command<'listener.list'>;
        /**
         * What a listener's own program measures, to be shown with it; each report takes the place
         * of the one before.
         */
        report: Command<'listener.report'>;
        /** Changes how one listener hears, while it plays and without a gap. */
        set: Command<'listener.set'>;
        /** One listener. */
        show: Command<'listener.show'>;
    };
    log: {
        /** What the controller, scsynth and jackd have said of late, oldest first. */
        list: Command<'log.list'>;
    };
    node: {
        /** Sets several controls behind each other to one value. */
        fill: Command<'node.fill'>;
        /** Frees a node at once, as /n_free does; that may click. */
        free: Command<'node.free'>;
        /**
         * Tells all others that this client has controls under a finger; who sets them all the same
         * may.
         */
        hold: Command<'node.hold'>;
        /** Every node, depth-first, in the order in which scsynth runs them. */
        list: Command<'node.list'>;
        /** Has controls read buses; setting a control ends that. */
        map: Command<'node.map'>;
        /** Moves a node in the order in which scsynth runs them. */
        move: Command<'node.move'>;
        /** One node, as scsynth says that it is this moment. */
        query: Command<'node.query'>;
        /**
         * Lets a synth ring out by its gate; one without a gate is freed. Of a group, all in it.
         */
        release: Command<'node.release'>;
        /** Pauses a node or lets it go on. */
        run: Command<'node.run'>;
        /**
         * Sets and maps controls of a synth, or of every synth in a group; runs, pauses, moves,
         * names, releases.
         */
        set: Command<'node.set'>;
        /** One node. */
        show: Command<'node.show'>;
        /** Lets go of controls: those that are named, or all of a node, or all. */
        unhold: Command<'node.unhold'>;
    };
    openapi: {
        /** REST, described as OpenAPI 3.1 for programs that read that. */
        show: Command<'openapi.show'>;
    };
    osc: {
        /** Sends scsynth one OSC message of those that can do no harm, and tells its answers. */
        send: Command<'osc.send'>;
    };
    preset: {
        /** Forgets a preset; synths that were made by it play on. */
        delete: Command<'preset.delete'>;
        /** The presets of a SynthDef, by name. */
        list: Command<'preset.list'>;
        /** Keeps control values of a SynthDef by a name: those given, or those of a synth. */
        put: Command<'preset.put'>;
        /** One preset with its values. */
        show: Command<'preset.show'>;
    };
    recording: {
        /**
         * A recording's sound, or the part of the file that the header Range asks for; while it is
         * recorded, what is there so far.
         */
        audio: Command<'recording.audio'>;
        /** Deletes a recording that has ended, with its files. */
        delete: Command<'recording.delete'>;
        /** An address of a recording's sound that needs no key, for a while. */
        link: Command<'recording.link'>;
        /** Every recording, the newest first. */
        list: Command<'recording.list'>;
        /** One recording. */
        show: Command<'recording.show'>;
        /** Records a room to a sound file, 24 bit; answered when it has begun. */
        start: Command<'recording.start'>;
        /** Ends a recording; answered when its file is whole. */
        stop: Command<'recording.stop'>;
    };
    relay: {
        /** Ends a relay. */
        free: Command<'relay.free'>;
        /** Every relay, the oldest first. */
        list: Command<'relay.list'>;
        /**
         * Sends a room's packets to one address from now on, as RTP or SRTP; answered when it has
         * begun.
         */
        new: Command<'relay.new'>;
        /** One relay, with what it has sent. */
        show: Command<'relay.show'>;
    };
    room: {
        /** Where the WebSocket with a room's packets is. */
        audio: Command<'room.audio'>;
        /** Every room with its level and number of listeners. */
        list: Command<'room.list'>;
        /** A room as Ogg without end, for browsers and players. */
        ogg: Command<'room.ogg'>;
        /**
         * Changes how a room is encoded for its listeners, from the next packet on: its bitrate,
         * its complexity, or both.
         */
        set: Command<'room.set'>;
        /** One room. */
        show: Command<'room.show'>;
        /** Where a room can be heard without WebRTC: addresses that are good for a while. */
        streams: Command<'room.streams'>;
        /** A room as WebM without end, for browsers and players. */
        webm: Command<'room.webm'>;
    };
    rpc: {
        /** JSON-RPC, described as OpenRPC for programs that read that. */
        discover: Command<'rpc.discover'>;
    };
    scene: {
        /** Forgets a scene; what plays goes on. */
        delete: Command<'scene.delete'>;
        /** Every scene that is kept, by name. */
        list: Command<'scene.list'>;
        /** Keeps the present state by a name, or the scene that is given. */
        put: Command<'scene.put'>;
        /** Makes a scene again, in place of what plays or beside it. */
        recall: Command<'scene.recall'>;
        /** Gives a scene another name, which none has. */
        rename: Command<'scene.rename'>;
        /** One scene, whole: scene.put takes it as it is. */
        show: Command<'scene.show'>;
    };
    server: {
        /** What this is, and where its parts are. */
        about: Command<'server.about'>;
        /** Load, counts and listeners of the last ten minutes, one figure each two seconds. */
        history: Command<'server.history'>;
        /** Silence, now: frees every synth and clears what is scheduled. */
        panic: Command<'server.panic'>;
        /** Starts scsynth anew and brings the state back. */
        restart: Command<'server.restart'>;
        /** scsynth's state, load and counts. */
        status: Command<'server.status'>;
    };
    session: {
        /** Does again what was taken back last. */
        redo: Command<'session.redo'>;
        /**
         * Takes back the last change of controls, or the last freeing of nodes, of this connection.
         */
        undo: Command<'session.undo'>;
    };
    stats: {
        /** The figures of stats.show as Prometheus reads them. */
        metrics: Command<'stats.metrics'>;
        /** Every figure by which Farfield can be watched. */
        show: Command<'stats.show'>;
    };
    synth: {
        /**
         * Holds a synth by this connection, in place of whichever did: it is released 10 s after
         * that has gone, unless another takes it up by then.
         */
        hold: Command<'synth.hold'>;
        /** Starts a synth; answered when scsynth has started it. */
        new: Command<'synth.new'>;
    };
    synthdef: {
        /** Uploads a .scsyndef file, which may hold several definitions. */
        add: Command<'synthdef.add'>;
        /** Renders a SynthDef once more, apart from what sounds, and tells what came of it. */
        audition: Command<'synthdef.audition'>;
        /** Removes an uploaded SynthDef; synths made of it play on. */
        delete: Command<'synthdef.delete'>;
        /** Every SynthDef with its parameters. */
        list: Command<'synthdef.list'>;
        /** Uploads a .scsyndef file with the one definition of that name. */
        put: Command<'synthdef.put'>;
        /** One SynthDef. */
        show: Command<'synthdef.show'>;
    };
    webrtc: {
        /** The client's answer to the offer. */
        answer: Command<'webrtc.answer'>;
        /** Stops listening. */
        bye: Command<'webrtc.bye'>;
        /** One of the client's ICE candidates; an empty one ends them. */
        candidate: Command<'webrtc.candidate'>;
        /** Begins to listen to a room; the result holds the server's offer. */
        listen: Command<'webrtc.listen'>;
        /**
         * Another offer for the same connection, by which it finds a new way after the client's
         * network has changed; webrtc.answer is to follow. The sound goes on meanwhile. A WebSocket
         * that was opened since may ask, too: the listener is its own from then on.
         */
        restart: Command<'webrtc.restart'>;
    };
    whep: {
        /** Stops listening. */
        end: Command<'whep.end'>;
        /**
         * Listens to a room: an SDP offer is answered by an SDP answer; or, where it has no use for
         * our audio or there is none, by 406 with our offer, which whep.patch answers.
         */
        offer: Command<'whep.offer'>;
        /**
         * Further ICE candidates of the client, or another ICE session (RFC 8840): an SDP fragment.
         * If-Match tells which session is meant. Also the answer to our offer.
         */
        patch: Command<'whep.patch'>;
        /** Whether a room can be listened to here. */
        probe: Command<'whep.probe'>;
        /** Whether this session is still there, and by ETag its ICE session. */
        show: Command<'whep.show'>;
    };
}

/** What can be subscribed to. */
export type Topic = 'nodes' | 'server' | 'meters' | 'rooms' | 'listeners' | 'synthdefs' | 'log' | 'buses' | 'buffers' | 'bundles' | 'clock' | 'scenes' | 'recordings' | 'relays' | 'history';
