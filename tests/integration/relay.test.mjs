// SPDX-License-Identifier: GPL-3.0-or-later
// Relays: a room's packets as RTP and SRTP, decoded by GStreamer and played on by a real Janus.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root, startFarfield } from '../lib/farfield.mjs';
import { startJanus } from '../lib/janus.mjs';
import { listen } from '../lib/listener.mjs';
import { bindUdp, freeUdpPort, receiveRtp } from '../lib/receiver.mjs';
import { waitFor } from '../lib/wait.mjs';

const KEY = Buffer.from(Array.from({ length: 30 }, (_, i) => 7 * i)).toString('base64');

let farfield;
before(async () => {
    farfield = await startFarfield();
    const sine = { synthdef: 'sine', controls: { freq: 440 } };
    assert.equal((await farfield.api('POST', '/v1/nodes', sine)).status, 201);
});
after(() => farfield.stop());

async function relay(wanted) {
    const { status, body } = await farfield.api('POST', '/v1/relays',
        { host: '127.0.0.1', ...wanted });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
}

async function free(id) {
    assert.equal((await farfield.api('DELETE', `/v1/relays/${id}`)).status, 204);
}

const show = async (id) => (await farfield.api('GET', `/v1/relays/${id}`)).body;

test('RTP is decoded by GStreamer', async () => {
    const port = await freeUdpPort();
    const receiver = receiveRtp(port, { payload: 100 });
    const { id } = await relay({ port, payload: 100 });
    await receiver.pitched(440);
    await receiver.stop();
    await free(id);
});

test('SRTP is decrypted by GStreamer, and its key is shown to nobody', async () => {
    const port = await freeUdpPort();
    const made = await relay({ port, srtp_key: KEY });
    const receiver = receiveRtp(port, { key: KEY, ssrc: made.ssrc });
    assert.equal(made.srtp, true);
    assert.ok(!JSON.stringify(made).includes(KEY));
    assert.ok(!JSON.stringify((await farfield.api('GET', '/v1/relays')).body).includes(KEY));
    await receiver.pitched(440);
    await receiver.stop();
    await free(made.id);
});

test('packets are as RFC 3550 has them, reports tell when they were captured', async () => {
    const rtp = await bindUdp();
    const rtcp = await bindUdp();
    const { id } = await relay({ port: rtp.port, rtcp_port: rtcp.port, ssrc: 4000000001,
        mode: 'lowest' });
    await waitFor('a second report', () => rtcp.packets.length >= 2);
    await free(id);
    const [first] = rtp.packets;
    assert.equal(first[0], 0x80);
    assert.equal(first[1], 0x80 | 111, 'the first has the marker');
    rtp.packets.forEach((packet, i) => {
        assert.equal(packet.readUInt16BE(2), (first.readUInt16BE(2) + i) % 65536);
        assert.equal(packet.readUInt32BE(4), (first.readUInt32BE(4) + 240 * i) % 2 ** 32);
        assert.equal(packet.readUInt32BE(8), 4000000001);
    });
    const [report] = rtcp.packets.slice(-1);
    assert.equal(report[1], 200);
    assert.equal(report.readUInt32BE(4), 4000000001);
    const captured = report.readUInt32BE(8) - 2208988800 + report.readUInt32BE(12) / 2 ** 32;
    assert.ok(Math.abs(Date.now() / 1000 - captured) < 60, `captured at ${captured}`);
    assert.equal((report.readUInt32BE(16) - first.readUInt32BE(4) >>> 0) % 240, 0);
    assert.equal(report.subarray(38, 46).toString(), 'farfield');
    rtp.socket.close();
    rtcp.socket.close();
});

test('what cannot be sent is counted, and goes on once somebody is there', async () => {
    const port = await freeUdpPort();
    const { id } = await relay({ port });
    await waitFor('errors', async () => (await show(id)).errors > 10);
    assert.equal((await show(id)).detail, 'Connection refused');
    const { socket, packets } = await bindUdp(port);
    await waitFor('packets', () => packets.length > 20);
    await waitFor('a count of them', async () => (await show(id)).packets > 20);
    socket.close();
    await free(id);
});

test('a relay outlives the pipeline and the controller', async () => {
    const { socket, port, packets } = await bindUdp();
    const made = await relay({ port });
    await farfield.kill('pipeline');
    packets.length = 0;
    await waitFor('packets of the new pipeline', () => packets.length > 20);
    assert.equal(packets.at(-1).readUInt32BE(8), made.ssrc);

    await farfield.kill('controller');
    farfield.launch();
    await farfield.ready();
    await waitFor('the relay to be known again', async () => (await show(made.id)).port === port);
    packets.length = 0;
    await waitFor('packets still', () => packets.length > 20);
    await free(made.id);
    await waitFor('the end', async () => {
        packets.length = 0;
        await new Promise((done) => { setTimeout(done, 300); });
        return packets.length === 0;
    });
    socket.close();
});

test('addresses that must not be sent to are refused, and more than the most', async () => {
    const refusals = [
        [{ host: 'example.org', port: 5002 }, 422, 'host'],
        [{ host: '224.0.0.251', port: 5353 }, 422, 'host'],
        [{ host: '127.0.0.1', port: 5002, ttl: 1 }, 422, 'host'],
        [{ host: '0.0.0.0', port: 5002 }, 422, 'host'],
        [{ host: '127.0.0.1', port: 53 }, 422, 'port'],
        [{ host: '127.0.0.1', port: 5002, rtcp_port: 5002 }, 422, 'rtcp_port'],
        [{ host: '127.0.0.1', port: 5002, rtcp_port: 5003, srtp_key: KEY }, 422, 'rtcp_port'],
        [{ host: '127.0.0.1', port: 5002, ssrc: 7, srtp_key: KEY }, 422, 'ssrc'],
        [{ host: '127.0.0.1', port: 5002, srtp_key: 'short' }, 422, 'srtp_key'],
        [{ host: '127.0.0.1', port: 5002, payload: 0 }, 422, 'payload'],
        [{ host: '127.0.0.1', port: 5002, room: 'none' }, 404],
    ];
    for (const [wanted, status, field] of refusals) {
        const answer = await farfield.api('POST', '/v1/relays', wanted);
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        if (field) assert.equal(answer.body.errors[0].field, field);
    }
    assert.deepEqual((await farfield.api('GET', '/v1/relays')).body, { relays: [] });
    assert.equal((await show('r1')).status, 404);
    const { socket, port } = await bindUdp();
    const made = [];
    for (let i = 0; i < 16; i++) made.push(await relay({ port }));
    const over = await farfield.api('POST', '/v1/relays', { host: '127.0.0.1', port });
    assert.equal(over.status, 429);
    for (const { id } of made) await free(id);
    socket.close();
});

// The configuration that docs/relay.md shows, on ports that are free.
function documented(ports) {
    const text = readFileSync(join(root, 'docs/relay.md'), 'utf8');
    const config = /```\n# janus\.plugin\.streaming\.jcfg\n([^]*?)```/.exec(text)[1];
    return config.replace('5002', ports[0]).replace('5004', ports[1]);
}

test('Janus plays it to its own listeners, as docs/relay.md says', async () => {
    const ports = [await freeUdpPort(), await freeUdpPort()];
    const janus = await startJanus({ streaming: documented(ports) });
    const secret = /srtpcrypto = "([^"]+)"/.exec(documented(ports))[1];
    await relay({ port: ports[0] });
    await relay({ port: ports[1], srtp_key: secret });
    for (const mountpoint of [1, 2]) {
        const listener = await listen({ join: janus.joinWith(mountpoint) });
        await listener.pitched(440);
        await listener.close();
    }
    await janus.stop();
});
