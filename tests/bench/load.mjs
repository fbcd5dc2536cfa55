// SPDX-License-Identifier: GPL-3.0-or-later
// The load generator (load.c) as an object, and the servers that it listens to, which all have
// `name`, `pid`, `join(load)` that resolves with the seconds until the first packet of sound, and
// `stop()`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join as joinPath } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from '../lib/farfield.mjs';
import { mountpoint, startJanus } from '../lib/janus.mjs';
import { freeUdpPort } from '../lib/receiver.mjs';
import { waitFor, within } from '../lib/wait.mjs';

const DEADLINE = 10000;

class Load {
    next = 1;
    waiting = []; // {wants(line), take(line), fail(error)}

    constructor() {
        this.process = spawn(joinPath(build, 'bench/load'), { stdio: ['pipe', 'pipe', 'inherit'] });
        createInterface({ input: this.process.stdout }).on('line', (text) => {
            const line = JSON.parse(text);
            const at = this.waiting.findIndex(({ wants }) => wants(line));
            if (at < 0) return;
            const { take, fail } = this.waiting.splice(at, 1)[0];
            if (line.error) fail(new Error(line.error));
            else take(line);
        });
    }

    get pid() {
        return this.process.pid;
    }

    line(wants) {
        return within('the load generator', DEADLINE, new Promise((take, fail) => {
            this.waiting.push({ wants, take, fail });
        }));
    }

    say(command) {
        this.process.stdin.write(`${JSON.stringify(command)}\n`);
    }

    // A new listener with its description: an offer, or the answer to one.
    async listener(offer) {
        const id = this.next++;
        const told = this.line((line) => line.listener === id && (line.sdp || line.error));
        this.say({ join: id, offer });
        const { sdp } = await told;
        const heard = this.line((line) => line.listener === id && (line.joined || line.error));
        heard.catch(() => this.say({ leave: id }));
        return { id, sdp, heard, accept: (answer) => this.say({ accept: id, answer }) };
    }

    // What came since the last report: {hearing, packets, lost, dropped, cpu, ...}.
    async report() {
        const told = this.line((line) => line.report);
        this.say({ report: true });
        return (await told).report;
    }

    async stop() {
        this.process.stdin.end();
        await once(this.process, 'exit');
    }
}

export const startLoad = () => new Load();

// Milliseconds from `start` to the first packet of sound, as the listener's description went out.
async function joined(start, listener) {
    await listener.heard;
    return performance.now() - start;
}

export function farfieldServer(farfield) {
    return {
        name: 'Farfield',
        pid: farfield.pids.pipeline,
        async join(load) {
            const start = performance.now();
            const listener = await load.listener();
            const { status, body } = await farfield.api('POST', '/v1/rooms/main/whep',
                listener.sdp, { 'content-type': 'application/sdp' });
            if (status !== 201) throw new Error(`WHEP answered ${status}: ${JSON.stringify(body)}`);
            listener.accept(body);
            return joined(start, listener);
        },
        stop() {},
    };
}

const SOURCE = (name) => `jackaudiosrc name=${name} connect=none client-name=${name} ` +
    'buffer-time=60000 latency-time=5000';

// Connects scsynth's outputs to a program's inputs, once these are there.
function connect(farfield, name) {
    const env = { ...process.env, JACK_DEFAULT_SERVER: farfield.jackServer };
    return Promise.all([1, 2].map((channel) => waitFor('a JACK connection', async () => {
        const [code] = await once(spawn('jack_connect', ['-s', farfield.jackServer,
            `scsynth:out_${channel}`, `${name}:in_${name}_${channel}`],
        { env, stdio: 'ignore' }), 'exit');
        return code === 0;
    })));
}

// One GStreamer pipeline with a queue, a payloader and a webrtcbin for each listener (tee.c).
export async function teeServer(farfield) {
    const tee = spawn(joinPath(build, 'bench/tee'), [SOURCE('tee')],
        { stdio: ['pipe', 'pipe', 'inherit'],
            env: { ...process.env, JACK_DEFAULT_SERVER: farfield.jackServer } });
    const lines = createInterface({ input: tee.stdout })[Symbol.asyncIterator]();
    await connect(farfield, 'tee');
    return {
        name: 'tee ! queue ! webrtcbin',
        pid: tee.pid,
        async join(load) {
            const start = performance.now();
            const listener = await load.listener();
            tee.stdin.write(`${JSON.stringify(listener.sdp)}\n`);
            const { value } = await within('an answer', DEADLINE, lines.next());
            listener.accept(JSON.parse(value));
            return joined(start, listener);
        },
        async stop() {
            tee.kill();
            await once(tee, 'exit');
        },
    };
}

// Listens to the mountpoint 1 of a Janus.
export function janusListeners(janus) {
    return {
        name: 'Janus',
        pid: janus.pid,
        async join(load) {
            const start = performance.now();
            let listener;
            await janus.watch(1, async (offer) => {
                listener = await load.listener(offer);
                return listener.sdp;
            });
            return joined(start, listener);
        },
    };
}

// Janus' streaming plugin, fed with frames of 10 ms at 128 kbit/s by an encoder of its own whose
// processor time is not counted.
export async function janusServer(farfield) {
    const port = await freeUdpPort();
    const janus = await startJanus({ streaming: mountpoint(port) });
    const pipeline = `${SOURCE('feed')} ! audioconvert ! audio/x-raw,rate=48000,channels=2 ! ` +
        'opusenc audio-type=restricted-lowdelay frame-size=10 bitrate=128000 ! ' +
        `rtpopuspay pt=111 ! udpsink host=127.0.0.1 port=${port} sync=false`;
    const feed = spawn('gst-launch-1.0', ['-q', ...pipeline.split(' ')],
        { stdio: 'ignore', env: { ...process.env, JACK_DEFAULT_SERVER: farfield.jackServer } });
    await connect(farfield, 'feed');
    return {
        ...janusListeners(janus),
        async stop() {
            feed.kill();
            await once(feed, 'exit');
            await janus.stop();
        },
    };
}
