// SPDX-License-Identifier: GPL-3.0-or-later
// STUN and TURN by a real coturn: listeners who get through by relay alone, ours and theirs, with
// passwords that Farfield makes for each of them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import wrtc from '@roamhq/wrtc';
import { Far, cannotGoFar } from '../lib/far.mjs';
import { freePort, startFarfield } from '../lib/farfield.mjs';
import { candidatesOf } from '../lib/listener.mjs';
import { waitFor } from '../lib/wait.mjs';

const WHEP = '/v1/rooms/main/whep';
const SDP = { 'content-type': 'application/sdp' };
const SECRET = 'known to both';
// libwebrtc does not gather on the loopback where there is anything else.
const address = Object.values(networkInterfaces()).flat()
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

class Coturn {
    output = '';

    // Where it listens and what addresses its relays have; `run` is spawn() or does as it.
    constructor({ listening = address, relay = address, run = spawn } = {}) {
        Object.assign(this, { listening, relay, run });
    }

    async start(...options) {
        this.port = await freePort();
        this.folder = mkdtempSync(join(tmpdir(), 'farfield-turn-'));
        const low = 33000 + Math.floor(Math.random() * 16000);
        this.child = this.run('turnserver', ['-n', '--no-cli', '--no-tls', '--no-dtls',
            '--realm=farfield', `--listening-ip=${this.listening}`, `--relay-ip=${this.relay}`,
            `--listening-port=${this.port}`,
            `--min-port=${low}`, `--max-port=${low + 200}`, '--allow-loopback-peers',
            `--pidfile=${this.folder}/pid`, `--userdb=${this.folder}/db`, '--log-file=stdout',
            '--verbose', '--fingerprint', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
        for (const stream of [this.child.stdout, this.child.stderr]) {
            stream.on('data', (data) => { this.output += data; });
        }
        await waitFor('coturn', () => /UDP listener opened|Total General servers/.test(this.output));
        return this;
    }

    stop() {
        this.child?.kill('SIGKILL');
        if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    }
}

process.on('exit', () => turn?.stop());

let farfield;
let turn;

before(async () => {
    turn = await new Coturn().start('--use-auth-secret', `--static-auth-secret=${SECRET}`);
    farfield = await startFarfield({ settings: { 'turn-secret': SECRET,
        'ice-servers': `stun:${address}:${turn.port} turn:${address}:${turn.port}?transport=udp` } });
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
});

after(async () => {
    turn?.stop();
    await farfield?.stop();
});

// What RTCPeerConnection makes of the Link headers.
function serversOf(link) {
    return link.split(/, (?=<)/).map((text) => {
        const field = (name) => new RegExp(`${name}="([^"]*)"`).exec(text)?.[1];
        return { urls: /<(.*)>/.exec(text)[1], username: field('username'),
            credential: field('credential') };
    });
}

// A session that is made to ask for the servers.
async function servers() {
    const { headers } = await farfield.api('POST', WHEP, '', SDP);
    await farfield.api('DELETE', headers.get('location'));
    return serversOf(headers.get('link'));
}

async function kindsOf(peer) {
    const all = await peer.getStats();
    const transport = [...all.values()].find(({ type }) => type === 'transport');
    const used = all.get(transport.selectedCandidatePairId);
    return [used.localCandidateId, used.remoteCandidateId].map((id) => all.get(id));
}

test('each listener is given a TURN password of its own, which ends', async () => {
    const [stun, relay] = await servers();
    assert.equal(stun.urls, `stun:${address}:${turn.port}`);
    assert.equal(stun.username, undefined);
    const ends = Number(relay.username) - Date.now() / 1000;
    assert.ok(Math.abs(ends - 12 * 3600) < 60, `${ends}`);
    assert.doesNotMatch(JSON.stringify((await farfield.api('GET', '/v1')).body), /known to both/);
});

test('a listener who gets through by relay alone hears', async () => {
    const listener = await farfield.listen({
        ice: { iceServers: await servers(), iceTransportPolicy: 'relay' } });
    await listener.pitched(440);
    const [local] = await kindsOf(listener.peer);
    assert.equal(local.candidateType, 'relay');
    // And finds another way by the relay, too.
    await listener.restart();
    await listener.pitched(440);
    await listener.close();
});

test('the pipeline opens a relay of its own, by a password of its own', async () => {
    const peer = new wrtc.RTCPeerConnection();
    peer.addTransceiver('audio', { direction: 'recvonly' });
    await peer.setLocalDescription(await peer.createOffer());
    await waitFor('gathering', () => peer.iceGatheringState === 'complete');
    const { body, headers } = await farfield.api('POST', WHEP, peer.localDescription.sdp, SDP);
    const lines = candidatesOf(body);
    const relayed = lines.filter((line) => / typ relay/.test(line));
    assert.ok(relayed.length > 0, body);
    for (const line of relayed) assert.equal(line.split(' ')[4], address);
    // The listener knows of nothing but the relay.
    await peer.setRemoteDescription({ type: 'answer',
        sdp: lines.filter((line) => !relayed.includes(line))
            .reduce((sdp, line) => sdp.replace(`${line}\r\n`, ''), body) });
    await waitFor('packets', async () => [...(await peer.getStats()).values()]
        .find(({ type }) => type === 'inbound-rtp')?.packetsReceived > 10);
    await farfield.api('DELETE', headers.get('location'));
    peer.close();
});

test('a password that is wrong gets no relay, and no one is kept waiting', async () => {
    const [, relay] = await servers();
    await assert.rejects(farfield.listen({ timeout: 4000, ice: { iceTransportPolicy: 'relay',
        iceServers: [{ ...relay, credential: 'wrong' }] } }));
    const listener = await farfield.listen();
    await listener.pitched(440);
    await listener.close();
});

// The middle stands on two cables and forwards nothing: from the far end there is no way to the
// pipeline but coturn's.
test('a listener whom nothing but the relay of the pipeline reaches hears', { skip: cannotGoFar() },
    async () => {
        const net = process.pid % 125;
        const middle = new Far({ net });
        const far = new Far({ net: net + 125, behind: middle });
        const relay = new Coturn({ listening: `${middle.prefix}2`, relay: far.here,
            run: (...args) => middle.spawn(...args) });
        let one;
        try {
            await relay.start('--use-auth-secret', `--static-auth-secret=${SECRET}`);
            one = await startFarfield({ settings: { 'turn-secret': SECRET,
                'ice-servers': `turn:${relay.listening}:${relay.port}?transport=udp` } });
            await one.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
            const listener = far.listener();
            const offered = await listener.ask('offer');
            const { status, body } = await one.api('POST', WHEP, offered, SDP);
            assert.equal(status, 201, JSON.stringify(body));
            await listener.ask('answer', { sdp: body });
            await listener.ask('pitched', { hz: 440 });
            const { local, localType, remote, remoteType } = await listener.ask('pair');
            assert.deepEqual([local, localType, remote], [`${far.prefix}2`, 'host', far.here]);
            assert.equal(remoteType, 'relay');
        } finally {
            far.forget();
            relay.stop();
            middle.forget();
            await one?.stop();
        }
    });
