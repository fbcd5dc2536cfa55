// SPDX-License-Identifier: GPL-3.0-or-later
// What lies between: a listener whose address changes, IPv6 alone, few ports, an address that only
// a router knows.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import wrtc from '@roamhq/wrtc';
import { Far, cannotGoFar } from '../lib/far.mjs';
import { freePort, startFarfield } from '../lib/farfield.mjs';
import { candidatesOf } from '../lib/listener.mjs';
import { waitFor } from '../lib/wait.mjs';

const KEY = 'a key, since all may come';
const WHEP = '/v1/rooms/main/whep';
const SDP = { 'content-type': 'application/sdp' };
const skip = cannotGoFar();

let farfield;
const peers = [];

after(() => { for (const peer of peers) peer.close(); });

async function offer() {
    const peer = new wrtc.RTCPeerConnection();
    peers.push(peer);
    peer.addTransceiver('audio', { direction: 'recvonly' });
    await peer.setLocalDescription(await peer.createOffer());
    return peer.localDescription.sdp;
}

async function listeners() {
    return (await farfield.api('GET', '/v1/listeners')).body.listeners;
}

async function start(settings) {
    farfield = await startFarfield({ key: KEY, settings });
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
}

async function roams(way) {
    const far = new Far();
    try {
        await start({ address: '0.0.0.0' });
        const { here, prefix } = far;
        const ws = `ws://${here}:${farfield.wsPort}/`;
        const listener = far.listener();
        await listener.ask('join', { base: `http://${here}:${farfield.httpPort}`, key: KEY,
            ...(way === 'websocket' && { ws }) });
        await listener.ask('pitched', { hz: 440 });
        assert.equal((await listener.ask('pair')).local, `${prefix}2`);
        const [{ id }] = await listeners();
        const { ssrc, packetsReceived } = await listener.ask('stats');
        // The old address goes without a word, as it does when a laptop leaves its Wi-Fi.
        far.removeAddress(2);
        far.addAddress(3);
        await waitFor('silence', async () => {
            const frames = (await listener.ask('stats')).packetsReceived;
            await new Promise((done) => { setTimeout(done, 200); });
            return (await listener.ask('stats')).packetsReceived === frames;
        });
        if (way === 'websocket') await listener.ask('reconnect', { ws, key: KEY });
        // libwebrtc looks for new addresses every two seconds.
        await waitFor('a way from the new address', async () => {
            await listener.ask('restart');
            await new Promise((done) => { setTimeout(done, 1000); });
            return (await listener.ask('pair')).local === `${prefix}3`;
        }, { timeout: 40000 });
        await listener.ask('pitched', { hz: 440 });
        const stats = await listener.ask('stats');
        assert.equal(stats.ssrc, ssrc);
        assert.ok(stats.packetsReceived > packetsReceived + 10);
        assert.deepEqual((await listeners()).map((l) => [l.id, l.state]), [[id, 'connected']]);
        await listener.ask('close');
        await waitFor('it to have left', async () => (await listeners()).length === 0);
    } finally {
        far.forget();
        await farfield.stop();
    }
}

test('a WHEP listener whose address changes hears again, as the same listener', { skip },
    () => roams('whep'));

test('the same over a WebSocket, which has to be opened anew', { skip },
    () => roams('websocket'));

test('a listener that has IPv6 alone hears', { skip }, async () => {
    const far = new Far({ family: 6 });
    try {
        await start({ address: '::' });
        const listener = far.listener();
        await listener.ask('join', { base: `http://${far.host}:${farfield.httpPort}`, key: KEY });
        await listener.ask('pitched', { hz: 440 });
        assert.match((await listener.ask('pair')).remote, /^fd77:/);
        await listener.ask('close');
    } finally {
        far.forget();
        await farfield.stop();
    }
});

test('with as many ports as listeners one more is told why not, until one leaves', async () => {
    const port = await freePort();
    farfield = await startFarfield({ settings: { 'ice-ports': `${port}-${port}` } });
    try {
        const first = await farfield.api('POST', WHEP, await offer(), SDP);
        assert.equal(first.status, 201);
        for (const line of candidatesOf(first.body)) assert.equal(line.split(' ')[5], `${port}`);
        const second = await farfield.api('POST', WHEP, await offer(), SDP);
        assert.equal(second.status, 503);
        assert.match(second.body.detail, /ice-ports/);
        assert.ok(Number(second.headers.get('retry-after')) >= 1);
        await farfield.api('DELETE', first.headers.get('location'));
        await waitFor('its port', async () =>
            (await farfield.api('POST', WHEP, await offer(), SDP)).status === 201);
    } finally {
        await farfield.stop();
    }
});

test('the address that a router forwards stands beside each of ours', async () => {
    farfield = await startFarfield({ settings: { 'ice-address': '203.0.113.7 2001:db8::7' } });
    try {
        const { body } = await farfield.api('POST', WHEP, await offer(), SDP);
        const all = candidatesOf(body).map((line) => line.split(' '));
        const hosts = all.filter((word) => word[7] === 'host');
        const outside = all.filter((word) => word[7] === 'srflx');
        assert.ok(hosts.length > 0);
        assert.deepEqual(outside.map((word) => [word[4], word[5]]), hosts.map((word) =>
            [word[4].includes(':') ? '2001:db8::7' : '203.0.113.7', word[5]]));
        for (const word of outside) assert.ok(hosts.every((host) => +host[3] > +word[3]), word[3]);
        // libwebrtc takes it.
        const listener = await farfield.listen();
        await listener.hear(0.2);
        await listener.close();
    } finally {
        await farfield.stop();
    }
});

test('bad settings are said at the start', async () => {
    for (const [name, value, why] of [['ice-address', 'example.org', /not a numeric address/],
        ['ice-ports', '5-4', /must be FIRST-LAST/]]) {
        const refused = await startFarfield({ wait: false, settings: { [name]: value } });
        assert.notEqual((await refused.exited).code, 0);
        assert.match(refused.log, why);
        await assert.rejects(refused.stop());
    }
});
