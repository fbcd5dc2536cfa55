// SPDX-License-Identifier: GPL-3.0-or-later
// Coming and going by every way, in order and not, while others listen. TURNS joins, 40 unless the
// environment says otherwise.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { build, startFarfield } from '../lib/farfield.mjs';
import { processUse, threadNames } from '../lib/processes.mjs';
import { breaks, decode } from '../lib/recording.mjs';
import { decodeFile, openStream, streamsOf } from '../lib/streams.mjs';
import { waitFor } from '../lib/wait.mjs';
import { newPeer } from './pipeline_rig.mjs';

const TURNS = Number(process.env.TURNS ?? 40);
const HZ = 440;
const LANES = 4; // that come and go at once
const CRASHED = 4; // listeners of one process that is killed
// AddressSanitizer keeps what was freed; instead it names what was not, at the end.
const MEMORY = build.endsWith('asan') ? Infinity : 8e6; // bytes

let farfield, rpc;
before(async () => {
    farfield = await startFarfield({ settings: { 'jack-period': 1024 } });
    rpc = await farfield.rpc();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: HZ, amp: 0.1 } });
});
after(() => farfield?.stop());

async function offer(options = {}) {
    const { peer, offer: sdp } = await newPeer();
    try {
        return await fetch(`${farfield.base}/v1/rooms/main/whep`, { method: 'POST', body: sdp,
            headers: { 'content-type': 'application/sdp' }, ...options });
    } finally {
        peer.close();
    }
}

// --- ways to come and go ------------------------------------------------------------------------

// Joins in a process of its own, which is killed.
async function crash() {
    const script = `const { listen } = await import('${new URL('../lib/listener.mjs', import.meta.url)}');
        await Promise.all(Array.from({ length: ${CRASHED} }, () => listen({ base: '${farfield.base}' })));
        console.log('joined');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), ended]);
    child.kill('SIGKILL');
    await ended;
}

const ways = [
    async () => (await farfield.listen()).close(),
    async () => (await farfield.listen({ rpc })).close(),
    async () => (await farfield.listen()).drop(),
    // An answer, and then nothing but the end; the server's offer, and the same.
    async () => {
        const { headers } = await offer();
        await farfield.api('DELETE', headers.get('location'));
    },
    async () => {
        const { listener } = await rpc.call('webrtc.listen', {});
        await rpc.call('webrtc.bye', { listener });
    },
    // An answer that nobody waits for, a connection that goes in the middle, a door that is shut.
    async (turn) => offer({ signal: AbortSignal.timeout(1 + (turn % 10)) }).catch(() => {}),
    async () => {
        const other = await farfield.rpc();
        other.call('webrtc.listen', {}).catch(() => {});
        await other.call('webrtc.listen', {});
        await other.close();
    },
    async () => (await openStream((await streamsOf(farfield)).audio)).socket.terminate(),
    async () => (await openStream((await streamsOf(farfield)).pcm)).close(),
];

// Who was killed holds a place until that is noticed: others come when there is one again.
async function come(way, turn) {
    for (;;) {
        try {
            return await way(turn);
        } catch (error) {
            if (!/no more may listen|response: 503/.test(error.message)) throw error;
            await sleep(1000);
        }
    }
}

// `count` joins, by several who take turns with the ways; one in five of them crashes. Resolves to
// the reasons of those that failed, as some may on a machine that is too busy to answer in time.
async function churn(count) {
    const failures = [];
    let turn = 0;
    let crashes = 0;
    const go = async () => {
        while (turn < count) {
            if (5 * CRASHED * crashes <= turn) {
                crashes++;
                turn += CRASHED;
                await crash();
            } else {
                turn++;
                await come(ways[turn % ways.length], turn)
                    .catch(({ message }) => failures.push(message));
            }
        }
    };
    await Promise.all(Array.from({ length: LANES }, go));
    return failures;
}

// --- those who stay -----------------------------------------------------------------------------

// What the pipeline uses, once whatever left has been taken down.
async function use(listeners) {
    let seen, alike = 0;
    await waitFor('the pipeline to settle', async () => {
        const { body } = await farfield.api('GET', '/v1/listeners');
        const now = processUse(farfield.pids.pipeline);
        const same = seen?.threads === now.threads && seen?.descriptors === now.descriptors;
        alike = same && body.listeners.length === listeners ? alike + 1 : 0;
        seen = now;
        // A peer whose negotiation is under way is taken down when that has settled.
        if (alike < 4) throw new Error(JSON.stringify({ ...now, listeners: body.listeners }));
        return true;
    }, { every: 700, timeout: 90000 });
    return { ...seen, names: threadNames(farfield.pids.pipeline) };
}

async function record() {
    const { status, body } = await farfield.api('POST', '/v1/recordings', { format: 'wav' });
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
}

async function startOgg() {
    const response = await fetch((await streamsOf(farfield)).ogg);
    const chunks = [];
    const read = (async () => {
        try {
            for await (const chunk of response.body) chunks.push(chunk);
        } catch {
            // it was ended from here
        }
    })();
    return async () => {
        await response.body.cancel().catch(() => {});
        await Promise.race([read, sleep(1000)]);
        return Buffer.concat(chunks);
    };
}

// Where the phase of the sine, looked at each 100 ms (a whole number of its periods), jumps.
function jumps(samples) {
    const found = [];
    let before;
    for (let from = 48000; from + 4800 <= samples.length - 4800; from += 4800) {
        let [re, im] = [0, 0];
        for (let i = 0; i < 4800; i++) {
            re += samples[from + i] * Math.cos((2 * Math.PI * HZ * i) / 48000);
            im += samples[from + i] * Math.sin((2 * Math.PI * HZ * i) / 48000);
        }
        const phase = Math.atan2(im, re);
        const turned = Math.abs(Math.atan2(Math.sin(phase - before), Math.cos(phase - before)));
        if (turned > 0.05) found.push({ at: from / 48000, turned });
        before = phase;
    }
    return found;
}

// Breaks that one missing block leaves behind count once.
const apart = (found) => found.filter(({ at }, i) => i === 0 || at - found[i - 1].at > 4800);

test(`${TURNS} joins and leaves change nothing, and those who stay hear no gap`, async () => {
    await churn(2 * ways.length);
    const native = await farfield.listen();
    await native.pitched(HZ);
    const door = await openStream((await streamsOf(farfield)).audio);
    const endOgg = await startOgg();
    const id = await record();
    const early = await use(3);
    const heard = await native.stats();

    const failures = await churn(TURNS);

    const stats = await native.stats();
    const late = await use(3);
    const packets = door.packets.splice(0);
    const { body: recording } = await farfield.api('POST', `/v1/recordings/${id}/stop`);
    const ogg = await decodeFile(await endOgg());
    await native.pitched(HZ);
    await native.close();
    await door.close();

    const audio = await fetch(`${farfield.base}/v1/recordings/${id}/audio`);
    assert.equal(audio.status, 200);
    const sound = decode(Buffer.from(await audio.arrayBuffer()));
    const broken = apart(breaks(sound.left, HZ));
    // What the native listener had to make up says more of this machine than of the pipeline.
    const grown = (name) => stats[name] - heard[name];
    const concealed = grown('concealedSamples') / grown('totalSamplesReceived');
    console.log(JSON.stringify({ failures, early, late, concealed, lost: stats.packetsLost,
        packets: packets.length, seconds: recording.seconds, xruns: recording.xruns, broken,
        jumps: jumps(ogg.left) }));

    assert.ok(failures.length <= TURNS / 20, JSON.stringify(failures));
    // To the sample, but for what JACK itself lost.
    assert.ok(broken.length <= recording.xruns, JSON.stringify(broken));
    assert.ok(jumps(ogg.left).length <= 2 * recording.xruns, JSON.stringify(jumps(ogg.left)));
    for (let i = 1; i < packets.length; i++) {
        assert.equal(packets[i].sequence, packets[i - 1].sequence + 1, `packet ${i}`);
    }
    assert.equal(stats.packetsLost, 0);
    assert.ok(late.threads <= early.threads, `threads ${early.names} -> ${late.names}`);
    assert.ok(late.descriptors <= early.descriptors,
        `descriptors ${early.descriptors} -> ${late.descriptors}`);
    assert.ok(late.resident < early.resident + MEMORY, `${early.resident} -> ${late.resident}`);
});
