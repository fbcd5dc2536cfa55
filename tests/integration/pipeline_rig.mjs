// SPDX-License-Identifier: GPL-3.0-or-later
// farfield-pipeline between a real JACK server with a real scsynth, and a controller played by the
// test: its end of the link, with as much of WHEP and of the WebSocket in front as lib/listener.mjs
// needs to join.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import wrtc from '@roamhq/wrtc';
import { WebSocketServer } from 'ws';
import { askForStereo } from '../lib/listener.mjs';
import { isAlive } from '../lib/processes.mjs';
import { SANITIZER } from '../lib/sanitizer.mjs';
import { waitFor } from '../lib/wait.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../../..');
export const build = resolve(root, process.env.BUILD ?? 'build/asan');
const TOKEN = 'a token of the test';
const children = new Set();
const names = []; // of JACK servers

// What a jackd that was killed leaves behind.
function forgetJack(server) {
    for (const name of readdirSync('/dev/shm')) {
        if (name.startsWith('jack') && name.includes(server)) rmSync(`/dev/shm/${name}`);
    }
}

// A test that is ended from outside takes its programs along. And libwebrtc crashes when Node takes
// its objects apart at the end, so that part is left out.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
process.on('exit', (code) => {
    for (const child of children) child.kill('SIGKILL');
    for (const name of names) forgetJack(name);
    process.reallyExit(code);
});

class Child {
    output = '';

    constructor(command, args, env) {
        this.process = spawn(command, args, { env: { ...process.env, ...env },
            stdio: ['ignore', 'pipe', 'pipe'] });
        this.pid = this.process.pid;
        children.add(this);
        this.ended = once(this.process, 'exit').then(([code, signal]) => {
            children.delete(this);
            return { code, signal };
        });
        for (const stream of [this.process.stdout, this.process.stderr]) {
            stream.on('data', (data) => {
                this.output += data;
                if (process.env.TEST_LOG) process.stderr.write(data);
            });
        }
    }

    said(text) {
        return waitFor(`"${text}" of ${this.process.spawnfile}`, () => this.output.includes(text));
    }

    kill(signal = 'SIGTERM') {
        if (isAlive(this.pid)) this.process.kill(signal);
        return this.ended;
    }

    // Ends it, by force when it does not go by itself; resolves to {code, signal}.
    async stop(patience = 5000) {
        const force = setTimeout(() => this.kill('SIGKILL'), patience);
        const end = await this.kill('SIGTERM');
        clearTimeout(force);
        return end;
    }
}

// --- OSC and SynthDefs, as little as it takes -------------------------------------------------

function oscText(text) {
    const bytes = Buffer.from(`${text}\0`);
    return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

// Integers go as i, other numbers as f (pass {float: 1} for a whole one), buffers as b.
function oscMessage(address, ...args) {
    const tags = [];
    const parts = [];
    for (const arg of args) {
        const number = Buffer.alloc(4);
        if (Buffer.isBuffer(arg)) {
            number.writeInt32BE(arg.length);
            tags.push('b');
            parts.push(number, arg, Buffer.alloc((4 - (arg.length % 4)) % 4));
        } else if (typeof arg === 'string') {
            tags.push('s');
            parts.push(oscText(arg));
        } else if (Number.isInteger(arg)) {
            number.writeInt32BE(arg);
            tags.push('i');
            parts.push(number);
        } else {
            number.writeFloatBE(arg.float ?? arg);
            tags.push('f');
            parts.push(number);
        }
    }
    return Buffer.concat([oscText(address), oscText(`,${tags.join('')}`), ...parts]);
}

function pstring(text) {
    return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
}

function i32(...values) {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => bytes.writeInt32BE(value, 4 * i));
    return bytes;
}

function f32(...values) {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => bytes.writeFloatBE(value, 4 * i));
    return bytes;
}

// SCgf version 2. `ugens`: [class, rate, inputs, outputs], an input being a constant's number or
// [ugen, output]; the first ugen is a Control of `controls`, when there are any.
function synthdef(name, constants, controls, ugens) {
    const names = Object.keys(controls);
    const all = names.length ? [['Control', 1, [], names.length], ...ugens] : ugens;
    const one = ([kind, rate, inputs, outputs]) => Buffer.concat([pstring(kind),
        Buffer.from([rate]), i32(inputs.length, outputs), Buffer.from([0, kind === 'BinaryOpUGen'
            ? 2 : 0]), // 2 multiplies
        ...inputs.map((input) => (Array.isArray(input) ? i32(...input) : i32(-1, input))),
        Buffer.alloc(outputs, rate)]);
    return Buffer.concat([Buffer.from('SCgf'), i32(2), Buffer.from([0, 1]), pstring(name),
        i32(constants.length), f32(...constants), i32(names.length),
        f32(...Object.values(controls)), i32(names.length),
        ...names.map((control, i) => Buffer.concat([pstring(control), i32(i)])),
        i32(all.length), ...all.map(one), Buffer.from([0, 0])]);
}

const SYNTHDEFS = {
    // A sine on bus `out` alone.
    tone: synthdef('tone', [0], { freq: 440, amp: 0.25, out: 0 }, [
        ['SinOsc', 2, [[0, 0], 0], 1],
        ['BinaryOpUGen', 2, [[1, 0], [0, 1]], 1],
        ['Out', 2, [[0, 2], [2, 0]], 0]]),
    // One sample of 0.9 in both channels, then nothing.
    click: synthdef('click', [0, 0.9], {}, [
        ['Impulse', 2, [0, 0], 1],
        ['BinaryOpUGen', 2, [[0, 0], 1], 1],
        ['Out', 2, [0, [1, 0], [1, 0]], 0]]),
    // What no one wants to hear: NaN on the left, 1e30 on the right.
    broken: synthdef('broken', [0, NaN, 1e30], {}, [
        ['DC', 2, [1], 1],
        ['DC', 2, [2], 1],
        ['Out', 2, [0, [0, 0], [1, 0]], 0]]),
};

class Scsynth {
    constructor(child, port) {
        this.child = child;
        this.port = port;
        this.socket = dgram.createSocket('udp4').unref();
        this.replies = [];
        this.socket.on('message', (data) => this.replies.push(data.toString('latin1')));
    }

    send(address, ...args) {
        this.socket.send(oscMessage(address, ...args), this.port, '127.0.0.1');
    }

    async load() {
        await waitFor('scsynth', () => {
            this.send('/status');
            return this.replies.some((reply) => reply.startsWith('/status.reply'));
        });
        for (const bytes of Object.values(SYNTHDEFS)) this.send('/d_recv', bytes);
        await waitFor('the SynthDefs', () => this.replies.filter((reply) =>
            reply.startsWith('/done') && reply.includes('/d_recv')).length >= 3);
    }

    // Plays `name` as node `id`.
    play(name, id, controls = {}) {
        this.send('/s_new', name, id, 0, 0, ...Object.entries(controls).flatMap(([key, value]) =>
            [key, { float: value }]));
    }

    set(id, key, value) {
        this.send('/n_set', id, key, { float: value });
    }

    free(id) {
        this.send('/n_free', id);
    }

    // A signal would leave its shared memory behind.
    async quit() {
        if (isAlive(this.child.pid)) this.send('/quit');
        await Promise.race([this.child.ended, sleep(3000)]);
        await this.child.stop();
        this.socket.close();
        rmSync(`/dev/shm/SuperColliderServer_${this.port}`, { force: true });
    }
}

function freeUdpPort() {
    return new Promise((done) => {
        const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1', () => {
            const { port } = socket.address();
            socket.close(() => done(port));
        });
    });
}

// --- the controller -------------------------------------------------------------------------

class Controller {
    messages = []; // from the pipeline, all, in order
    connections = 0;
    next = 1;
    handlers = [];
    refuse = false; // new connections

    async open() {
        this.server = http.createServer((request, response) => this.onRequest(request, response));
        const sockets = new WebSocketServer({ noServer: true,
            handleProtocols: (names) => names.has('farfield.link.v1') && 'farfield.link.v1' });
        this.server.on('upgrade', (request, socket, head) => {
            if (this.refuse || request.headers.authorization !== `Bearer ${TOKEN}`) {
                socket.destroy();
                return;
            }
            sockets.handleUpgrade(request, socket, head, (link) => this.onLink(link));
        });
        this.server.listen(0, '127.0.0.1');
        await once(this.server, 'listening');
        this.base = `http://127.0.0.1:${this.server.address().port}`;
        this.url = `ws://127.0.0.1:${this.server.address().port}/link`;
    }

    onLink(link) {
        this.link = link;
        this.connections++;
        link.on('message', (data) => {
            const message = JSON.parse(data);
            this.messages.push(message);
            for (const handler of [...this.handlers]) handler(message);
        });
        link.on('close', () => { if (this.link === link) this.link = null; });
    }

    send(message) {
        this.link.send(JSON.stringify(message));
    }

    hello(rooms = [{ room: 'main', sources: ['scsynth:out_1', 'scsynth:out_2'] }]) {
        const encoding = { bitrate: 128000, complexity: 9 };
        this.send({ type: 'controller.hello',
            rooms: rooms.map((room) => ({ ...encoding, ...room })) });
    }

    // The first message that fits from now on.
    receive(fits, timeout = 20000) {
        return new Promise((done, fail) => {
            const end = (outcome, value) => {
                clearTimeout(timer);
                this.handlers.splice(this.handlers.indexOf(handler), 1);
                outcome(value);
            };
            const handler = (message) => { if (fits(message)) end(done, message); };
            const timer = setTimeout(() => end(fail, new Error(`no message that fits ${fits}`)),
                timeout);
            this.handlers.push(handler);
        });
    }

    last(type) {
        return this.messages.findLast((message) => message.type === type);
    }

    // The listeners that the pipeline has spoken of and not closed.
    present() {
        const found = new Set();
        for (const { type, listener, listeners, state } of this.messages) {
            if (type === 'pipeline.hello') {
                found.clear();
                for (const entry of listeners) found.add(entry.listener);
            } else if (type === 'refused' || state === 'closed') found.delete(listener);
            else if (type === 'offer' || type === 'answer') found.add(listener);
        }
        return [...found];
    }

    // Asks for a listener, and resolves to its offer, answer or refusal.
    async listen({ id = `l${this.next++}`, room = 'main', sdp } = {}) {
        const reply = this.receive((message) => message.listener === id &&
            ['offer', 'answer', 'refused'].includes(message.type));
        this.send({ type: 'listen', listener: id, room, ...(sdp === undefined ? {} : { sdp }) });
        return reply;
    }

    async onRequest(request, response) {
        const [, , , room, , id] = request.url.split('/');
        if (!this.link) {
            response.writeHead(503).end();
            return;
        }
        if (request.method === 'DELETE') {
            this.send({ type: 'close', listener: id });
            response.writeHead(200).end();
            return;
        }
        let sdp = '';
        for await (const piece of request) sdp += piece;
        const reply = await this.listen({ room, sdp });
        if (reply.type === 'answer') {
            response.writeHead(201, { location: `/v1/rooms/${room}/whep/${reply.listener}` });
            response.end(reply.sdp);
        } else {
            response.writeHead(reply.status).end(reply.detail);
        }
    }

    // What lib/listener.mjs takes for the WebSocket of a controller.
    get rpc() {
        const events = [];
        return {
            events,
            on: (method, callback) => this.handlers.push((message) => {
                if (message.type === 'candidate') callback(message);
            }),
            call: async (method, params) => {
                if (method === 'webrtc.listen') return this.listen(params);
                const type = { 'webrtc.answer': 'answer', 'webrtc.candidate': 'candidate',
                    'webrtc.bye': 'close' }[method];
                this.send({ type, ...params });
                return {};
            },
        };
    }

    close() {
        this.link?.terminate();
        this.server.close();
    }
}

// A peer that wants to hear, and its offer, without candidates.
export async function newPeer(kinds = ['audio']) {
    const peer = new wrtc.RTCPeerConnection();
    for (const kind of kinds) peer.addTransceiver(kind, { direction: 'recvonly' });
    const { sdp } = await peer.createOffer();
    const offer = askForStereo(sdp);
    await peer.setLocalDescription({ type: 'offer', sdp: offer });
    return { peer, offer };
}

// --- the rig --------------------------------------------------------------------------------

export class Rig {
    // Options: period, rate, settings (an environment for the pipeline), scsynth: false, jack: false.
    static async start(options = {}) {
        const rig = new Rig();
        rig.options = options;
        rig.name = `farfield-rig-${process.pid}-${names.length}`;
        names.push(rig.name);
        rig.env = { JACK_DEFAULT_SERVER: rig.name, JACK_NO_AUDIO_RESERVATION: '1' };
        rig.controller = new Controller();
        try {
            await rig.controller.open();
            if (options.jack !== false) await rig.startJack();
            if (options.scsynth !== false && options.jack !== false) await rig.startScsynth();
            await rig.startPipeline();
        } catch (error) {
            await rig.stop();
            throw error;
        }
        return rig;
    }

    async startJack() {
        const { rate = 48000, period = 128 } = this.options;
        this.jack = new Child('jackd', ['--no-realtime', '-n', this.name, '-d', 'dummy',
            '-r', String(rate), '-p', String(period), '-C', '2', '-P', '2'], this.env);
        const lists = async () => {
            const list = new Child('jack_lsp', ['-s', this.name], this.env);
            return (await list.ended).code === 0;
        };
        await waitFor('jackd', lists, { every: 100 });
    }

    forgetJack() {
        forgetJack(this.name);
    }

    async startScsynth() {
        const port = await freeUdpPort();
        const child = new Child('scsynth', ['-u', String(port), '-B', '127.0.0.1', '-i', '2',
            '-o', '2', '-D', '0', '-R', '0', '-l', '4', '-V', '0', '-H', `${this.name}:scsynth`],
        { ...this.env, SC_JACK_DEFAULT_INPUTS: '', SC_JACK_DEFAULT_OUTPUTS: '' });
        this.scsynth = new Scsynth(child, port);
        await this.scsynth.load();
    }

    async startPipeline() {
        this.pipeline = new Child(`${build}/farfield-pipeline`, [], {
            ...this.env,
            FARFIELD_LINK_URL: this.controller.url,
            FARFIELD_LINK_TOKEN: TOKEN,
            FARFIELD_JACK_SERVER: this.name,
            ...this.options.settings,
        });
        await waitFor('the pipeline', () => this.controller.last('pipeline.hello') &&
            isAlive(this.pipeline.pid));
    }

    // Resolves once both channels are connected, or as many as given.
    captured(connected = 2) {
        return waitFor(`${connected} connected sources`, () => {
            const capture = this.controller.last('capture')?.capture;
            if (capture?.connected === connected) return true;
            const said = [this.pipeline, this.jack, this.scsynth?.child].map((child) =>
                child?.output.slice(-1500));
            throw new Error([JSON.stringify(capture), ...said].join('\n'));
        });
    }

    // Ends everything; resolves to how the pipeline ended. Fails on a sanitizer's report.
    async stop() {
        const end = await this.pipeline?.stop();
        await this.scsynth?.quit();
        await this.jack?.stop(3000);
        this.forgetJack();
        this.controller.close();
        if (this.pipeline && SANITIZER.test(this.pipeline.output)) {
            throw new Error(this.pipeline.output);
        }
        return end;
    }
}
