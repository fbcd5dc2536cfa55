// SPDX-License-Identifier: GPL-3.0-or-later
// How long it takes until a scene is kept, and until it is there again.
import { startFarfield } from '../lib/farfield.mjs';
import { median, quantile, round } from './figures.mjs';

const SYNTHS = 200;
const RUNS = 15;

async function timed(farfield, method, path, body) {
    const start = performance.now();
    const answer = await farfield.api(method, path, body);
    const took = performance.now() - start;
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return { took, body: answer.body };
}

// Half of them in ten groups, half mapped to a bus.
function scene(count) {
    const synth = (i) => ({
        kind: 'synth', synthdef: 'sine', controls: { freq: 200 + i, amp: 0.0001, pan: 0 },
        ...(i % 2 && { maps: { pan: { bus: 0 } } }),
    });
    const nodes = Array.from({ length: count / 2 }, (_, i) => synth(i));
    for (let g = 0; g < 10; g++) {
        nodes.push({ kind: 'group', name: `g${g}`,
            nodes: Array.from({ length: count / 20 }, (_, i) => synth(i)) });
    }
    return { format: 'farfield.scene', version: 1,
        buses: [{ rate: 'control', channels: 1, name: 'pan', values: [0] }],
        nodes: [{ kind: 'room', room: 'main', nodes }] };
}

async function recalls(farfield, name, wish) {
    const times = [];
    for (let i = 0; i < RUNS; i++) {
        const { took, body } = await timed(farfield, 'POST', `/v1/scenes/${name}/recall`, wish);
        if (body.failed) throw new Error(`${body.failed} nodes were not made`);
        times.push(took);
        // The old ones ring out.
        await new Promise((done) => { setTimeout(done, 700); });
    }
    return `${round(median(times))} ms, at most ${round(quantile(times, 1))} ms`;
}

export async function measure() {
    const farfield = await startFarfield({ settings: { 'log-level': 'warning' } });
    await timed(farfield, 'PUT', '/v1/scenes/many', { scene: scene(SYNTHS) });
    const rows = [
        { what: `recall of ${SYNTHS} synths, replacing as many`,
            answered: await recalls(farfield, 'many', {}) },
        { what: 'the same with a fade of 0.1 s',
            answered: await recalls(farfield, 'many', { fade: 0.1 }) },
    ];
    const keeps = [];
    for (let i = 0; i < RUNS; i++)
        keeps.push((await timed(farfield, 'PUT', `/v1/scenes/kept${i}`)).took);
    rows.push({ what: `keeping ${SYNTHS} synths`,
        answered: `${round(median(keeps))} ms, at most ${round(quantile(keeps, 1))} ms` });
    await farfield.stop();
    return {
        title: 'Scenes',
        words: `
From the request to the answer, medians of ${RUNS}. A recall is answered when scsynth has started
every synth, which takes two JACK periods (of 128 frames, 2.7 ms) whatever the controller does. Half
of the synths are in ten groups, half have a control mapped to a bus. There are no buffers to load.`,
        rows,
    };
}
