// SPDX-License-Identifier: GPL-3.0-or-later
// What is shown to who watches from afar: the log, and the last ten minutes in figures.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

const KEY = 'a key that nobody is to read';

let farfield;
before(async () => { farfield = await startFarfield({ key: KEY }); });
after(() => farfield.stop());

const figures = async () => (await farfield.api('GET', '/v1/server/history')).body.figures;
const lines = async (count = 500) =>
    (await farfield.api('GET', `/v1/log?count=${count}`)).body.lines;
const ofChild = (name, what) => ({ source, message, fields }) =>
    source === 'controller' && message === what && fields.name === name;

test('the log shows what controller, scsynth and jackd said, and no secret', async () => {
    const all = await lines();
    assert.ok(all.some(ofChild('scsynth', 'child.started')));
    assert.ok(all.some(({ source }) => source === 'jackd'), 'jackd');
    const ready = all.find(({ source, message }) =>
        source === 'scsynth' && /server ready/.test(message));
    assert.equal(ready.level, 'info');
    assert.ok(Math.abs(ready.time - Date.now() / 1000) < 120, ready.time);
    all.forEach(({ number }, i) => assert.equal(number, i));
    assert.ok(!JSON.stringify(all).includes(KEY));
    assert.deepEqual(await lines(2), (await lines()).slice(-2));
    const refused = await farfield.api('GET', '/v1/log', undefined, { authorization: 'Bearer x' });
    assert.equal(refused.status, 401);
});

test('who subscribes to the log is told each line once, as it comes', async () => {
    const rpc = await farfield.rpc();
    await rpc.subscribe('log');
    await farfield.kill('scsynth');
    const ended = await rpc.event('log', ofChild('scsynth', 'child.ended'));
    assert.equal(ended.level, 'warning');
    assert.equal(ended.fields.how, 'signal 9');
    await rpc.event('log', ({ message }) => message === 'scsynth.running');
    await farfield.ready();
    const told = rpc.events.filter(({ method }) => method === 'log').map(({ params }) => params);
    const numbers = told.map(({ number }) => number).filter((number) => number !== undefined);
    assert.equal(new Set(numbers).size, numbers.length);
    const kept = await lines();
    for (const line of told.filter(({ number }) => number !== undefined))
        assert.deepEqual(line, kept.find(({ number }) => number === line.number));
});

test('the history goes on each two seconds, and tells what is there', async () => {
    const rpc = await farfield.rpc();
    await rpc.subscribe('history');
    const { id: group } = await rpc.call('group.new', {});
    for (let i = 0; i < 3; i++) await rpc.call('synth.new', { synthdef: 'sine', target: group });
    const heard = await farfield.listen({ headers: farfield.headers });
    const told = await rpc.event('history', ({ listeners, synths, loss }) =>
        listeners === 1 && synths >= 4 && loss !== null, { timeout: 60000 });
    assert.equal(told.loss, 0);
    assert.equal(told.delay, null);
    assert.ok(told.ugens > 10 && told.groups >= 3 && told.cpu > 0, JSON.stringify(told));
    assert.ok(told.memory > 20e6 && told.memory < 4e9, told.memory);
    const all = await figures();
    assert.deepEqual(all.find(({ time }) => time === told.time), told);
    const gaps = all.slice(1).map(({ time }, i) => time - all[i].time);
    assert.ok(gaps.every((gap) => gap > 1.9), `${gaps}`);
    await heard.close();
});

test('a controller that starts anew begins its history and its log anew', async () => {
    await waitFor('a history', async () => (await figures()).length >= 3, { timeout: 30000 });
    const began = Date.now() / 1000;
    await farfield.kill('controller');
    farfield.launch();
    await farfield.ready();
    await waitFor('a figure', async () => (await figures()).length > 0);
    assert.ok((await figures()).every(({ time }) => time > began));
    const all = await lines();
    assert.ok(all.every(({ time }) => time > began));
    assert.ok(all.some(ofChild('scsynth', 'child.adopted')));
});
