// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listen } from '../lib/listener.mjs';
import { peak, rms } from '../lib/sound.mjs';
import { Rig } from './pipeline_rig.mjs';

let rig;

before(async () => {
    rig = await Rig.start();
    await rig.captured();
});

after(() => rig?.stop());

for (const [name, options] of [['WHEP', () => ({ base: rig.controller.base })],
    ['an offer of ours', () => ({ rpc: rig.controller.rpc })]]) {
    test(`a tone is heard at its pitch, by ${name}`, async () => {
        rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
        rig.scsynth.play('tone', 1001, { freq: 440, out: 1 });
        const listener = await listen(options());
        await listener.pitched(440);
        rig.scsynth.set(1000, 'freq', 660);
        rig.scsynth.set(1001, 'freq', 660);
        await listener.pitched(660);
        rig.scsynth.free(1000);
        rig.scsynth.free(1001);
        await listener.silent();
        await listener.close();
    });

    test(`stereo arrives, by ${name}`, async () => {
        const listener = await listen(options());
        rig.scsynth.play('tone', 1000, { freq: 440, out: 0 });
        const left = await listener.pitched(440);
        rig.scsynth.free(1000);
        await listener.silent();
        rig.scsynth.play('tone', 1000, { freq: 550, out: 1 });
        const right = await listener.pitched(550);
        rig.scsynth.free(1000);
        await listener.close();
        assert.ok(rms(left.left) > 0.1, `left ${rms(left.left)}`);
        assert.ok(rms(left.right) < 0.001, `not left ${rms(left.right)}`);
        assert.ok(rms(right.right) > 0.1, `right ${rms(right.right)}`);
        assert.ok(rms(right.left) < 0.001, `not right ${rms(right.left)}`);
    });
}

test('NaN and 1e30 come out finite and within full scale', async () => {
    const listener = await listen({ base: rig.controller.base });
    rig.scsynth.play('broken', 1000);
    const meter = await rig.controller.receive((message) => message.type === 'meter' &&
        message.peak[1] > -1);
    await listener.hear(1);
    const { left, right } = listener.heard(3); // the onset too: Opus takes a constant away
    rig.scsynth.free(1000);
    rig.scsynth.play('tone', 1001, { freq: 440, out: 0 });
    await listener.pitched(440);
    rig.scsynth.free(1001);
    await listener.close();
    assert.deepEqual(meter.peak, [-200, 0]);
    assert.ok([...left, ...right].every((x) => Number.isFinite(x) && Math.abs(x) <= 1));
    assert.ok(peak(left) < 0.001 && peak(right) > 0.5, `${peak(left)} ${peak(right)}`);
});
