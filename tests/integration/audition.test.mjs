// SPDX-License-Identifier: GPL-3.0-or-later
// New definitions are tried before they are played: what is told, kept and refused.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root, startFarfield } from '../lib/farfield.mjs';
import { definition, K, parameter, unit } from '../lib/scgf.mjs';
import { waitFor } from '../lib/wait.mjs';

const shipped = (name) => readFileSync(join(root, 'synthdefs', `${name}.scsyndef`));
const AUDIO = 2;
const out = (source) => unit('Out', AUDIO, 0, [K(0), source]);
// With a parameter instead of a constant nobody can tell from the file: a median of none ends
// scsynth, a sum of none goes on for ever.
const withNone = (name, type, inputs) => definition(name, { none: 0 },
    [unit('Control', 1, 1, []), unit('WhiteNoise', AUDIO, 1, []), unit(type, AUDIO, 1, inputs),
        out([2, 0])]);
const deadly = withNone('deadly', 'Median', [parameter(0), [1, 0]]);
const endless = withNone('endless', 'RunningSum', [[1, 0], parameter(0)]);
const notANumber = definition('nan', {}, [
    unit('DC', AUDIO, 1, [K(0)]),
    unit('BinaryOpUGen', AUDIO, 1, [[0, 0], [0, 0]], 4),
    out([1, 0]),
]);
const tone = (name, freq) => definition(name, { freq },
    [unit('Control', 1, 1, []), unit('SinOsc', AUDIO, 1, [parameter(0), K(0)]), out([1, 0])]);
const offset = definition('offset', {}, [unit('DC', AUDIO, 1, [K(0.25)]), out([0, 0])]);
const delay = (seconds) => definition('delay', {}, [
    unit('WhiteNoise', AUDIO, 1, []),
    unit('DelayN', AUDIO, 1, [[0, 0], K(seconds), K(0.1)]),
    out([1, 0]),
]);

let farfield;
before(async () => {
    farfield = await startFarfield();
});
after(() => farfield.stop());
const upload = (bytes) => farfield.api('POST', '/v1/synthdefs', bytes);
const heard = ({ body }) => body.synthdefs[0].audition;

test('an upload is answered with what its render showed', async () => {
    const answer = await upload(tone('tone', 1000));
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    const { verdict, silent, peak, rms, cost, dc, not_finite: broken } = heard(answer);
    assert.equal(verdict, 'good');
    assert.equal(silent, false);
    assert.ok(Math.abs(peak) < 0.1 && Math.abs(rms + 3.01) < 0.1, `${peak} ${rms} dBFS`);
    assert.ok(Math.abs(dc) < 0.001 && broken === 0 && cost < 0.5, `${dc} ${broken} ${cost}`);
    assert.equal(Math.round(heard(await upload(offset)).dc * 100), 25);
    const bell = heard(await upload(shipped('bell')));
    assert.ok(bell.verdict === 'good' && bell.peak < -6 && bell.peak > -40, JSON.stringify(bell));
});

test('what is bad is told under warn, and scsynth lives', async () => {
    const { scsynth } = farfield.pids;
    const answer = await upload(deadly);
    assert.equal(answer.status, 201);
    assert.equal(heard(answer).verdict, 'bad');
    assert.equal(heard(answer).crashed, true);
    const hung = heard(await upload(endless));
    assert.equal(hung.verdict, 'bad');
    assert.equal(hung.timed_out, true);
    const nan = heard(await upload(notANumber));
    assert.equal(nan.verdict, 'bad');
    assert.ok(nan.not_finite > 90000, `${nan.not_finite} samples`);
    assert.equal(farfield.pids.scsynth, scsynth);
    const shown = await farfield.api('GET', '/v1/synthdefs/nan');
    assert.equal(shown.body.audition.verdict, 'bad');
});

test('it is heard once by its content, and again when asked', async () => {
    const folder = join(farfield.dataDir, 'auditions');
    await upload(tone('once', 500));
    const kept = readdirSync(folder).filter((file) => file.endsWith('.json')).length;
    await upload(tone('once', 500));
    assert.equal(readdirSync(folder).filter((file) => file.endsWith('.json')).length, kept);
    const again = await farfield.api('POST', '/v1/synthdefs/once/audition');
    assert.equal(again.status, 200);
    assert.equal(again.body.audition.verdict, 'good');
    assert.equal((await farfield.api('POST', '/v1/synthdefs/none/audition')).status, 404);
});

test('a redefinition says how many synths go on as they were', async () => {
    await upload(tone('again', 300));
    const ids = [];
    for (let i = 0; i < 3; i++) {
        const { body } = await farfield.api('POST', '/v1/nodes', { synthdef: 'again' });
        ids.push(body.id);
    }
    assert.equal((await upload(tone('again', 300))).body.synthdefs[0].running, 0);
    assert.equal((await upload(tone('again', 400))).body.synthdefs[0].running, 3);
    const { body } = await farfield.api('GET', `/v1/nodes/${ids[0]}`);
    assert.equal(body.controls.freq, 300);
    for (const id of ids) await farfield.api('DELETE', `/v1/nodes/${id}`);
});

test('what asks for more memory than is left is refused by name', async () => {
    const answer = await upload(delay(1e6));
    assert.equal(answer.status, 422);
    assert.match(answer.body.detail, /asks for .* MiB .* DelayN \(unit 1\).* 256\.0 MiB are left/);
    assert.equal((await upload(delay(1))).status, 201);
});

test('metadata of sclang gives ranges, and never runs', async () => {
    const planted = join(farfield.dataDir, 'planted');
    const folder = join(farfield.dataDir, 'synthdefs');
    const sample = readFileSync(join(root, 'tests/fuzz/corpus/fuzz_txarcmeta/glass'), 'utf8');
    writeFileSync(join(folder, 'glass.txarcmeta'), sample);
    writeFileSync(join(folder, 'glass.scsyndef'), tone('glass', 660));
    writeFileSync(join(folder, 'evil.txarcmeta'),
        sample.replace('"me"', `"touch ${planted}".unixCmd`));
    writeFileSync(join(folder, 'evil.scsyndef'), tone('evil', 660));
    const freq = await waitFor('glass', async () => {
        const { body } = await farfield.api('GET', '/v1/synthdefs/glass');
        return body.parameters?.[0];
    });
    assert.deepEqual([freq.min, freq.max, freq.curve, freq.unit], [100, 4000, 'exponential', 'Hz']);
    const evil = await waitFor('evil', async () =>
        (await farfield.api('GET', '/v1/synthdefs/evil')).body.parameters?.[0]);
    assert.equal(evil.max, 20000, 'what its name says');
    assert.match(farfield.log, /evil\.txarcmeta.*byte \d+: expected/);
    assert.equal(existsSync(planted), false);
});

test('strict refuses what is bad, from upload and folder', async () => {
    const strict = await startFarfield({ settings: { audition: 'strict' } });
    try {
        const refused = await strict.api('POST', '/v1/synthdefs', deadly);
        assert.equal(refused.status, 422);
        assert.match(refused.body.detail, /"deadly" was tried .* scsynth crashed over it/);
        assert.equal((await strict.api('GET', '/v1/synthdefs/deadly')).status, 404);
        assert.equal((await strict.api('POST', '/v1/synthdefs', tone('fine', 400))).status, 201);
        const folder = join(strict.dataDir, 'synthdefs');
        writeFileSync(join(folder, 'nan.scsyndef'), notANumber);
        writeFileSync(join(folder, 'dropped.scsyndef'), tone('dropped', 700));
        await waitFor('the good one', async () =>
            (await strict.api('GET', '/v1/synthdefs/dropped')).status === 200);
        await waitFor('the refusal', () => /synthdef\.refused.*name=nan/.test(strict.log));
        assert.equal((await strict.api('GET', '/v1/synthdefs/nan')).status, 404);
        rmSync(join(folder, 'nan.scsyndef'));
    } finally {
        await strict.stop();
    }
});
