// SPDX-License-Identifier: GPL-3.0-or-later
// A listener that no one here wrote: libwebrtc (@roamhq/wrtc), which decodes and keeps the sound.
import wrtc from '@roamhq/wrtc';
import { pitch, rms } from './sound.mjs';
import { waitFor, within } from './wait.mjs';

const { RTCPeerConnection, nonstandard } = wrtc;
const KEPT = 30; // seconds of sound

// wrtc 0.10 crashes when Node takes its environment down, which process.exit() leaves out. Added
// last, so that the test runner's own handler has had its word about the exit status.
let leavesQuickly = false;
export function leaveQuickly() {
    if (leavesQuickly) return;
    leavesQuickly = true;
    process.on('exit', (code) => process.reallyExit(process.exitCode ?? code));
}

// Opus comes decoded to mono unless the listener's own description asks for stereo.
export function askForStereo(sdp) {
    const type = /a=rtpmap:(\d+) opus\/48000\/2/i.exec(sdp)?.[1];
    const line = new RegExp(`^(a=fmtp:${type} .*)$`, 'm');
    return !type || /[; ]stereo=1/.test(line.exec(sdp)?.[1] ?? '') ? sdp
        : sdp.replace(line, '$1;stereo=1');
}

class Tape {
    blocks = []; // {frames, rate, channels, samples: Int16Array}
    frames = 0; // since the start
    kept = 0;
    rate = 48000;

    add({ samples, sampleRate, channelCount, numberOfFrames }) {
        this.blocks.push({ samples: Int16Array.from(samples), channels: channelCount,
            frames: numberOfFrames });
        this.rate = sampleRate;
        this.frames += numberOfFrames;
        this.kept += numberOfFrames;
        while (this.kept > KEPT * this.rate) this.kept -= this.blocks.shift().frames;
    }

    // The last `count` frames as {rate, left, right}.
    last(count) {
        const left = new Float32Array(count);
        const right = new Float32Array(count);
        let at = count;
        for (let i = this.blocks.length - 1; i >= 0 && at > 0; i--) {
            const { samples, channels, frames } = this.blocks[i];
            for (let f = frames - 1; f >= 0 && at > 0; f--) {
                at--;
                left[at] = samples[f * channels] / 32768;
                right[at] = samples[f * channels + (channels > 1 ? 1 : 0)] / 32768;
            }
        }
        return { rate: this.rate, left, right };
    }
}

// Waits until it knows all its candidates.
export function gathered(peer) {
    return waitFor('ICE gathering', () => peer.iceGatheringState === 'complete');
}

// One attribute's value, undefined without it.
export function attribute(sdp, name) {
    return new RegExp(`^a=${name}:([^\r\n]*)`, 'm').exec(sdp)?.[1];
}

export function candidatesOf(sdp) {
    return sdp.match(/^a=candidate:[^\r\n]*/gm) ?? [];
}

// A fragment of the words and candidates in a description (RFC 8840).
export function fragmentOf(sdp) {
    return [`a=ice-ufrag:${attribute(sdp, 'ice-ufrag')}`, `a=ice-pwd:${attribute(sdp, 'ice-pwd')}`,
        'm=audio 9 UDP/TLS/RTP/SAVPF 111', `a=mid:${attribute(sdp, 'mid')}`, ...candidatesOf(sdp),
        ''].join('\r\n');
}

// A description with the words and candidates of a fragment in place of its own.
export function withFragment(sdp, fragment) {
    const changed = sdp.replace(/^a=candidate:.*\r\n/gm, '')
        .replace(/^(a=ice-(ufrag|pwd)):.*$/gm, (_, name) => `${name}:${attribute(fragment,
            name.slice(2))}`);
    return changed + candidatesOf(fragment).map((line) => `${line}\r\n`).join('');
}

// Joins by WHEP: offers.
async function joinByWhep(peer, { base, room, headers, mode }) {
    peer.addTransceiver('audio', { direction: 'recvonly' });
    const offer = await peer.createOffer();
    await peer.setLocalDescription({ type: 'offer', sdp: askForStereo(offer.sdp) });
    await gathered(peer);
    const answer = await fetch(`${base}/v1/rooms/${room}/whep${mode ? `?mode=${mode}` : ''}`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp', ...headers },
        body: askForStereo(peer.localDescription.sdp),
    });
    const sdp = await answer.text();
    if (answer.status !== 201) throw new Error(`WHEP answered ${answer.status}: ${sdp}`);
    await peer.setRemoteDescription({ type: 'answer', sdp });
    const session = new URL(answer.headers.get('location'), base).href;
    return {
        session,
        async leave() {
            const gone = await fetch(session, { method: 'DELETE', headers });
            await gone.arrayBuffer();
            return gone.status;
        },
        // By an offer that is never sent: its fragment is.
        async restart() {
            peer.restartIce();
            await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
            await gathered(peer);
            const answered = await fetch(session, {
                method: 'PATCH',
                headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*',
                    ...headers },
                body: fragmentOf(peer.localDescription.sdp),
                // A connection whose address has gone would wait for long.
                signal: AbortSignal.timeout(2000),
            });
            const fragment = await answered.text();
            if (answered.status !== 200) throw new Error(`${answered.status}: ${fragment}`);
            await peer.setRemoteDescription({ type: 'answer',
                sdp: withFragment(peer.remoteDescription.sdp, fragment) });
        },
    };
}

// Answers an offer of the server's.
async function answerByRpc(peer, rpc, { listener, sdp }) {
    await peer.setRemoteDescription({ type: 'offer', sdp });
    const answer = await peer.createAnswer();
    const stereo = askForStereo(answer.sdp);
    await peer.setLocalDescription({ type: 'answer', sdp: stereo });
    await rpc.call('webrtc.answer', { listener, sdp: stereo });
    await gathered(peer);
    for (const line of candidatesOf(peer.localDescription.sdp)) {
        await rpc.call('webrtc.candidate', { listener, candidate: line.slice(2), mline: 0 });
    }
    await rpc.call('webrtc.candidate', { listener, candidate: '', mline: 0 });
}

// Joins over the WebSocket: the server offers.
async function joinByRpc(peer, { rpc: first, room, mode }) {
    let rpc = first;
    const { listener, ...offer } = await rpc.call('webrtc.listen', { room, mode });
    const add = ({ listener: of, candidate, mline }) => {
        if (of !== listener || !candidate) return;
        peer.addIceCandidate({ candidate, sdpMLineIndex: mline ?? 0 })
            .catch(() => {}); // one that libwebrtc does not like is one candidate less
    };
    rpc.on('webrtc.candidate', add);
    await answerByRpc(peer, rpc, { listener, sdp: offer.sdp });
    for (const { params } of rpc.events.filter((e) => e.method === 'webrtc.candidate')) add(params);
    return {
        leave: () => rpc.call('webrtc.bye', { listener }),
        restart: async () => answerByRpc(peer, rpc, await rpc.call('webrtc.restart', { listener })),
        useRpc(another) {
            rpc = another;
        },
    };
}

// Options: base (http address), room, headers, mode, rpc where the WebSocket is to carry the
// signaling, ice, what RTCPeerConnection is to be told, and `join` where another server is heard:
// it negotiates with the peer that it is given, and resolves with {leave}. Resolves once connected.
export async function listen({ base, room = 'main', headers = {}, rpc = null, mode, join = null,
    timeout = 20000, ice = {} } = {}) {
    leaveQuickly();
    const peer = new RTCPeerConnection(ice);
    const tape = new Tape();
    let sink;
    peer.ontrack = ({ track }) => {
        sink = new nonstandard.RTCAudioSink(track);
        sink.ondata = (data) => tape.add(data);
    };
    const shut = () => {
        sink?.stop();
        peer.close();
    };
    let session;
    try {
        const joined = join?.(peer) ?? (rpc ? joinByRpc(peer, { rpc, room, mode })
            : joinByWhep(peer, { base, room, headers, mode }));
        session = await within('joining', timeout, joined);
        await waitFor('listener connected', () => peer.connectionState === 'connected',
            { timeout, every: 10 });
    } catch (error) {
        shut();
        throw error;
    }

    const listener = {
        peer,
        tape,
        session: session.session, // address of a WHEP session
        // Begins another ICE session and waits for nothing.
        restart: () => session.restart(),
        // Goes on with its signaling by another WebSocket.
        useRpc: (rpc_) => session.useRpc(rpc_),
        // Frames heard so far; goes on while connected, in silence too.
        get frames() {
            return tape.frames;
        },
        // {rate, left, right}: that many seconds of what arrives from now on.
        async hear(seconds = 0.5) {
            const from = tape.frames;
            const count = Math.ceil(seconds * tape.rate);
            await waitFor(`${seconds} s of sound`, () => tape.frames - from >= count,
                { timeout: 20000 + 4000 * seconds, every: 20 });
            return tape.last(count);
        },
        // The same of what has arrived already.
        heard(seconds) {
            return tape.last(Math.min(tape.kept, Math.ceil(seconds * tape.rate)));
        },
        // Waits until a half second sounds at that pitch in either channel, and returns it.
        pitched(hz, tolerance = 1, deadline = 20000) {
            return waitFor(`a pitch of ${hz} Hz`, async () => {
                const sound = await listener.hear(0.5);
                const louder = rms(sound.left) >= rms(sound.right) ? sound.left : sound.right;
                const heard = pitch(louder, sound.rate);
                // Silence has no pitch: NaN, which is neither near nor far.
                if (!(Math.abs(heard - hz) <= tolerance)) throw new Error(`heard ${heard} Hz`);
                return { ...sound, hz: heard };
            }, { timeout: deadline });
        },
        // Waits until half a second stays below `floor` (-70 dBFS).
        silent(floor = 3e-4, deadline = 20000) {
            return waitFor('silence', async () => {
                const { left, right } = await listener.hear(0.5);
                const loud = Math.max(rms(left), rms(right));
                if (loud > floor) throw new Error(`still ${loud.toFixed(5)}`);
                return true;
            }, { timeout: deadline });
        },
        // libwebrtc's own count of what came in.
        async stats() {
            const all = [...(await peer.getStats()).values()];
            const inbound = all.find((s) => s.type === 'inbound-rtp') ?? {};
            const pair = all.find((s) => s.type === 'candidate-pair' && s.nominated) ?? {};
            return { ...inbound, currentRoundTripTime: pair.currentRoundTripTime };
        },
        // Leaves in order.
        async close() {
            try {
                return await session.leave();
            } finally {
                shut();
            }
        },
        // Just vanishes.
        drop: shut,
    };
    return listener;
}
