// SPDX-License-Identifier: GPL-3.0-or-later
// WHEP players that no one here wrote, as they are published, in Chromium, on a page of another
// origin: the browser's own WebRTC, whip-whep, and @eyevinn/webrtc-player.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { freePort, startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

const modules = new URL('../node_modules/', import.meta.url);
const files = {
    '/': ['text/html', '<!doctype html><title>elsewhere</title>' +
        '<link rel="icon" href="data:,"><video id="player"></video>'],
    '/whep.js': ['text/javascript', readFileSync(new URL('whip-whep/whep.js', modules))],
    // As a bundler would have it; what it needs for advertisements and WHPP is never called.
    '/eyevinn.js': ['text/javascript', `const events = { exports: {} };
        (function (module) { ${readFileSync(new URL('events/events.js', modules))} })(events);
        const require = (name) => (name === 'events' ? events.exports : {});
        const module = { exports: {} };
        (function (exports) {
        ${readFileSync(new URL('@eyevinn/webrtc-player/dist/main.js', modules))}
        })(module.exports);
        export const { WebRTCPlayer } = module.exports;`],
};

let farfield;
let browser;
let server;
let origin;

before(async () => {
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    server = createServer((request, response) => {
        const [type, body] = files[request.url] ?? [];
        response.writeHead(type ? 200 : 404, { 'content-type': type ?? 'text/plain' });
        response.end(body);
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    farfield = await startFarfield({ settings: { origins: origin } });
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
    // Without the flag that shows a page our addresses: candidates are names of mDNS.
    browser = await launchBrowser({ without: ['--disable-features=WebRtcHideLocalIpsWithMdns'] });
}, { timeout: 120000 });

after(async () => {
    await browser?.close();
    await farfield?.stop();
    server?.close();
});

// In the page: Hz of the loudest partial of a stream, as it is now.
function prepare() {
    window.whep = '';
    window.hear = async (stream) => {
        const audio = new Audio();
        audio.muted = true;
        audio.srcObject = stream; // without which Chromium decodes nothing
        await audio.play();
        const context = new AudioContext();
        const analyser = new AnalyserNode(context, { fftSize: 32768, smoothingTimeConstant: 0 });
        new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(analyser);
        const bins = new Float32Array(analyser.frequencyBinCount);
        window.pitch = () => {
            analyser.getFloatFrequencyData(bins);
            const best = bins.indexOf(Math.max(...bins));
            return bins[best] > -60 ? (best * context.sampleRate) / analyser.fftSize : 0;
        };
    };
}

async function newPage() {
    const page = await browser.page();
    await page.goto(origin);
    await page.evaluate(prepare);
    await page.evaluate((url) => { window.whep = url; }, `${farfield.base}/v1/rooms/main/whep`);
    return page;
}

async function hears440(page) {
    await waitFor('440 Hz', async () => {
        const hz = await page.evaluate(() => window.pitch?.() ?? 0);
        if (Math.abs(hz - 440) > 3) throw new Error(`heard ${hz} Hz`);
        return true;
    });
}

async function listeners() {
    return (await farfield.api('GET', '/v1/listeners')).body.listeners;
}

async function isLeft(page) {
    await waitFor('nobody to listen', async () => (await listeners()).length === 0);
    await page.close();
}

test('Chromium by itself: joins, begins another ICE session, leaves', async () => {
    const page = await newPage();
    await page.evaluate(async () => {
        const peer = new RTCPeerConnection();
        peer.addTransceiver('audio', { direction: 'recvonly' });
        peer.ontrack = ({ track }) => window.hear(new MediaStream([track]));
        await peer.setLocalDescription();
        const answer = await fetch(window.whep, { method: 'POST',
            headers: { 'content-type': 'application/sdp' }, body: peer.localDescription.sdp });
        const sdp = await answer.text();
        await peer.setRemoteDescription({ type: 'answer', sdp });
        Object.assign(window, { peer, session: new URL(answer.headers.get('location'), window.whep),
            etag: answer.headers.get('etag') });
    });
    await hears440(page);
    const [{ id }] = await listeners();
    const { etag, now, before: first, after: last } = await page.evaluate(async () => {
        const { peer } = window;
        const counts = async () => [...(await peer.getStats()).values()]
            .find(({ type }) => type === 'inbound-rtp');
        const before = await counts();
        peer.restartIce();
        await peer.setLocalDescription();
        const lines = peer.localDescription.sdp.split('\r\n');
        const of = (name) => lines.find((line) => line.startsWith(`a=${name}:`));
        const fragment = [of('ice-ufrag'), of('ice-pwd'), 'm=audio 9 UDP/TLS/RTP/SAVPF 111',
            of('mid'), ''].join('\r\n');
        const answer = await fetch(window.session, { method: 'PATCH', body: fragment,
            headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' } });
        const given = (await answer.text()).split('\r\n');
        const next = (name) => given.find((line) => line.startsWith(`a=${name}:`));
        const sdp = peer.remoteDescription.sdp
            .replace(/^a=candidate:.*\r\n/gm, '')
            .replace(/^a=ice-ufrag:.*$/gm, next('ice-ufrag'))
            .replace(/^a=ice-pwd:.*$/gm, next('ice-pwd')) +
            given.filter((line) => line.startsWith('a=candidate:')).map((l) => `${l}\r\n`).join('');
        await peer.setRemoteDescription({ type: 'answer', sdp });
        await new Promise((done) => { setTimeout(done, 1500); });
        return { etag: window.etag, now: answer.headers.get('etag'), before, after: await counts() };
    });
    assert.notEqual(now, etag);
    assert.equal(last.ssrc, first.ssrc);
    assert.ok(last.packetsReceived > first.packetsReceived + 20);
    assert.equal(last.packetsLost, 0);
    await hears440(page);
    assert.equal(await page.evaluate(() => window.peer.connectionState), 'connected');
    assert.deepEqual((await listeners()).map((l) => [l.id, l.state]), [[id, 'connected']]);
    await page.evaluate(async () => {
        await fetch(window.session, { method: 'DELETE' });
        window.peer.close();
    });
    assert.deepEqual(page.problems, []);
    await isLeft(page);
});

test('whip-whep: joins, trickles without If-Match, leaves', async () => {
    const page = await newPage();
    await page.evaluate(async () => {
        const { WHEPClient } = await import('/whep.js');
        const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
        peer.addTransceiver('audio', { direction: 'recvonly' });
        peer.ontrack = ({ track }) => window.hear(new MediaStream([track]));
        window.client = new WHEPClient();
        await window.client.view(peer, window.whep);
    });
    await hears440(page);
    await page.evaluate(() => window.client.stop());
    // Candidates of its that were on their way when it left came too late: 404.
    assert.deepEqual(page.problems.filter((problem) => !problem.includes('status of 404')), []);
    await isLeft(page);
});

for (const audioOnly of [true, false]) {
    test(`@eyevinn/webrtc-player ${audioOnly ? 'for audio only' : 'with the video that it also offers'}`,
        async () => {
            const page = await newPage();
            await page.evaluate(async (only) => {
                const { WebRTCPlayer } = await import('/eyevinn.js');
                const video = document.querySelector('#player');
                const player = new WebRTCPlayer({ video, type: 'whep', iceServers: [],
                    mediaConstraints: { audioOnly: only } });
                await player.load(new URL(window.whep));
                window.player = player;
                const timer = setInterval(() => {
                    if (!video.srcObject?.getAudioTracks().length) return;
                    clearInterval(timer);
                    window.hear(video.srcObject);
                }, 50);
            }, audioOnly);
            await hears440(page);
            await page.evaluate(() => window.player.unload());
            assert.deepEqual(page.problems, []);
            await isLeft(page);
        });
}
