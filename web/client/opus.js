// SPDX-License-Identifier: GPL-3.0-or-later
// Opus packets to a ring's port, by the browser's own decoder. Made for a worker.

const QUEUE = 50; // packets that may wait for the decoder

export class OpusDecoder {
    #decoder;
    #port;
    // Of the packets that are being decoded, in order. The decoder's own timestamps go on from one
    // packet to the next as if none had been lost between them.
    #positions = [];

    // `onerror` gets the reason for which nothing more will come.
    constructor(port, onerror) {
        this.#port = port;
        this.#decoder = new AudioDecoder({
            output: (data) => this.#deliver(data),
            error: ({ message }) => onerror(message),
        });
        this.#decoder.configure({ codec: 'opus', sampleRate: 48000, numberOfChannels: 2 });
    }

    // A packet whose first sample has this position; false where the decoder does not keep up.
    decode(position, data) {
        if (this.#decoder.state !== 'configured' || this.#decoder.decodeQueueSize > QUEUE) return false;
        this.#positions.push(position);
        this.#decoder.decode(new EncodedAudioChunk({
            type: 'key',
            timestamp: Math.round((position * 1000) / 48),
            data,
        }));
        return true;
    }

    #deliver(data) {
        const channels = [];
        for (let i = 0; i < Math.min(2, data.numberOfChannels); i++) {
            const plane = new Float32Array(data.numberOfFrames);
            data.copyTo(plane, { planeIndex: i, format: 'f32-planar' });
            channels.push(plane);
        }
        const position = this.#positions.shift();
        data.close();
        this.#port.postMessage({ position, channels }, channels.map(({ buffer }) => buffer));
    }
}
