// SPDX-License-Identifier: GPL-3.0-or-later
// A room's packets by WebSocket, straight to the ring: Opus through the browser's decoder, or plain
// samples. Is told {input, url}; tells {listener}, then {packets, bytes, lost, captured} and {error}.
import { OpusDecoder, Unwrap } from './opus.js';

const PROTOCOL = 'farfield.audio.v1';
const HEADER = 14; // bytes: sequence, time, length
const TELL = 250; // ms

let input;
let metadata = null;
let decoder = null;
let packets = 0;
let bytes = 0;
let skipped = 0;
let captured = null;
const unwrap = new Unwrap();

function tell() {
    postMessage({ packets, bytes, lost: skipped, captured });
}

function fail(error) {
    postMessage({ error });
}

function onText({ type, reason, packets: count, ...rest }) {
    if (type === 'stream_metadata' && metadata) fail('another stream began');
    else if (type === 'stream_metadata') {
        metadata = rest;
        if (rest.codec === 'opus') decoder = new OpusDecoder(input, fail);
        postMessage({ listener: rest.listener });
    } else if (type === 'skipped') skipped += count;
    else if (type === 'stream_end') fail(reason);
}

// 16 bits, left and right by turns, for the ring.
function deliverSamples(position, view, at, length) {
    const count = length >> 2;
    const channels = [new Float32Array(count), new Float32Array(count)];
    for (let i = 0; i < count; i++) {
        channels[0][i] = view.getInt16(at + 4 * i, true) / 32768;
        channels[1][i] = view.getInt16(at + 4 * i + 2, true) / 32768;
    }
    input.postMessage({ position, channels }, channels.map(({ buffer }) => buffer));
}

function onPackets(buffer) {
    bytes += buffer.byteLength;
    const view = new DataView(buffer);
    for (let at = 0; at + HEADER <= buffer.byteLength;) {
        const position = unwrap.next(view.getUint32(at)) * metadata.samples;
        const time = Number(view.getBigUint64(at + 4)) / 1000;
        const length = view.getUint16(at + 12);
        at += HEADER;
        if (at + length > buffer.byteLength) return fail('a packet came in part');
        if (decoder) decoder.decode(position, new Uint8Array(buffer, at, length));
        else deliverSamples(position, view, at, length);
        captured = { position, time };
        at += length;
        if (packets++ === 0) tell(); // somebody waits for it
    }
    return undefined;
}

onmessage = ({ data }) => {
    ({ input } = data);
    const socket = new WebSocket(data.url, PROTOCOL);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event) => {
        if (typeof event.data === 'string') onText(JSON.parse(event.data));
        else if (metadata) onPackets(event.data);
    };
    socket.onclose = () => fail('the connection was lost');
    setInterval(tell, TELL);
};
