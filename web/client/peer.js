// SPDX-License-Identifier: GPL-3.0-or-later
// One listener by WebRTC, from the server's offer to good-bye.
//
// Events: `lost` (detail: why), after which it is of no more use.
import { tell } from './tell.js';

const EARLY = 100;

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

export class Peer extends EventTarget {
    #rpc;
    #RTCPeerConnection;
    #early = []; // candidates that came before the offer was read
    #connection = null; // from the offer on: browsers bound how many there are, whether used or not
    #closing = new AbortController();
    #restarting = false;
    listener = null; // id that the server gave

    constructor(rpc, RTCPeerConnection = globalThis.RTCPeerConnection) {
        super();
        this.#rpc = rpc;
        this.#RTCPeerConnection = RTCPeerConnection;
        const { signal } = this.#closing;
        rpc.addEventListener('notification', ({ detail }) => this.#onNotification(detail),
            { signal });
        globalThis.addEventListener?.('pagehide', () => this.close(), { signal });
    }

    // Asks for the sound; `ontrack` gets the RTCTrackEvent, and has to act on it at once.
    async join(params, ontrack) {
        const { listener, sdp, ice_servers: iceServers = [] } =
            await this.#rpc.call('webrtc.listen', params);
        this.listener = listener;
        if (this.#closing.signal.aborted) {
            this.#sayBye(); // stopped meanwhile
            throw new Error('stopped');
        }
        const connection = new this.#RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
        connection.ontrack = ontrack;
        connection.onconnectionstatechange = () => this.#onState();
        connection.onicecandidate = ({ candidate }) => this.#tell(candidate);
        this.#connection = connection;
        await this.#answer(sdp);
    }

    // Looks for another way through the network, for the same sound.
    async restart() {
        if (this.#restarting || !this.listener) return;
        this.#restarting = true;
        try {
            const { sdp } = await this.#rpc.call('webrtc.restart', { listener: this.listener });
            await this.#answer(sdp);
        } catch {
            // whoever watches the packets takes another path
        } finally {
            this.#restarting = false;
        }
    }

    async #answer(offer) {
        await this.#connection.setRemoteDescription({ type: 'offer', sdp: offer });
        for (const early of this.#early.splice(0)) this.#onNotification(early);
        const answer = await this.#connection.createAnswer();
        const sdp = askForStereo(answer.sdp);
        await this.#connection.setLocalDescription({ type: 'answer', sdp });
        await this.#rpc.call('webrtc.answer', { listener: this.listener, sdp });
    }

    get state() {
        return this.#connection?.connectionState ?? 'new';
    }

    // {inbound, pair}: of RTCStatsReport what is about this sound, each may be undefined.
    async stats() {
        const reports = [...(await this.#connection.getStats()).values()];
        return {
            inbound: reports.find((r) => r.type === 'inbound-rtp' && r.kind === 'audio'),
            pair: reports.find((r) => r.type === 'candidate-pair' && r.nominated &&
                r.state === 'succeeded'),
        };
    }

    close() {
        if (this.#closing.signal.aborted) return;
        this.#closing.abort();
        this.#sayBye();
        this.#connection?.close();
    }

    #sayBye() {
        if (!this.listener) return; // the answer to our question is on its way
        this.#rpc.call('webrtc.bye', { listener: this.listener }).catch(() => {}); // it notices
    }

    #tell(candidate) {
        this.#rpc.call('webrtc.candidate', {
            listener: this.listener,
            candidate: candidate?.candidate ?? '',
            mline: candidate?.sdpMLineIndex ?? 0,
        }).catch(() => {}); // the others may do
    }

    #onNotification(message) {
        const { method, params } = message;
        const isEarly = !this.#connection?.remoteDescription;
        if (method === 'webrtc.candidate' && isEarly && this.#early.length < EARLY) {
            this.#early.push(message); // whose it is shows when the offer is here
        } else if (params.listener !== this.listener) {
            // another path's
        } else if (method === 'webrtc.candidate') {
            const { candidate, mline = 0 } = params;
            this.#connection.addIceCandidate(candidate ? { candidate, sdpMLineIndex: mline } : null)
                .catch(() => {}); // one that this browser cannot use
        } else if (method === 'webrtc.state' && params.state === 'closed') {
            this.#lose(params.detail ?? 'the server ended it');
        }
    }

    #onState() {
        if (this.state === 'disconnected') this.restart();
        if (this.state === 'failed' || this.state === 'closed') this.#lose('the connection failed');
    }

    #lose(reason) {
        tell(this, 'lost', reason);
    }
}
