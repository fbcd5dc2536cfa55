// SPDX-License-Identifier: GPL-3.0-or-later
// Buffers outlive scsynth, the controller, and the company of others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { sine, wav } from '../lib/soundfile.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => { farfield = await startFarfield(); });
after(() => farfield.stop());

const api = (...args) => farfield.api(...args);
const buffers = async () => (await api('GET', '/v1/buffers')).body.buffers;
const running = (epoch) => waitFor('scsynth anew', async () => {
    const { body } = await api('GET', '/v1/server');
    return body.state === 'running' && body.epoch > epoch && body;
}, { timeout: 30000 });
const contents = async (list) => {
    const all = {};
    for (const { id } of list)
        all[id] = (await api('GET', `/v1/buffers/${id}/samples`)).body.samples;
    return all;
};

// Twenty: sounds, parts of sounds, silence, tables, tables on tables, samples by value.
async function fill() {
    const sounds = [];
    for (let i = 0; i < 6; i++) {
        const { body } = await api('POST', `/v1/buffers?name=sound${i}`,
            wav([sine(200 + 100 * i, { seconds: 0.2 + i / 10 })]));
        sounds.push(body);
    }
    for (let i = 0; i < 4; i++)
        await api('POST', '/v1/buffers', { asset: sounds[i].asset, start: 100 * i, frames: 2000 });
    for (let i = 0; i < 10; i++) {
        const { body: { id } } = await api('POST', '/v1/buffers', { frames: 1024, name: `table${i}` });
        if (i > 2)
            await api('POST', `/v1/buffers/${id}/generate`, { wave: 'sine1', amplitudes: [1, 1 / i] });
        if (i > 5) {
            await api('PATCH', `/v1/buffers/${id}/samples`,
                { start: i * 10, values: new Array(300).fill(0.25) });
            await api('PATCH', `/v1/buffers/${id}/samples`, { start: 500, values: [1, 2, 3] });
        }
        if (i > 7)
            await api('POST', `/v1/buffers/${id}/generate`, { wave: 'sine2', amplitudes: [0.5],
                frequencies: [3], normalize: false, clear: false });
    }
    await api('PATCH', '/v1/buffers/sound5/samples', { start: 10, values: [0.5, -0.5] });
}

test('twenty buffers come back into a new scsynth, with their numbers and their sound', async () => {
    await fill();
    const list = await buffers();
    assert.equal(list.length, 20);
    const before = await contents(list);
    const listener = await farfield.listen();
    const sound = list.find(({ name }) => name === 'sound2').id;
    await api('POST', '/v1/nodes', { synthdef: 'player_mono', controls: { buf: sound, loop: 1 } });
    await listener.pitched(400);
    const { body: { epoch } } = await api('GET', '/v1/server');
    const from = Date.now();
    await farfield.kill('scsynth');
    await running(epoch);
    const took = Date.now() - from;
    assert.ok(took < 8000, `${took} ms`);
    assert.deepEqual(await buffers(), list);
    assert.deepEqual(await contents(list), before);
    // The synth that played is there again, too, and plays the same.
    await listener.pitched(400);
    await api('POST', '/v1/server/panic');
    await listener.close();
});

test('what was freed never returns', async () => {
    const list = await buffers();
    const gone = list.filter((_, i) => i % 2 === 0).map(({ id }) => id);
    for (const id of gone) assert.equal((await api('DELETE', `/v1/buffers/${id}`)).status, 204);
    const { body: { epoch } } = await api('GET', '/v1/server');
    await farfield.kill('scsynth');
    await running(epoch);
    assert.deepEqual((await buffers()).map(({ id }) => id),
        list.map(({ id }) => id).filter((id) => !gone.includes(id)));
});

test('a controller that is killed finds the buffers in the scsynth that goes on', async () => {
    const list = await buffers();
    const before = await contents(list);
    const { scsynth } = farfield.pids;
    // What is written down is so a moment later.
    await new Promise((done) => { setTimeout(done, 300); });
    await farfield.kill('controller');
    farfield.launch();
    await farfield.ready();
    assert.equal(farfield.pids.scsynth, scsynth);
    assert.deepEqual(await buffers(), list);
    assert.deepEqual(await contents(list), before);
    // And when scsynth goes after all, they are made again from what was written down.
    const { body: { epoch } } = await api('GET', '/v1/server');
    await farfield.kill('scsynth');
    await running(epoch);
    assert.deepEqual(await buffers(), list);
    assert.deepEqual(await contents(list), before);
});

test('what a crash leaves behind is removed, what it interrupted is not half there', async () => {
    const file = wav([sine(123)]);
    const socket = request(new URL('/v1/buffers', farfield.base), { method: 'POST',
        headers: { 'content-type': 'audio/wav', 'content-length': file.length } });
    socket.on('error', () => {});
    socket.write(file.subarray(0, 50000));
    const folder = (name) => join(farfield.dataDir, name);
    await waitFor('its beginning', () => readdirSync(folder('uploads')).length === 1);
    const list = await buffers();
    const { assets } = (await api('GET', '/v1/assets')).body;
    await farfield.kill('controller');
    socket.destroy();
    // Half of an asset, and one that nothing is known of.
    writeFileSync(join(folder('assets'), 'new-7.wav'), 'half');
    writeFileSync(join(folder('assets'), `${'0'.repeat(64)}.wav`), 'whose');
    farfield.launch();
    await farfield.ready();
    assert.deepEqual(readdirSync(folder('uploads')), []);
    assert.deepEqual(readdirSync(folder('server/buffers')), []);
    assert.ok(!existsSync(join(folder('assets'), 'new-7.wav')));
    assert.deepEqual((await api('GET', '/v1/assets')).body.assets, assets);
    assert.deepEqual(await buffers(), list);
});

test('numbers of other clients are left alone, and what they do to ours is seen', async () => {
    const { body: { first, share } } = await api('GET', '/v1/buffers');
    assert.deepEqual({ first, share }, { first: 15 * 1024, share: 1024 });
    const { body: { port } } = await api('GET', '/v1/server');
    const osc = (...args) => execFileSync('oscsend', ['127.0.0.1', `${port}`, ...args]);
    osc('/b_alloc', 'iii', '7', '99', '1');
    const [mine] = await buffers();
    assert.equal((await api('GET', '/v1/buffers/7')).status, 404);
    assert.equal((await api('DELETE', '/v1/buffers/7')).status, 404);
    osc('/b_free', 'i', `${mine.id}`);
    await waitFor('the loss', async () =>
        (await api('GET', `/v1/buffers/${mine.id}`)).body.state === 'lost');
    assert.equal((await api('GET', `/v1/buffers/${mine.id}/samples`)).status, 409);
    assert.equal((await api('DELETE', `/v1/buffers/${mine.id}`)).status, 204);
});

test('commands on one buffer are carried out in their order', async () => {
    const rpc = await farfield.rpc();
    const { id } = await rpc.call('buffer.new', { frames: 65536 });
    // /b_gen takes its time, /b_setn does not: without order the table would cover what is written.
    const calls = [];
    for (let i = 0; i < 10; i++) {
        calls.push(rpc.call('buffer.generate', { id, wave: 'sine1', amplitudes: [1, 0.5, 0.2] }));
        calls.push(rpc.call('buffer.write', { id, start: 7, values: [i, i + 0.5] }));
        calls.push(rpc.call('buffer.read', { id, start: 7, count: 2 }));
    }
    const answers = await Promise.all(calls);
    for (let i = 0; i < 10; i++) assert.deepEqual(answers[3 * i + 2].samples, [i, i + 0.5]);
    await rpc.call('buffer.free', { id });
});

test('buffers are told of as they come and go', async () => {
    const rpc = await farfield.rpc();
    await rpc.subscribe('buffers');
    const { id } = await rpc.call('buffer.new', { frames: 16, name: 'told' });
    const { buffer } = await rpc.event('buffer.changed', (params) => params.buffer.id === id);
    assert.equal(buffer.state, 'ready');
    assert.equal(buffer.name, 'told');
    // A name goes over to who takes it last.
    const other = await rpc.call('buffer.new', { frames: 16, name: 'told' });
    assert.equal((await rpc.call('buffer.show', { id: 'told' })).id, other.id);
    assert.equal((await rpc.call('buffer.show', { id })).name, null);
    await rpc.call('buffer.free', { id });
    await rpc.event('buffer.removed', (params) => params.id === id);
    await rpc.call('buffer.free', { id: other.id });
});
