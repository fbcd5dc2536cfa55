// SPDX-License-Identifier: GPL-3.0-or-later
// A room's packets by WebSocket, straight to the ring: Opus through the browser's decoder, or plain
// samples. Is told {input, url}; tells {listener}, then {packets, bytes, lost, captured}, and
// {error}.
import { OpusDecoder } from './opus.js';
import { PacketReader, PACKETS, samplesOf } from './packets.js';

const TELL = 250; // ms

let input;
let decoder = null;

function fail(error) {
    postMessage({ error });
}

const reader = new PacketReader({
    begin({ codec, listener }) {
        if (codec === 'opus') decoder = new OpusDecoder(input, fail);
        postMessage({ listener });
    },
    packet(position, bytes) {
        if (decoder) decoder.decode(position, bytes);
        else {
            const channels = samplesOf(bytes);
            input.postMessage({ position, channels }, channels.map(({ buffer }) => buffer));
        }
        if (reader.packets === 1) tell(); // somebody waits for it
    },
    end: fail,
});

function tell() {
    const { packets, bytes, lost, captured } = reader;
    postMessage({ packets, bytes, lost, captured });
}

onmessage = ({ data }) => {
    ({ input } = data);
    const socket = new WebSocket(data.url, PACKETS);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event) => reader.read(event.data);
    socket.onclose = () => fail('the connection was lost');
    setInterval(tell, TELL);
};
