// SPDX-License-Identifier: GPL-3.0-or-later
// What is heard beyond a bad network, by condition, client and mode.
import { fileURLToPath } from 'node:url';
import { startFarfield } from '../lib/farfield.mjs';
import { startWire } from '../lib/network.mjs';
import { waitFor } from '../lib/wait.mjs';
import { round, sleep } from './figures.mjs';

const BROWSER = fileURLToPath(new URL('network_browser.mjs', import.meta.url));
const SETTLE = Number(process.env.SETTLE ?? 5); // seconds
const SECONDS = Number(process.env.SECONDS ?? 10);
const CONDITIONS = [
    ['good', []],
    ['1 % lost', ['loss 0.01']],
    ['5 % lost', ['loss 0.05']],
    ['10 % lost', ['loss 0.1']],
    ['jitter of 30 ms', ['jitter 30']],
    ['5 % overtaken, 30 ms late', ['reorder 0.05 30']],
    ['200 kbit/s', ['rate 200']],
    ['away for 5 s', null],
];
const CLIENTS = [
    ['libwebrtc', 'balanced'], ['libwebrtc', 'safe'],
    ['Chromium', 'lowest'], ['Chromium', 'balanced'], ['Chromium', 'safe'],
];

const percent = (share) => `${round(100 * share, 2)} %`;
const ms = (seconds) => (seconds === undefined || Number.isNaN(seconds) ? '' : round(1000 * seconds));

// Milliseconds from the moment that the link is back to the first packets that arrive.
async function back(far) {
    const begin = performance.now();
    await waitFor('packets again', async () => (await far.measure()).received > 5,
        { timeout: 60000, every: 100 });
    return performance.now() - begin;
}

async function underCondition({ wire, far, served }, orders) {
    if (!orders) {
        wire.order('down');
        await sleep(5);
        await far.measure();
        wire.order('up');
        const time = await back(far);
        await sleep(SETTLE);
        await far.measure();
        await sleep(5);
        return { ...await far.measure(), back: time, served: await served() };
    }
    wire.order(...orders);
    await sleep(SETTLE);
    await far.measure();
    await sleep(SECONDS);
    const heard = { ...await far.measure(), served: await served() };
    wire.order('clear');
    await sleep(SETTLE);
    return heard;
}

async function measureClient(farfield, wire, [client, mode]) {
    const url = `http://${wire.here}:${farfield.httpPort}`;
    const far = client === 'Chromium' ? await wire.listen({ url, key: farfield.key, mode }, BROWSER)
        : await wire.listen({ url, headers: farfield.headers, mode });
    const served = async () => (await farfield.api('GET', '/v1/listeners')).body.listeners[0]?.served;
    const rows = [];
    try {
        await sleep(SETTLE);
        for (const [condition, orders] of CONDITIONS) {
            const heard = await underCondition({ wire, far, served }, orders);
            const gaps = heard.gaps?.filter((gap) => gap.seconds > 0.01);
            rows.push({
                network: condition, client, mode, 'got at the end': heard.served,
                'packets lost': percent(heard.lost / Math.max(1, heard.lost + heard.received)),
                'made up': percent(heard.concealed),
                'gaps over 10 ms': gaps?.length ?? heard.underruns,
                'buffer, ms': ms(heard.buffer), 'capture to ear, ms': ms(heard.delay),
                'heard again after, ms': heard.back ? round(heard.back, 0) : '',
            });
            console.log(JSON.stringify(rows.at(-1)));
        }
    } catch (error) {
        rows.push({ network: 'ended', client, mode, 'got at the end': error.message });
        console.log(error);
    }
    await far.close();
    return rows;
}

export async function measure() {
    const { wire, reason } = await startWire();
    if (!wire) throw new Error(`no network can be made here: ${reason}`);
    const farfield = await startFarfield({ key: 'a key', settings: { address: '0.0.0.0' } });
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    const all = [];
    for (const client of CLIENTS) {
        wire.order('clear');
        all.push(...await measureClient(farfield, wire, client));
    }
    await wire.close();
    await farfield.stop();
    const order = CONDITIONS.map(([name]) => name);
    all.sort((a, b) => order.indexOf(a.network) - order.indexOf(b.network));
    return {
        title: 'Bad networks',
        words: `
One listener in a network namespace of its own, behind a link that \`tests/lib/wire.c\` spoils in both
directions; one run of ${SECONDS} s for each condition, after ${SETTLE} s to settle. "Made up" is the share of
what was heard that the decoder had to invent (\`concealedSamples\`); error correction and redundancy
that work are not in it. A listener who loses packets is served safely whatever it asked for, which
"got at the end" shows. "Capture to ear" is what the client library measures and reports, the
browser's output included. Behind 200 kbit/s up to 250 ms wait in the link's queue. "Heard again" counts
from the moment that the link is back.`,
        rows: all,
    };
}
