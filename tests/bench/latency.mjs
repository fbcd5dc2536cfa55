// SPDX-License-Identifier: GPL-3.0-or-later
// From a click in scsynth to where it is heard: decoded in a native listener, or on the audio thread
// of a browser.
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { mountpoint, startJanus } from '../lib/janus.mjs';
import { freeUdpPort } from '../lib/receiver.mjs';
import { waitFor } from '../lib/wait.mjs';
import { measureClicks, now } from './click.mjs';
import { median, quantile, round, sleep } from './figures.mjs';

const RUNS = 5;
const CLICKS = 20;
const SETTLE = 8; // seconds in which buffers find their size
const MODES = ['balanced', 'lowest', 'safe'];

// --- native -------------------------------------------------------------------------------------

async function native(farfield, options) {
    const listener = await farfield.listen(options);
    let heard = [];
    const add = listener.tape.add.bind(listener.tape);
    listener.tape.add = (data) => {
        const time = now();
        add(data);
        if (data.samples.some((x) => Math.abs(x) > 2000)) heard.push(time);
    };
    await listener.hear(SETTLE);
    const delays = await measureClicks(farfield, CLICKS, () => heard.splice(0));
    const stats = await listener.stats();
    await listener.close();
    return { delays, buffer: 1000 * stats.jitterBufferDelay / stats.jitterBufferEmittedCount };
}

// --- in Chromium --------------------------------------------------------------------------------

// On the audio thread, where the path's own node ends.
const EAR = `registerProcessor('ear', class extends AudioWorkletProcessor {
    process([[left]]) {
        if (left?.some((x) => Math.abs(x) > 0.06)) this.port.postMessage(Date.now());
        return true;
    }
});`;

// Runs in the page: hears a room by the client library.
async function listenInPage({ mode, ear }) {
    const { Rpc } = await import('/client/rpc.js');
    const { Listening } = await import('/client/listening.js');
    const about = await (await fetch('/v1')).json();
    const rpc = new Rpc(async () => about, '');
    rpc.connect();
    const listening = new Listening(rpc, { kinds: ['webrtc'] });
    const { output } = listening;
    await output.context.audioWorklet.addModule(URL.createObjectURL(
        new Blob([ear], { type: 'text/javascript' })));
    globalThis.heard = [];
    const play = output.play.bind(output);
    output.play = (node) => {
        const worklet = new AudioWorkletNode(output.context, 'ear');
        worklet.port.onmessage = ({ data }) => globalThis.heard.push(data);
        node.connect(worklet);
        return play(node);
    };
    listening.mode = mode;
    listening.start();
    globalThis.listening = listening;
}

async function inBrowser(farfield, browser, mode) {
    const page = await browser.page();
    // The server's own rules let no foreign worklet in.
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setBypassCSP', { enabled: true });
    await page.goto(new URL('/client/rpc.js', farfield.base).href);
    await page.evaluate(listenInPage, { mode, ear: EAR });
    await waitFor(`${mode} to sound`, () => page.evaluate(() =>
        globalThis.listening.state === 'connected' && globalThis.listening.path?.mode));
    await sleep(SETTLE);
    const delays = await measureClicks(farfield, CLICKS,
        () => page.evaluate(() => globalThis.heard.splice(0)));
    const { stats, path } = await page.evaluate(() => {
        const { stats, path } = globalThis.listening;
        return { stats, path };
    });
    await page.close();
    if (path.mode !== mode) throw new Error(`${path.mode} was heard for ${mode}: ${path.reason}`);
    return { delays, buffer: 1000 * stats.buffer, shown: 1000 * stats.delay, gaps: stats.gaps };
}

// --- both ---------------------------------------------------------------------------------------

function row(where, mode, runs) {
    const heard = runs.map(({ delays }) => delays.filter((delay) => delay !== null));
    const over = (take) => round(median(runs.map(take)));
    const missed = runs.flatMap(({ delays }) => delays).filter((delay) => delay === null).length;
    return {
        'heard in': where, mode,
        minimum: round(Math.min(...heard.flat())),
        median: round(median(heard.map((delays) => median(delays)))),
        p95: round(median(heard.map((delays) => quantile(delays, 0.95)))),
        clicks: heard.flat().length, 'not heard': missed,
        'buffer': over((run) => run.buffer),
        'delay that the client shows': runs[0].shown ? over((run) => run.shown) : '',
    };
}

export async function measure() {
    const farfield = await startFarfield();
    const port = await freeUdpPort();
    const janus = await startJanus({ streaming: mountpoint(port) });
    await farfield.api('POST', '/v1/relays', { host: '127.0.0.1', port });
    const browser = await launchBrowser();
    const ways = [
        ...MODES.map((mode) => ['native client', mode, () => native(farfield, { mode })]),
        ['native client, by Janus', 'balanced', () => native(farfield, { join: janus.joinWith(1) })],
        ...MODES.map((mode) => ['Chromium', mode, () => inBrowser(farfield, browser, mode)]),
    ];
    const runs = ways.map(() => []);
    for (let i = 0; i < RUNS; i++) {
        for (const [at, [where, mode, run]] of ways.entries()) {
            console.log(`  run ${i + 1} of ${RUNS}: ${where}, ${mode}`);
            runs[at].push(await run());
        }
    }
    await browser.close();
    await janus.stop();
    await farfield.stop();
    return {
        title: 'Delay',
        words: `
Milliseconds from the time at which scsynth was told to click (a bundle with a timetag, so the way of
the command is not in it) to where the click is heard: in a native client, the moment when libwebrtc
(\`@roamhq/wrtc\`) hands over the decoded block of 10 ms that holds it; in Chromium, the moment when an
AudioWorklet behind the client library's player gets it, by its clock of whole milliseconds. The
guard's limiter (3 ms) is in it. Medians of ${RUNS} runs of ${CLICKS} clicks, in turns. Janus' streaming plugin gets
the same packets by a relay. The buffer is the jitter buffer's mean delay as libwebrtc counts it, or
the ring's level in \`lowest\` in Chromium. What the client shows reaches to the ear, and so has the
browser's own output in it, which a worklet does not see.`,
        rows: ways.map(([where, mode], at) => row(where, mode, runs[at])),
    };
}
