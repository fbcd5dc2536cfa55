// SPDX-License-Identifier: GPL-3.0-or-later
// The WebSocket doors: Opus and PCM heard at their pitch, and what is said beside them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { level, pitch } from '../lib/sound.mjs';
import { openStream, streamsOf } from '../lib/streams.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => {
    farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
});
after(() => farfield.stop());

const isNear = (hz, expected) => assert.ok(Math.abs(hz - expected) < 1, `${hz} Hz`);
const inSequence = (packets) => packets.forEach(({ sequence }, i) =>
    assert.equal(sequence, packets[0].sequence + i));

for (const [name, codec, frame] of [['audio', 'opus', 10], ['pcm', 's16', 20]]) {
    test(`${codec} is heard at its pitch, whole and in time`, async () => {
        const client = await openStream((await streamsOf(farfield))[name]);
        const { metadata } = client;
        assert.deepEqual([metadata.codec, metadata.sampleRate, metadata.channels, metadata.frame,
            metadata.room], [codec, 48000, 2, frame, 'main']);
        const sound = await client.hear(1);
        isNear(pitch(sound.left), 440);
        inSequence(sound.packets);
        const { packets } = sound;
        const spread = packets.map(({ time }, i) => time - packets[0].time - i * frame / 1000);
        assert.ok(Math.max(...spread.map(Math.abs)) < 0.01, 'the times are even');
        assert.ok(Math.abs(Date.now() / 1000 - packets.at(-1).time) < 1, 'the time is now');
        await client.close();
    });
}
