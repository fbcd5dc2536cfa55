// SPDX-License-Identifier: GPL-3.0-or-later
// Control changes a second: one WebSocket connection beside a Node bridge, and REST by wrk.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, startFarfield, temporaryFolder } from '../lib/farfield.mjs';
import { median, round, thousands } from './figures.mjs';
import { flood } from './flood.mjs';

const MESSAGES = 300000;
const RUNS = 5;

const request = (method, params, id) => JSON.stringify({ jsonrpc: '2.0', method, params, id });

async function startBridge(scsynth) {
    const port = /-u\0(\d+)/.exec(readFileSync(`/proc/${scsynth}/cmdline`, 'utf8'))[1];
    const bridge = spawn(process.execPath, [join(root, 'tests/bench/bridge.mjs'), port],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(bridge.stdout, 'data');
    return { bridge, port: Number(line) };
}

async function websocket(farfield, id) {
    const texts = Array.from({ length: 1000 },
        (_, i) => request('node.set', { id, controls: { freq: 200 + i } }));
    const last = request('node.show', { id }, 1);
    const { bridge, port } = await startBridge(farfield.pids.scsynth);
    const ours = [];
    const theirs = [];
    // In turns, so that whatever else the machine does meets both.
    for (let i = 0; i < RUNS; i++) {
        ours.push(MESSAGES / await flood({ port: farfield.wsPort, protocol: 'farfield.v1', texts,
            count: MESSAGES, last }));
        theirs.push(MESSAGES / 5 / await flood({ port, texts, count: MESSAGES / 5, last }));
    }
    bridge.kill();
    return { ours: median(ours), theirs: median(theirs) };
}

function rest(farfield, id, connections) {
    const script = join(temporaryFolder(), 'patch.lua');
    writeFileSync(script, `wrk.method = "PATCH"
wrk.headers["Content-Type"] = "application/json"
local n = 0
request = function()
  n = n + 1
  return wrk.format(nil, "/v1/nodes/${id}", nil, '{"controls":{"freq":' .. (200 + n % 1000) .. '}}')
end
`);
    const runs = Array.from({ length: 3 }, () => {
        const text = execFileSync('wrk', ['-t1', `-c${connections}`, '-d3s', '--latency', '-s',
            script, farfield.base], { encoding: 'utf8' });
        if (/Non-2xx/.test(text)) throw new Error(text);
        return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
            latency: Number(/50%\s+([\d.]+)ms/.exec(text)?.[1] ?? NaN) };
    });
    return { rate: median(runs.map((r) => r.rate)), latency: median(runs.map((r) => r.latency)) };
}

export async function measure() {
    const farfield = await startFarfield({ settings: { 'log-level': 'warning' } });
    const { body: { id } } = await farfield.api('POST', '/v1/nodes',
        { synthdef: 'sine', controls: { amp: 0.01 } });
    const { ours, theirs } = await websocket(farfield, id);
    const rows = [{
        what: 'control changes a second, one WebSocket connection',
        Farfield: thousands(ours),
        'Node bridge (ws, osc)': thousands(theirs),
        ratio: round(ours / theirs),
    }];
    for (const connections of [1, 8, 64, 128]) {
        const { rate, latency } = rest(farfield, id, connections);
        rows.push({ what: `REST PATCH a second, ${connections} connections`,
            Farfield: `${thousands(rate)}, median ${latency} ms` });
    }
    await farfield.stop();
    return {
        title: 'Control',
        words: `
Medians of ${RUNS} runs of ${MESSAGES} \`node.set\` notifications with a new frequency each, until
the connection's next request is answered; the bridge does the same with a fifth of the messages,
in turns. Farfield merges them to the latest value and sends a bundle a millisecond, the bridge an
OSC message each. A REST answer waits until scsynth has carried the change out (\`/sync\`), which
takes two JACK periods (of 128 frames, 2.7 ms) whatever the controller does: more connections wait
side by side.`,
        rows,
    };
}
