// SPDX-License-Identifier: GPL-3.0-or-later
// The far end of network.mjs: joins, and measures when it is told to. Options (JSON): url, headers,
// mode, room.
import { listen } from './listener.mjs';
import { gaps, pitch } from './sound.mjs';

const { url, ...options } = JSON.parse(process.argv[2]);

try {
    const listener = await listen({ base: url, ...options });
    let frames = listener.frames;
    let before = await listener.stats();
    process.on('message', async () => {
        const now = await listener.stats();
        const grown = (name) => (now[name] ?? 0) - (before[name] ?? 0);
        const { rate, left } = listener.heard((listener.frames - frames) / listener.tape.rate);
        const measured = {
            seconds: left.length / rate,
            gaps: gaps(left, rate),
            concealed: grown('concealedSamples') / Math.max(1, grown('totalSamplesReceived')),
            silent: grown('silentConcealedSamples') / Math.max(1, grown('totalSamplesReceived')),
            lost: grown('packetsLost'),
            received: grown('packetsReceived'),
            buffer: grown('jitterBufferDelay') / Math.max(1, grown('jitterBufferEmittedCount')),
            hz: pitch(left, rate),
        };
        before = now;
        frames = listener.frames;
        process.send({ result: measured });
    });
    process.on('disconnect', () => process.exit(0));
    process.send({ result: 'joined' });
} catch (error) {
    process.send({ error: String(error?.message ?? error) }, () => process.exit(1));
}
