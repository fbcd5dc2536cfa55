// SPDX-License-Identifier: GPL-3.0-or-later
// Hearing a room by WebRTC. The server offers, over the WebSocket; the sound then needs no
// WebSocket: it goes on when that is lost, and is asked for anew only when the sound itself stops.
//
// Events: `state` (detail: "idle", "connecting", "connected" or "lost"), `stream` (detail: a
// MediaStream) and `stats` (detail: {roundTrip: seconds or null, lost: packets, jitter: seconds}).

const CONNECT_TIMEOUT = 15000; // ms
const STALL = 3000; // ms without a packet
const RETRY = [0, 500, 1000, 2000]; // ms

// The sound plays as mono unless the browser's own description asks for both channels.
export function askForStereo(sdp) {
    const type = /^a=rtpmap:(\d+) opus\/48000\/2/im.exec(sdp)?.[1];
    if (!type) return sdp;
    const fmtp = new RegExp(`^a=fmtp:${type} (.*)$`, 'm');
    if (!fmtp.test(sdp)) {
        return sdp.replace(new RegExp(`^(a=rtpmap:${type} .*)$`, 'm'),
            `$1\r\na=fmtp:${type} stereo=1`);
    }
    return sdp.replace(fmtp, (line, settings) =>
        (/(^|;)\s*stereo=1/.test(settings) ? line : `${line};stereo=1`));
}

export class Listening extends EventTarget {
    #rpc;
    #room;
    #peer = null;
    #listener = null; // id that the server gave
    #early = new Map(); // listener -> candidates that came before its offer was read
    #wanted = false;
    #failures = 0;
    #timer = 0;
    #since = 0; // when the present attempt began
    #packets = 0;
    #packetsAt = 0;
    state = 'idle';

    constructor(rpc, room = 'main') {
        super();
        this.#rpc = rpc;
        this.#room = room;
        rpc.addEventListener('notification', ({ detail }) => this.#onNotification(detail));
        rpc.addEventListener('state', ({ detail }) => {
            if (detail === 'open' && this.#wanted && !this.#peer) this.#join();
        });
        addEventListener('pagehide', () => this.#sayBye());
        setInterval(() => this.#watch(), 1000);
    }

    start() {
        if (this.#wanted) return;
        this.#wanted = true;
        this.#failures = 0;
        this.#setState('connecting');
        this.#join();
    }

    stop() {
        this.#wanted = false;
        this.#drop();
        this.#setState('idle');
    }

    async #join() {
        clearTimeout(this.#timer);
        this.#timer = 0;
        if (this.#rpc.state !== 'open') return; // its opening calls again
        const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
        this.#peer = peer;
        this.#since = this.#packetsAt = performance.now();
        this.#packets = 0;
        try {
            const { listener, sdp, ice_servers: iceServers = [] } =
                await this.#rpc.call('webrtc.listen', { room: this.#room });
            if (peer !== this.#peer) {
                this.#rpc.call('webrtc.bye', { listener }).catch(() => {}); // stopped meanwhile
                return;
            }
            this.#listener = listener;
            peer.setConfiguration({ iceServers, bundlePolicy: 'max-bundle' });
            await this.#answer(peer, listener, sdp);
        } catch (error) {
            if (peer === this.#peer) this.#lose(error);
        }
    }

    async #answer(peer, listener, sdp) {
        peer.onicecandidate = ({ candidate }) => {
            this.#rpc.call('webrtc.candidate', {
                listener,
                candidate: candidate?.candidate ?? '',
                mline: candidate?.sdpMLineIndex ?? 0,
            }).catch(() => {}); // the others may do
        };
        peer.onconnectionstatechange = () => this.#onPeerState(peer);
        peer.ontrack = ({ track, receiver }) => {
            // As little delay as the network allows; music needs no more.
            if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
            this.dispatchEvent(new CustomEvent('stream', { detail: new MediaStream([track]) }));
        };
        await peer.setRemoteDescription({ type: 'offer', sdp });
        for (const early of this.#early.get(listener) ?? []) this.#addCandidate(peer, early);
        this.#early.clear();
        const answer = await peer.createAnswer();
        const stereo = askForStereo(answer.sdp);
        await peer.setLocalDescription({ type: 'answer', sdp: stereo });
        await this.#rpc.call('webrtc.answer', { listener, sdp: stereo });
    }

    #addCandidate(peer, { candidate, mline }) {
        peer.addIceCandidate(candidate ? { candidate, sdpMLineIndex: mline ?? 0 } : null)
            .catch(() => {}); // one that this browser cannot use
    }

    #onNotification({ method, params }) {
        if (method === 'webrtc.candidate') {
            const known = params.listener === this.#listener && this.#peer?.remoteDescription;
            if (known) this.#addCandidate(this.#peer, params);
            else if (this.#peer) {
                const early = this.#early.get(params.listener) ?? [];
                this.#early.set(params.listener, [...early, params]);
            }
        } else if (method === 'webrtc.state' && params.listener === this.#listener &&
            params.state === 'closed' && this.#wanted) {
            this.#lose(new Error(params.detail ?? 'the server ended it'));
        }
    }

    #onPeerState(peer) {
        if (peer !== this.#peer) return;
        if (peer.connectionState === 'connected') {
            this.#failures = 0;
            this.#packetsAt = performance.now();
            this.#setState('connected');
        } else if (peer.connectionState === 'failed' || peer.connectionState === 'closed') {
            this.#lose(new Error('the connection failed'));
        }
    }

    // Begins anew, after a while that grows with each failure in a row.
    #lose(error) {
        this.error = error.message;
        this.#drop();
        if (!this.#wanted) return;
        this.#setState('lost');
        const wait = RETRY[Math.min(this.#failures++, RETRY.length - 1)];
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#wanted && this.#join(), wait);
    }

    #sayBye() {
        if (!this.#listener) return;
        this.#rpc.call('webrtc.bye', { listener: this.#listener }).catch(() => {}); // it notices
        this.#listener = null;
    }

    #drop() {
        clearTimeout(this.#timer);
        this.#timer = 0;
        this.#sayBye();
        this.#early.clear();
        const peer = this.#peer;
        this.#peer = null;
        peer?.close();
    }

    async #watch() {
        const peer = this.#peer;
        if (!peer) return;
        const now = performance.now();
        if (peer.connectionState !== 'connected') {
            const left = peer.connectionState === 'disconnected' ? this.#packetsAt + STALL
                : this.#since + CONNECT_TIMEOUT;
            if (now > left) this.#lose(new Error('no connection'));
            return;
        }
        const reports = [...(await peer.getStats()).values()];
        if (peer !== this.#peer) return;
        const inbound = reports.find((r) => r.type === 'inbound-rtp' && r.kind === 'audio');
        const pair = reports.find((r) => r.type === 'candidate-pair' && r.nominated &&
            r.state === 'succeeded');
        if (inbound && inbound.packetsReceived > this.#packets) {
            this.#packets = inbound.packetsReceived;
            this.#packetsAt = now;
        } else if (now > this.#packetsAt + STALL) {
            this.#lose(new Error('no sound arrives'));
            return;
        }
        this.dispatchEvent(new CustomEvent('stats', {
            detail: {
                roundTrip: pair?.currentRoundTripTime ?? null,
                lost: inbound?.packetsLost ?? 0,
                jitter: inbound?.jitter ?? 0,
            },
        }));
    }

    #setState(state) {
        if (state === this.state) return;
        this.state = state;
        this.dispatchEvent(new CustomEvent('state', { detail: state }));
    }
}
