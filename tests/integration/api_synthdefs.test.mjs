// SPDX-License-Identifier: GPL-3.0-or-later
// SynthDefs by upload and by the watched folder, into the real scsynth and out of it.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { scsyndef } from '../lib/scgf.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, folder;
before(async () => {
    farfield = await startFarfield();
    folder = join(farfield.dataDir, 'synthdefs');
});
after(() => farfield.stop());

const api = (...args) => farfield.api(...args);
const show = (name) => api('GET', `/v1/synthdefs/${encodeURIComponent(name)}`);
const put = (name, bytes) => api('PUT', `/v1/synthdefs/${encodeURIComponent(name)}`, bytes);
const names = async () => (await api('GET', '/v1/synthdefs')).body.synthdefs.map(({ name }) => name);
const defaults = ({ body }) => Object.fromEntries(
    (body.parameters ?? []).map((parameter) => [parameter.name, parameter.default]));
const count = async () => (await api('GET', '/v1/server')).body.synthdefs;
// scsynth's count is asked for now and then: what it is when that has been done twice.
async function settledCount() {
    for (let last = null; ;) {
        const now = await count();
        if (now === last) return now;
        last = now;
        await new Promise((done) => { setTimeout(done, 2000); });
    }
}

test('uploads by PUT, POST and base64 can be played at once', async () => {
    const rpc = await farfield.rpc();
    await rpc.subscribe('synthdefs');
    const made = await put('one', scsyndef({ one: { freq: 300 } }));
    assert.equal(made.status, 201);
    assert.equal(made.headers.get('location'), '/v1/synthdefs/one');
    assert.equal(made.body.synthdefs[0].origin, 'user');
    await rpc.event('synthdef.changed', ({ synthdef }) => synthdef.name === 'one');
    const several = await api('POST', '/v1/synthdefs',
        scsyndef({ two: { freq: 1 }, 'drei \u00e9': { freq: 2 } }));
    assert.equal(several.status, 201);
    assert.deepEqual(several.body.synthdefs.map(({ name }) => name), ['two', 'drei \u00e9']);
    const { synthdefs } = await rpc.call('synthdef.put',
        { name: 'four', data: scsyndef({ four: { freq: 4 } }).toString('base64') });
    assert.equal(synthdefs[0].name, 'four');
    for (const synthdef of ['one', 'two', 'drei \u00e9', 'four']) {
        const node = await api('POST', '/v1/nodes', { synthdef, controls: { freq: 500 } });
        assert.equal(node.status, 201, JSON.stringify(node.body));
        assert.equal((await api('DELETE', node.headers.get('location'))).status, 204);
    }
    assert.equal((await show('drei \u00e9')).status, 200);
    for (const name of ['one', 'two', 'drei \u00e9', 'four'])
        assert.equal((await api('DELETE', `/v1/synthdefs/${encodeURIComponent(name)}`)).status,
            204, name);
    await rpc.event('synthdef.removed', ({ name }) => name === 'four');
    assert.equal((await show('one')).status, 404);
    const gone = await api('POST', '/v1/nodes', { synthdef: 'one' });
    assert.equal(gone.body.errors[0].field, 'synthdef');
});

test('what is damaged names the byte, and never reaches scsynth', async () => {
    const good = scsyndef({ mine: { freq: 300, amp: 0.1 } });
    const before = await settledCount();
    for (let length = 0; length < good.length; length += 7) {
        const answer = await put('mine', good.subarray(0, length));
        assert.equal(answer.status, 422, `${length}: ${JSON.stringify(answer.body)}`);
        assert.match(answer.body.detail, /byte|SynthDef file/);
    }
    const lies = [[10, 0xff], [14, 0x7f], [15, 0x40]];
    for (const [at, value] of lies) {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        assert.equal((await put('mine', bytes)).status, 422, `${value} at ${at}`);
    }
    assert.equal((await put('mine', Buffer.concat([good, Buffer.from('x')]))).status, 422);
    assert.equal((await put('other', good)).status, 422);
    assert.equal((await put('two', scsyndef({ two: { freq: 1 }, more: { freq: 1 } }))).status, 422);
    assert.equal((await put('farfield_guard', scsyndef({ farfield_guard: { freq: 1 } }))).status,
        403);
    assert.equal((await api('POST', '/v1/synthdefs', scsyndef({ farfield_x: { freq: 1 } }))).status,
        403);
    const rpc = await farfield.rpc();
    await assert.rejects(rpc.call('synthdef.put', { name: 'mine', data: '!' }), { code: -32602 });
    assert.equal((await show('mine')).status, 404);
    assert.equal(await settledCount(), before);
    assert.equal((await api('GET', '/v1/server')).body.restarts, 0);
});

test('an upload hides what ships until it is deleted, and lasts over a restart', async () => {
    assert.equal((await put('hat', scsyndef({ hat: { freq: 123 } }))).status, 201);
    assert.deepEqual(defaults(await show('hat')), { freq: 123 });
    await farfield.stop({ keep: true });
    farfield.launch();
    await farfield.ready();
    assert.deepEqual(defaults(await show('hat')), { freq: 123 });
    assert.equal((await api('DELETE', '/v1/synthdefs/hat')).status, 204);
    assert.equal((await show('hat')).body.origin, 'shipped');
    assert.equal((await api('DELETE', '/v1/synthdefs/hat')).status, 409);
    assert.equal((await api('DELETE', '/v1/synthdefs/nothing')).status, 404);
    const played = await api('POST', '/v1/nodes', { synthdef: 'hat', controls: { metal: 0.1 } });
    assert.equal(played.status, 201, 'scsynth has the shipped one again');
});

test('a synth plays on as it was when its definition is replaced or deleted', async () => {
    await put('mine', scsyndef({ mine: { freq: 300 } }));
    const { body: old } = await api('POST', '/v1/nodes', { synthdef: 'mine' });
    await put('mine', scsyndef({ mine: { freq: 100, width: 0.5 } }));
    const { body: young } = await api('POST', '/v1/nodes', { synthdef: 'mine' });
    assert.deepEqual(young.controls, { freq: 100, width: 0.5 });
    const path = `/v1/nodes/${old.id}`;
    assert.deepEqual((await api('PATCH', path, { controls: { freq: 301 } })).body.controls,
        { freq: 301 });
    assert.equal((await api('PATCH', path, { controls: { width: 1 } })).status, 422);
    assert.equal((await api('DELETE', '/v1/synthdefs/mine')).status, 204);
    assert.equal((await api('PATCH', path, { controls: { freq: 302 } })).status, 200);
    assert.equal((await api('POST', '/v1/nodes', { synthdef: 'mine' })).status, 422);
    for (const { id } of [old, young])
        assert.equal((await api('DELETE', `/v1/nodes/${id}`)).status, 204);
});

// --- the folder ---------------------------------------------------------------------------------

function drop(file, bytes) {
    // As a careful program does: whole or not at all.
    writeFileSync(join(folder, `.${file}.part`), bytes);
    renameSync(join(folder, `.${file}.part`), join(folder, file));
}

const becomes = (name, wanted) => waitFor(`${name} to be as in the folder`, async () => {
    const shown = await show(name);
    return wanted ? JSON.stringify(defaults(shown)) === JSON.stringify(wanted)
        : shown.status === 404;
});

test('files dropped into the folder are loaded, replaced and removed live', async () => {
    drop('any name.scsyndef', scsyndef({ dropped: { freq: 200 } }));
    await becomes('dropped', { freq: 200 });
    const { body: node, status } = await api('POST', '/v1/nodes', { synthdef: 'dropped' });
    assert.equal(status, 201);
    drop('any name.scsyndef', scsyndef({ dropped: { freq: 201 }, also: { freq: 1 } }));
    await becomes('dropped', { freq: 201 });
    await becomes('also', { freq: 1 });
    const shared = await api('DELETE', '/v1/synthdefs/also');
    assert.equal(shared.status, 409);
    assert.match(shared.body.detail, /shares the file/);
    drop('any name.scsyndef', scsyndef({ dropped: { freq: 202 } }));
    await becomes('also', null);
    await becomes('dropped', { freq: 202 });
    // Half of a file is often seen before the whole: what it gave before stays till it is mended.
    drop('any name.scsyndef', 'nonsense');
    await waitFor('a line in the log', () => /synthdef.refused.*any name/.test(farfield.log));
    await becomes('dropped', { freq: 202 });
    drop('any name.scsyndef', scsyndef({ dropped: { freq: 203 } }));
    await becomes('dropped', { freq: 203 });
    rmSync(join(folder, 'any name.scsyndef'));
    await becomes('dropped', null);
    assert.equal((await api('PATCH', `/v1/nodes/${node.id}`, { controls: { freq: 5 } })).status,
        200, 'what plays, plays on');
    await api('DELETE', `/v1/nodes/${node.id}`);
});

test('a file that is written in steps is loaded when it is whole', async () => {
    const bytes = scsyndef({ steps: { freq: 7 } });
    const path = join(folder, 'steps.scsyndef');
    for (let length = 10; length < bytes.length; length += 40) {
        writeFileSync(path, bytes.subarray(0, length));
        await new Promise((done) => { setTimeout(done, 20); });
    }
    writeFileSync(path, bytes);
    await becomes('steps', { freq: 7 });
    assert.equal((await api('DELETE', '/v1/synthdefs/steps')).status, 204);
    assert.ok(!readdirSync(folder).includes('steps.scsyndef'), 'deleting takes the file away');
    assert.ok(!(await names()).includes('steps'));
});

test('a sidecar gives ranges and words, and may change while synths run', async () => {
    drop('said.scsyndef', scsyndef({ said: { freq: 300 } }));
    await becomes('said', { freq: 300 });
    const sidecar = (title, max) => JSON.stringify({ title,
        parameters: { freq: { title: 'Pitch', unit: 'Hz', min: 50, max, curve: 'exponential' } } });
    drop('said.json', sidecar('A voice', 500));
    const shown = await waitFor('the sidecar', async () => {
        const { body } = await show('said');
        return body.title === 'A voice' && body;
    });
    assert.equal(shown.parameters[0].max, 500);
    assert.equal(shown.parameters[0].unit, 'Hz');
    drop('said.json', sidecar('Another voice', 600));
    await waitFor('the other sidecar', async () => (await show('said')).body.parameters[0].max === 600);
    drop('said.json', '{"title": ');
    await waitFor('a line in the log', () => /synthdef.sidecar.*said.json/.test(farfield.log));
    assert.equal((await show('said')).status, 200);
    rmSync(join(folder, 'said.json'));
    rmSync(join(folder, 'said.scsyndef'));
    await becomes('said', null);
});

test('an upload is answered with what a sidecar that lies there says, tags and all', async () => {
    drop('told.json', JSON.stringify({ title: 'Told', tags: ['drum', 'short'],
        parameters: { freq: { title: 'Pitch', min: 50, max: 500 } } }));
    const { status, body } = await put('told', scsyndef({ told: { freq: 300 } }));
    assert.equal(status, 201, JSON.stringify(body));
    const [made] = body.synthdefs;
    assert.deepEqual([made.title, made.tags, made.parameters[0].max],
        ['Told', ['drum', 'short'], 500]);
    assert.deepEqual((await show('told')).body.tags, ['drum', 'short']);
    const bare = await put('bare', scsyndef({ bare: { freq: 300 } }));
    assert.deepEqual(bare.body.synthdefs[0].tags, []);
    assert.equal((await api('DELETE', '/v1/synthdefs/bare')).status, 204);
    rmSync(join(folder, 'told.json'));
    assert.equal((await api('DELETE', '/v1/synthdefs/told')).status, 204);
});

test('what is no file of ours is left alone', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'nonsense');
    writeFileSync(join(folder, '.hidden.scsyndef'), scsyndef({ hidden: { freq: 1 } }));
    mkdirSync(join(folder, 'folder.scsyndef'));
    symlinkSync('/dev/zero', join(folder, 'zero.scsyndef'));
    symlinkSync('/nothing', join(folder, 'dangling.scsyndef'));
    drop('taken.scsyndef', scsyndef({ farfield_guard: { freq: 1 } }));
    drop('large.scsyndef', Buffer.alloc(4 * 1024 * 1024 + 1));
    drop('last.scsyndef', scsyndef({ last: { freq: 1 } }));
    await becomes('last', { freq: 1 });
    assert.equal((await show('hidden')).status, 404);
    assert.equal((await api('GET', '/v1/health/ready')).status, 200);
    assert.match(farfield.log, /synthdef.refused.*taken/);
    const { body } = await api('POST', '/v1/nodes', { synthdef: 'sine' });
    assert.ok(body.id, 'all goes on');
});
