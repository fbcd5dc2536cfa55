// SPDX-License-Identifier: GPL-3.0-or-later
// A real Janus (Debian's package) with its streaming plugin, and its HTTP API.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './farfield.mjs';
import { askForStereo } from './listener.mjs';
import { waitFor, within } from './wait.mjs';

const DEADLINE = 20000;
const started = new Set();
process.on('exit', () => {
    for (const janus of started) janus.drop();
});

// One mountpoint that plays what comes as RTP; `port` is where.
export function mountpoint(port, more = '') {
    return `farfield: {
    type = "rtp"
    id = 1
    media = ({
        type = "audio"
        mid = "a"
        port = ${port}
        pt = 111
        codec = "opus"
        fmtp = "stereo=1;sprop-stereo=1"
        ${more}
    })
}
`;
}

class Janus {
    constructor(port, { streaming, general = '' }) {
        this.base = `http://127.0.0.1:${port}/janus`;
        this.events = [];
        this.folder = mkdtempSync(join(tmpdir(), 'farfield-janus-'));
        const file = (name, text) => writeFileSync(join(this.folder, name), text);
        file('janus.jcfg', `general: { debug_level = 2, session_timeout = 0, ${general} }
transports: { disable = "libjanus_pfunix.so,libjanus_websockets.so,libjanus_rabbitmq.so,libjanus_mqtt.so,libjanus_nanomsg.so" }
`);
        file('janus.transport.http.jcfg',
            `general: { http = true, ip = "127.0.0.1", port = ${port}, json = "compact" }\n`);
        file('janus.plugin.streaming.jcfg', streaming);
        this.process = spawn('janus', ['-F', this.folder, '-o'], { stdio: 'ignore' });
        this.exited = once(this.process, 'exit');
        started.add(this);
    }

    get pid() {
        return this.process.pid;
    }

    async ask(path, request) {
        const response = await fetch(`${this.base}${path}`, request && {
            method: 'POST',
            body: JSON.stringify({ transaction: Math.random().toString(36), ...request }),
        });
        const answer = await response.json();
        if (answer.janus === 'error') throw new Error(`Janus: ${answer.error.reason}`);
        return answer;
    }

    async open() {
        this.session = `/${(await this.ask('', { janus: 'create' })).data.id}`;
    }

    // The next event of a handle that has a description or an error.
    async event(handle) {
        for (;;) {
            const event = await within('an event of Janus', DEADLINE,
                this.ask(`${this.session}?maxev=1`));
            const error = event.plugindata?.data?.error;
            if (event.sender === handle && error) throw new Error(`Janus: ${error}`);
            if (event.sender === handle && event.jsep) return event;
        }
    }

    // Joins a mountpoint. `answer` makes the answer to Janus' offer.
    async watch(id, answer) {
        const handle = (await this.ask(this.session,
            { janus: 'attach', plugin: 'janus.plugin.streaming' })).data.id;
        const path = `${this.session}/${handle}`;
        await this.ask(path, { janus: 'message', body: { request: 'watch', id } });
        const { jsep } = await this.event(handle);
        await this.ask(path, { janus: 'message', body: { request: 'start' },
            jsep: { type: 'answer', sdp: await answer(jsep.sdp) } });
        return () => this.ask(path, { janus: 'detach' });
    }

    // For listen({ join }): hears a mountpoint by libwebrtc.
    joinWith(id) {
        return async (peer) => ({ leave: await this.watch(id, async (offer) => {
            await peer.setRemoteDescription({ type: 'offer', sdp: offer });
            const { sdp } = await peer.createAnswer();
            await peer.setLocalDescription({ type: 'answer', sdp: askForStereo(sdp) });
            await waitFor('ICE gathering', () => peer.iceGatheringState === 'complete');
            return askForStereo(peer.localDescription.sdp);
        }) });
    }

    drop() {
        started.delete(this);
        this.process.kill('SIGKILL');
        rmSync(this.folder, { recursive: true, force: true });
    }

    async stop() {
        this.drop();
        await this.exited;
    }
}

// Options: `streaming`, the text of janus.plugin.streaming.jcfg; `general`, further settings.
export async function startJanus(options) {
    const janus = new Janus(await freePort(), options);
    await waitFor('Janus', () => janus.ask('/info').catch(() => {
        if (janus.process.exitCode !== null) throw new Error('Janus ended by itself');
        return false;
    }), { timeout: DEADLINE });
    await janus.open();
    return janus;
}
