// SPDX-License-Identifier: GPL-3.0-or-later
// What a room's WebSocket sends: text that tells of the stream, and packets with their times.

export const PACKETS = 'farfield.audio.v1'; // subprotocol
const HEADER = 14; // bytes: sequence, time, length

// Counts on where a 32 bit number begins anew; the first number is 0.
export class Unwrap {
    #last = null;
    #count = 0;

    next(number) {
        if (this.#last !== null) this.#count += (number - this.#last) | 0;
        this.#last = number;
        return this.#count;
    }
}

export class PacketReader {
    #on;
    #metadata = null;
    #unwrap = new Unwrap();
    packets = 0;
    bytes = 0;
    lost = 0;
    captured = null; // {position, time} of the newest: Unix milliseconds by the server's clock

    // `on`: begin({codec, listener, ...}), packet(position of its first sample, bytes) and
    // end(reason), after which nothing comes.
    constructor(on) {
        this.#on = on;
    }

    // Takes a message as it came: a string, or an ArrayBuffer.
    read(data) {
        if (typeof data === 'string') this.#text(JSON.parse(data));
        else if (this.#metadata) this.#binary(data);
    }

    #text({ type, reason, packets, ...rest }) {
        if (type === 'stream_metadata' && this.#metadata) this.#on.end('another stream began');
        else if (type === 'stream_metadata') {
            this.#metadata = rest;
            this.#on.begin(rest);
        } else if (type === 'skipped') this.lost += packets;
        else if (type === 'stream_end') this.#on.end(reason);
    }

    #binary(buffer) {
        const view = new DataView(buffer);
        this.bytes += buffer.byteLength;
        for (let at = 0; at + HEADER <= buffer.byteLength;) {
            const position = this.#unwrap.next(view.getUint32(at)) * this.#metadata.samples;
            const time = Number(view.getBigUint64(at + 4)) / 1000;
            const length = view.getUint16(at + 12);
            at += HEADER;
            if (at + length > buffer.byteLength) {
                this.#on.end('a packet came in part');
                return;
            }
            this.captured = { position, time };
            this.packets++;
            this.#on.packet(position, new Uint8Array(buffer, at, length));
            at += length;
        }
    }
}

// Plain samples, 16 bits, left and right by turns, as [left, right].
export function samplesOf(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = bytes.byteLength >> 2;
    const channels = [new Float32Array(count), new Float32Array(count)];
    for (let i = 0; i < count; i++) {
        channels[0][i] = view.getInt16(4 * i, true) / 32768;
        channels[1][i] = view.getInt16(4 * i + 2, true) / 32768;
    }
    return channels;
}
