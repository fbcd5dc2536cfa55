// SPDX-License-Identifier: GPL-3.0-or-later
// Large trees, large bundles, recovery, and memory over a million control changes.
import { once } from 'node:events';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';
import { median, memory, round, sleep } from './figures.mjs';

const CHANGES = 1000000;
let farfield, rpc;

async function timed(run) {
    const start = performance.now();
    const result = await run();
    return { ms: performance.now() - start, result };
}

const sines = (count, target) => Array.from({ length: count }, () => ({ method: 'synth.new',
    params: { synthdef: 'sine', controls: { amp: 0 }, target, action: 'tail' } }));

async function paused() {
    const { id } = await rpc.call('group.new', {});
    await rpc.call('node.run', { id, run: false });
    return id;
}

async function bundles() {
    const times = [];
    for (let i = 0; i < 5; i++) {
        const group = await paused();
        const { ms, result } = await timed(() =>
            rpc.call('bundle.send', { commands: sines(1000, group) }));
        if (result.failed) throw new Error(`${result.failed} of a thousand failed`);
        times.push(ms);
        await rpc.call('node.free', { id: group });
        await waitFor('room', async () => (await rpc.call('server.status', {})).synths < 10);
    }
    return median(times);
}

async function list() {
    const group = await paused();
    for (let i = 0; i < 5; i++) await rpc.call('bundle.send', { commands: sines(1000, group) });
    const times = [];
    for (let i = 0; i < 21; i++) {
        const { ms, result } = await timed(async () => {
            const answer = await fetch(`${farfield.base}/v1/nodes`);
            return (await answer.arrayBuffer()).byteLength;
        });
        if (result < 5000 * 100) throw new Error('not all nodes were listed');
        times.push(ms);
    }
    await rpc.call('node.free', { id: group });
    return median(times);
}

// 200 synths in 10 groups, half of them mapped, and 20 buffers of a second each.
async function populate() {
    const bus = await rpc.call('bus.new', { values: [300] });
    for (let i = 0; i < 20; i++) {
        const { id } = await rpc.call('buffer.new', { frames: 48000, channels: 1 });
        await rpc.call('buffer.generate', { id: String(id), wave: 'sine1', amplitudes: [1, 0.5] });
    }
    for (let i = 0; i < 10; i++) {
        const { id } = await rpc.call('group.new', {});
        const commands = sines(20, id);
        for (const { params } of commands.slice(10)) params.map = { freq: bus.id };
        await rpc.call('bundle.send', { commands });
    }
}

async function recovery() {
    const times = [];
    await populate();
    const before = (await rpc.call('node.list', {})).nodes;
    for (let i = 0; i < 5; i++) {
        await sleep(1);
        const { epoch } = await rpc.call('server.status', {});
        const { ms } = await timed(async () => {
            await farfield.kill('scsynth');
            await waitFor('the next epoch', async () => {
                const status = await rpc.call('server.status', {});
                return status.state === 'running' && status.epoch > epoch;
            }, { every: 5 });
        });
        times.push(ms);
        const after = (await rpc.call('node.list', {})).nodes;
        if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error('not all is back');
    }
    await rpc.call('server.panic', {});
    return times;
}

async function growth() {
    const { id } = await rpc.call('synth.new', { synthdef: 'sine', controls: { amp: 0 } });
    const change = async (count) => {
        for (let i = 0; i < count; i += 10000) {
            for (let k = 0; k < 10000; k++) {
                rpc.notify('node.set', { id, controls: { freq: 200 + (i + k) % 5000 } });
            }
            await rpc.call('node.show', { id });
        }
    };
    await change(CHANGES / 10);
    const before = memory(farfield.pids.controller);
    await change(CHANGES);
    return { before, after: memory(farfield.pids.controller) };
}

export async function measure() {
    farfield = await startFarfield();
    rpc = await farfield.rpc();
    const bundle = await bundles();
    const nodes = await list();
    const back = await recovery();
    const { before, after } = await growth();
    rpc.socket.close();
    await once(rpc.socket, 'close');
    await farfield.stop();
    return {
        title: 'The server model',
        words: `
Medians. A bundle counts from the request to the answer with all nodes, which scsynth has started by
then; recovery from SIGKILL of scsynth to the next epoch, with every node back in its place (checked)
and every buffer loaded. Memory is the controller's, after a tenth as many changes and after all.`,
        rows: [
            { what: '1,000 `synth.new` in one bundle', figure: `${round(bundle, 1)} ms` },
            { what: '`GET /v1/nodes` of 5,000 nodes', figure: `${round(nodes, 1)} ms` },
            { what: 'scsynth killed, 200 synths, 11 groups, 100 maps, 20 buffers back',
                figure: `${round(median(back), 0)} ms (slowest ${round(Math.max(...back), 0)})` },
            { what: `resident memory over ${CHANGES.toLocaleString('en')} control changes`,
                figure: `${round(before, 1)} MiB, then ${round(after, 1)} MiB` },
        ],
    };
}
