// SPDX-License-Identifier: GPL-3.0-or-later
// Receivers of RTP: a real GStreamer that decodes it, and a socket that shows it.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { pitch } from './sound.mjs';
import { waitFor } from './wait.mjs';

const RATE = 48000;

// A UDP port that nobody holds.
export async function freeUdpPort() {
    const { socket, port } = await bindUdp();
    socket.close();
    return port;
}

// {socket, port, packets}: what comes to it.
export async function bindUdp(port = 0) {
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    const packets = [];
    socket.on('message', (packet) => packets.push(packet));
    return { socket, port: socket.address().port, packets };
}

// Hears the Opus that comes to a port; decrypts it with a `key` (base64), which wants the `ssrc`.
export function receiveRtp(port, { payload = 111, key, ssrc } = {}) {
    const media = `media=audio,encoding-name=OPUS,payload=${payload},clock-rate=${RATE}`;
    const suite = 'cipher=(string)aes-128-icm';
    const auth = 'auth=(string)hmac-sha1-80';
    const caps = key ? `application/x-srtp,${media},ssrc=(uint)${ssrc},srtp-key=(buffer)${
        Buffer.from(key, 'base64').toString('hex')},srtp-${suite},srtp-${auth},srtcp-${
        suite},srtcp-${auth}` : `application/x-rtp,${media}`;
    const program = spawn('gst-launch-1.0', ['-q', 'udpsrc', 'address=127.0.0.1', `port=${port}`,
        `caps=${caps}`, '!', ...(key ? ['srtpdec', '!'] : []), 'rtpjitterbuffer', 'latency=50', '!',
        'rtpopusdepay', '!', 'opusdec', '!', 'audioconvert', '!',
        `audio/x-raw,format=F32LE,channels=1,rate=${RATE}`, '!', 'fdsink', 'fd=1', 'sync=false'],
    { stdio: ['ignore', 'pipe', 'ignore'] });
    let heard = Buffer.alloc(0);
    program.stdout.on('data', (data) => {
        heard = Buffer.concat([heard, data]).subarray(-RATE * 4); // the last second
    });
    return {
        // Waits until half a second sounds at that pitch.
        pitched(hz, tolerance = 1) {
            return waitFor(`a pitch of ${hz} Hz by RTP`, () => {
                const frames = Math.min(RATE / 2, Math.floor(heard.length / 4));
                const bytes = heard.subarray(heard.length - 4 * frames);
                const samples = Float32Array.from({ length: frames }, (_, i) =>
                    bytes.readFloatLE(4 * i));
                if (frames < RATE / 2) throw new Error(`${frames} frames so far`);
                const found = pitch(samples, RATE);
                if (!(Math.abs(found - hz) <= tolerance)) throw new Error(`heard ${found} Hz`);
                return found;
            });
        },
        async stop() {
            program.kill('SIGKILL');
            await once(program, 'exit');
        },
    };
}
