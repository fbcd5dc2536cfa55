// SPDX-License-Identifier: GPL-3.0-or-later
// What listening is like just now, in words.

const PATHS = {
    webrtc: 'WebRTC',
    websocket: 'WebSocket',
    webm: 'a WebM stream',
    pcm: 'plain samples',
};
const MODES = {
    lowest: 'lowest delay',
    balanced: 'balanced',
    safe: 'safest',
};

export function milliseconds(seconds) {
    const ms = seconds * 1000;
    return `${ms > 0 && ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

// With a real minus, as it is set in print.
export function signed(number, digits) {
    return number.toFixed(digits).replace('-', '−');
}

// "38 ms", "about 38 ms", or nothing while it is unknown.
export function delayWords(stats) {
    const { delay = null, estimated } = stats ?? {};
    if (delay === null) return '';
    return estimated ? `about ${milliseconds(delay)}` : milliseconds(delay);
}

// "By WebRTC, balanced", and why it is not what was asked for.
export function pathWords(path) {
    if (!path) return '';
    const how = `By ${PATHS[path.kind]}${path.kind === 'webm' ? '' : `, ${MODES[path.mode]}`}`;
    return path.reason ? `${how}: ${path.reason}` : how;
}

// What was lost of late, by a DelayHistory: "nothing lost in the last minute".
export function lossWords(history) {
    const { lost, bridged, seconds } = history.since(60);
    if (seconds === 0) return '';
    const when = seconds < 56 ? 'so far' : 'in the last minute';
    if (lost === 0 && bridged < 0.005) return `nothing lost ${when}`;
    const packets = lost === 1 ? '1 packet lost' : `${lost} packets lost`;
    const made = `${milliseconds(bridged)} of sound bridged`;
    if (lost === 0) return `nothing lost ${when}, ${made}`;
    return bridged < 0.005 ? `${packets} ${when}, none of it heard` : `${packets} ${when}, ${made}`;
}

// The state that a listener is in; `isSilent` says that what arrives is silence.
export function stateWords({ listening, farfield, isSilent }) {
    const { state, output } = listening;
    const { connection } = farfield;
    const isAway = connection !== 'open' && connection !== 'key';
    if (state === 'idle') return isAway ? 'The server is away' : 'Not listening';
    if (state !== 'connected' && isAway) return 'The server is away, trying again';
    if (state === 'connecting') return 'Connecting';
    if (state === 'lost') return 'Lost the sound, asking for it again';
    if (output.blocked) return 'Your browser holds the sound back';
    if (isSilent) return 'Listening, the room is silent';
    return 'Listening';
}
