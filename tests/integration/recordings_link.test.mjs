// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses of recordings that need no key: what they are leave for, and what they are not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
const ids = [];

async function recorded(server) {
    const { body: { id } } = await server.api('POST', '/v1/recordings', { seconds: 0.5 });
    await waitFor('its end', async () =>
        (await server.api('GET', `/v1/recordings/${id}`)).body.state === 'done');
    return id;
}

before(async () => {
    farfield = await startFarfield({ key: 'a key of this test' });
    ids.push(await recorded(farfield), await recorded(farfield));
}, { timeout: 120000 });
after(() => farfield?.stop());

const link = async (id, options = {}) =>
    (await farfield.api('POST', `/v1/recordings/${id}/link`, options)).body;
const get = (path, options) => fetch(farfield.base + path, options);

async function isRefused(answer, status, words) {
    const { detail } = await answer.json();
    assert.deepEqual([answer.status, answer.headers.get('content-type')],
        [status, 'application/problem+json'], detail);
    assert.match(detail, words);
}

test('the file is had without the key, whole, by HEAD, and in ranges', async () => {
    const [id] = ids;
    const { path, token } = await link(id);
    const { body: { bytes } } = await farfield.api('GET', `/v1/recordings/${id}`);
    const whole = await get(path);
    assert.equal(whole.status, 200);
    const file = Buffer.from(await whole.arrayBuffer());
    assert.equal(file.length, bytes);
    assert.equal(file.toString('latin1', 0, 4), 'RIFF');
    const head = await get(path, { method: 'HEAD' });
    assert.deepEqual([head.status, Number(head.headers.get('content-length'))], [200, bytes]);
    const range = await get(path, { headers: { range: 'bytes=100-299' } });
    assert.deepEqual([range.status, range.headers.get('content-range')],
        [206, `bytes 100-299/${bytes}`]);
    assert.deepEqual(Buffer.from(await range.arrayBuffer()), file.subarray(100, 300));
    await isRefused(await get(`${path}&part=2`), 404, /has 1 parts/);
    assert.equal((await get(`/v1/recordings/${id}/audio?part=1&token=${token}`)).status, 200);
});

test('by JSON-RPC it is the same', async () => {
    const rpc = await farfield.rpc();
    const { path, expires } = await rpc.call('recording.link', { id: ids[1] });
    assert.ok(Math.abs(expires - Date.now() / 1000 - 3600) < 60, `${expires}`);
    assert.equal((await get(path)).status, 200);
    await rpc.close();
});

test('without a token, or with one that is not for it, nothing is had', async () => {
    const [id, other] = ids;
    const { path, token } = await link(id);
    const [expires, bearer, signature] = token.split('.');
    const audio = (recording, value) => get(`/v1/recordings/${recording}/audio?token=${value}`);
    await isRefused(await get(`/v1/recordings/${id}/audio`), 401, /Authorization: Bearer KEY/);
    await isRefused(await audio(id, ''), 401, /token is needed/);
    await isRefused(await audio(other, token), 403, /not given for this/);
    await isRefused(await audio('none', token), 403, /not given for this/);
    const last = signature.endsWith('0') ? '1' : '0';
    for (const forged of [`${Number(expires) + 1}.${bearer}.${signature}`,
        `${expires}.${bearer}.${signature.slice(0, -1)}${last}`, `${expires}.${bearer}.`, 'x', '%zz',
        '1'.repeat(1000)]) {
        await isRefused(await audio(id, forged), 403, /not given for this/);
    }
    // One that is for a room is for no recording.
    const { body: { webm } } = await farfield.api('POST', '/v1/rooms/main/streams', {});
    await isRefused(await audio(id, new URL(webm).searchParams.get('token')), 403, /not given/);
    const wrongKey = await get(path, { headers: { authorization: 'Bearer wrong' } });
    assert.equal(wrongKey.status, 200, 'the token is leave enough');
});

test('a token is good for nothing else', async () => {
    const [id] = ids;
    const { path, token } = await link(id);
    for (const [method, at] of [['GET', `/v1/recordings/${id}`], ['GET', '/v1/recordings'],
        ['DELETE', `/v1/recordings/${id}`], ['POST', `/v1/recordings/${id}/link`]]) {
        await isRefused(await get(`${at}?token=${token}`, { method }), 401, /Bearer KEY/);
    }
    await isRefused(await get(path, { method: 'POST' }), 405, /POST is not possible here/);
    await isRefused(await get(path, { method: 'DELETE' }), 405, /DELETE is not possible here/);
});

test('it expires, and says so', async () => {
    const { path } = await link(ids[0], { seconds: 2 });
    assert.equal((await get(path)).status, 200);
    const late = await waitFor('its end', async () => {
        const answer = await get(path, { headers: { range: 'bytes=0-9' } });
        return answer.status !== 206 && answer;
    });
    await isRefused(late, 401, /has expired; ask for another one/);
});

test('where there is no key the address is good, too', async () => {
    const open = await startFarfield();
    try {
        const id = await recorded(open);
        const { status, body: { path } } = await open.api('POST', `/v1/recordings/${id}/link`);
        assert.equal(status, 200);
        assert.equal((await fetch(open.base + path)).status, 200);
        await open.api('DELETE', `/v1/recordings/${id}`);
        assert.equal((await fetch(open.base + path)).status, 404);
    } finally {
        await open.stop();
    }
}, { timeout: 120000 });
