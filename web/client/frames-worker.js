// SPDX-License-Identifier: GPL-3.0-or-later
// The shortest way out of WebRTC: packets as they arrive, past the browser's jitter buffer, through
// the decoder and on to the ring. Is told {input}, the ring's port; tells {captured: {position,
// time}}, Unix milliseconds by the sender's clock where it says so, {packets} and {error}.
import { OpusDecoder } from './opus.js';
import { Unwrap } from './packets.js';

const TELL = 250; // ms

let decoder = null;
let packets = 0;
let captured = null;

function tell() {
    postMessage({ packets, captured });
}

onmessage = ({ data: { input } }) => {
    decoder = new OpusDecoder(input, (error) => postMessage({ error }));
    setInterval(tell, TELL);
};

onrtctransform = ({ transformer }) => {
    const unwrap = new Unwrap();
    const write = (frame) => {
        const { captureTime, mimeType, rtpTimestamp = frame.timestamp } = frame.getMetadata();
        if (mimeType && mimeType.toLowerCase() !== 'audio/opus') {
            postMessage({ error: `the sound comes as ${mimeType}` });
            return;
        }
        const position = unwrap.next(rtpTimestamp);
        if (captureTime > 0) captured = { position, time: performance.timeOrigin + captureTime };
        decoder?.decode(position, frame.data);
        if (packets++ === 0) tell(); // somebody waits for it
    };
    transformer.readable.pipeTo(new WritableStream({ write }))
        .catch(({ message }) => postMessage({ error: message }));
};
