// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of who listens, and the figures for those who watch.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { readMetrics } from '../lib/prometheus.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => { farfield = await startFarfield({ key: 'a key' }); });
after(() => farfield.stop());

const listeners = async () => (await farfield.api('GET', '/v1/listeners')).body.listeners;

test('a listener is shown with its figures, its program and its own report', async () => {
    const rpc = await farfield.rpc();
    await rpc.call('subscribe', { topics: ['listeners'] });
    const heard = await farfield.listen({ headers: { ...farfield.headers,
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ' +
            'Chrome/156.0.0.0 Safari/537.36' } });
    const id = await waitFor('rates', async () => {
        const [listener] = await listeners();
        return listener.bitrate > 0 && listener.loss !== null && listener.id;
    });
    const path = `/v1/listeners/${id}`;
    const shown = (await farfield.api('GET', path)).body;
    assert.equal(shown.client, 'Chromium 156');
    assert.equal(shown.kind, 'webrtc');
    assert.equal(shown.served, 'balanced');
    assert.equal(shown.loss, 0);
    assert.equal(shown.report, null);
    // 128 kbit/s, or what silence takes.
    assert.ok(shown.bitrate > 1000 && shown.bitrate < 200000, shown.bitrate);
    assert.ok(Date.now() / 1000 - shown.since < 60, shown.since);

    const report = { delay: 0.031, buffer: 0.02, concealed: 0.001, player: 'element' };
    const keyless = await farfield.api('POST', `${path}/report`, report, { authorization: 'Bearer x' });
    assert.equal(keyless.status, 401);
    assert.equal((await farfield.api('POST', `${path}/report`, report)).status, 204);
    const told = (await farfield.api('GET', path)).body;
    const { age, ...rest } = told.report;
    assert.deepEqual(rest, report);
    assert.ok(age >= 0 && age < 10, age);
    assert.equal(told.delay, 0.031);
    assert.equal((await farfield.api('POST', `${path}/report`, { delay: 61 })).status, 422);
    await waitFor('another report', () => rpc.call('listener.report', { id, delay: 0.02 }));

    const room = (await farfield.api('GET', '/v1/rooms/main')).body;
    assert.deepEqual(room.audience.kinds, { webrtc: 1 });
    assert.deepEqual(room.audience.modes, { balanced: 1 });
    assert.ok(room.audience.bytes > 0 && room.audience.packets > 0 && room.audience.loss === 0);
    await waitFor('listener.stats', () => rpc.events.some(({ method, params }) =>
        method === 'listener.stats' && params.room === 'main' &&
        params.audience.bitrate > 0 && params.listeners[0].id === id &&
        params.listeners[0].delay === 0.02));
    await heard.close();
    assert.equal((await farfield.api('POST', `${path}/report`, report)).status, 404);
});

test('Prometheus and JSON are told the same', async () => {
    const node = await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    assert.equal(node.status, 201);
    assert.equal((await farfield.api('GET', '/metrics', undefined,
        { authorization: 'Bearer x' })).status, 401);
    const heard = await farfield.listen();
    await waitFor('bytes', async () => (await listeners())[0]?.bytes > 0);
    const { status, headers, body } = await farfield.api('GET', '/metrics');
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'text/plain; version=0.0.4');
    const metrics = readMetrics(body);
    const value = (name, labels = {}) => metrics[name].samples.find((sample) =>
        Object.entries(labels).every(([key, wanted]) => sample.labels[key] === wanted))?.value;
    assert.equal(value('farfield_scsynth_up'), 1);
    assert.equal(value('farfield_pipeline_up'), 1);
    assert.equal(value('farfield_jack_captured_ports'), 2);
    assert.equal(value('farfield_listeners', { room: 'main', kind: 'webrtc', mode: 'balanced' }), 1);
    assert.ok(value('farfield_sent_bytes_total', { room: 'main' }) > 0);
    assert.ok(value('farfield_uptime_seconds') > 0);
    for (const process of ['controller', 'jackd', 'scsynth', 'pipeline']) {
        assert.ok(value('farfield_process_resident_bytes', { process }) > 1e6, process);
        assert.ok(value('farfield_process_threads', { process }) >= 1, process);
        assert.ok(value('farfield_process_open_fds', { process }) > 3, process);
    }
    const json = (await farfield.api('GET', '/v1/stats')).body.metrics;
    assert.deepEqual(json.map(({ name, type, help }) => [name, type, help]),
        Object.values(metrics).map(({ name, type, help }) => [name, type, help]));
    const labels = (list) => list.map(({ labels: each }) => each);
    for (const { name, samples } of json) {
        assert.deepEqual(labels(samples), labels(metrics[name].samples), name);
    }
    await heard.close();
});
