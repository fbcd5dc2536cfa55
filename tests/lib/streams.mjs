// SPDX-License-Identifier: GPL-3.0-or-later
// Listening by the pipeline's own doors: a WebSocket client that decodes what it is sent, and
// ffmpeg for what comes by HTTP.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { OpusDecoder } from 'opus-decoder';
import WebSocket from 'ws';
import { waitFor, within } from './wait.mjs';

export const PROTOCOL = 'farfield.audio.v1';
const HEADER = 14;

// The packets of a binary message: [{sequence, time, bytes}], time in seconds of Unix time.
export function packetsOf(message) {
    const packets = [];
    for (let at = 0; at < message.length;) {
        assert.ok(at + HEADER <= message.length, 'a header is whole');
        const length = message.readUInt16BE(at + 12);
        const bytes = message.subarray(at + HEADER, at + HEADER + length);
        assert.equal(bytes.length, length, 'a packet is whole');
        packets.push({ sequence: message.readUInt32BE(at),
            time: Number(message.readBigUInt64BE(at + 4)) / 1e6, bytes });
        at += HEADER + length;
    }
    return packets;
}

async function decodeOpus(packets) {
    const decoder = new OpusDecoder({ channels: 2, preSkip: 0 });
    await decoder.ready;
    const { channelData, errors } = decoder.decodeFrames(packets.map((p) => new Uint8Array(p.bytes)));
    decoder.free();
    assert.deepEqual(errors, []);
    return { left: channelData[0], right: channelData[1] };
}

function decodeSamples(packets) {
    const all = Buffer.concat(packets.map((p) => p.bytes));
    const channel = (offset) => Float32Array.from({ length: all.length / 4 },
        (_, i) => all.readInt16LE(4 * i + offset) / 32768);
    return { left: channel(0), right: channel(2) };
}

export class StreamClient {
    texts = []; // what was said, in order
    packets = []; // of every format so far
    opened = null; // the number of packets that had come when the last metadata did
    closed = null;

    constructor(url, agent) {
        this.socket = new WebSocket(url, PROTOCOL,
            { headers: agent ? { 'user-agent': agent } : {} });
        this.socket.on('message', (data, binary) => {
            if (binary) {
                this.packets.push(...packetsOf(data));
                return;
            }
            const text = JSON.parse(data);
            this.texts.push(text);
            if (text.type === 'stream_metadata') {
                this.metadata = text;
                this.opened = this.packets.length;
            }
        });
        this.socket.on('close', (code) => { this.closed = code; });
        this.socket.on('error', () => {}); // the close that follows says it
    }

    say(message) {
        this.socket.send(typeof message === 'string' || message instanceof Uint8Array
            ? message : JSON.stringify(message));
    }

    // What was said of this type, from `since` on.
    said(type, since = 0) {
        return waitFor(`"${type}"`, () => this.texts.slice(since).find((t) => t.type === type));
    }

    // Packets that come from now on, until they last so long; of one format.
    async take(seconds) {
        const from = Math.max(this.packets.length, this.opened);
        const count = Math.ceil(seconds * 1000 / this.metadata.frame);
        await waitFor(`${count} packets`, () => this.packets.length >= from + count,
            { timeout: 30000, every: 20 });
        return this.packets.slice(from, from + count);
    }

    // The same as sound, without what a decoder makes before it is right.
    async hear(seconds) {
        const skip = this.metadata.preSkip;
        const packets = await this.take(seconds + skip / 48000);
        const sound = this.metadata.codec === 's16' ? decodeSamples(packets)
            : await decodeOpus(packets);
        return { left: sound.left.subarray(skip), right: sound.right.subarray(skip), packets };
    }

    async close() {
        this.socket.close();
        await waitFor('close', () => this.closed !== null);
    }
}

// Addresses of a room's streams.
export async function streamsOf(farfield, { room = 'main', mode } = {}) {
    const { status, body } = await farfield.api('POST', `/v1/rooms/${room}/streams`,
        mode ? { mode } : {});
    assert.equal(status, 200, JSON.stringify(body));
    return body;
}

// A client that has been told what it hears.
export async function openStream(url, agent) {
    const client = new StreamClient(url, agent);
    await within('stream_metadata', 20000, Promise.race([
        client.said('stream_metadata'),
        once(client.socket, 'close').then(([code]) => { throw new Error(`closed: ${code}`); }),
    ]));
    return client;
}

// What a handshake is refused with: {status, body}.
export async function refusalOf(url, protocol = PROTOCOL) {
    const socket = new WebSocket(url, protocol);
    const [request, response] = await within('refusal', 20000, Promise.race([
        once(socket, 'unexpected-response'),
        once(socket, 'open').then(() => { throw new Error('it was let in'); }),
    ]));
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    request.destroy();
    const text = Buffer.concat(chunks).toString();
    return { status: response.statusCode, headers: response.headers,
        body: text ? JSON.parse(text) : undefined };
}

// Runs a program to its end: {code, stdout, stderr}, stdout as bytes.
export async function run(command, args, { input, timeout = 60000 } = {}) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const out = [];
    let stderr = '';
    child.stdout.on('data', (data) => out.push(data));
    child.stderr.on('data', (data) => { stderr += data; });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    const [code] = await once(child, 'close');
    clearTimeout(timer);
    return { code, stdout: Buffer.concat(out), stderr };
}

// So many bytes or seconds of an address, as curl has them.
export async function fetchStream(url, seconds) {
    const { stdout, stderr } = await run('curl', ['-sSL', '--max-time', String(seconds), url]);
    assert.ok(stdout.length > 0, stderr);
    return stdout;
}

// What ffmpeg makes of a file's bytes, or of an address for so many seconds: {left, right}.
export async function decodeFile(bytes) {
    const { code, stdout, stderr } = await run('ffmpeg', ['-v', 'error', '-i', 'pipe:0', '-f',
        'f32le', '-ac', '2', '-ar', '48000', 'pipe:1'], { input: bytes });
    assert.equal(code, 0, stderr);
    const floats = new Float32Array(stdout.buffer.slice(stdout.byteOffset,
        stdout.byteOffset + stdout.length - stdout.length % 8));
    return { left: floats.filter((_, i) => i % 2 === 0),
        right: floats.filter((_, i) => i % 2 === 1), stderr };
}
