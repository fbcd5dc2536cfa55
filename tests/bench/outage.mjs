// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline is killed while 20 listen by the client library: how long until all hear again?
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';
import { median, round, sleep } from './figures.mjs';

const LISTENERS = 20;
const KILLS = 5;

// Runs in the page: listens `count` times, by one kind of path.
async function listenMany({ count, kind }) {
    const { Farfield } = await import('/client/farfield.js');
    const { Listening } = await import('/client/listening.js');
    const farfield = new Farfield(document.baseURI);
    farfield.connect();
    window.all = Array.from({ length: count }, () => {
        const listening = new Listening(farfield.rpc, { kinds: [kind] });
        listening.start();
        return listening;
    });
    window.sounding = () => window.all.map(({ output }) => output.level().peak[0] > -60);
    // Milliseconds after `from` at which each sounded again, having been silent.
    window.heardAgain = (from) => Promise.all(window.all.map((listening) =>
        new Promise((done, fail) => {
            const { output } = listening;
            let isSilent = false;
            const timer = setInterval(() => {
                const sounds = output.level().peak[0] > -60;
                isSilent ||= !sounds;
                if (isSilent && sounds) done(Date.now() - from);
                else if (Date.now() > from + 60000) {
                    const { state, error, path, stats } = listening;
                    const was = { isSilent, sounds, state, error, path, stats, context: output.context.state };
                    fail(new Error(`never heard again: ${JSON.stringify(was)}`));
                } else return;
                clearInterval(timer);
            }, 10);
        })));
}

async function outages(kind) {
    const farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    const browser = await launchBrowser();
    const page = await browser.page();
    await page.goto(`${farfield.base}/`);
    await page.evaluate(listenMany, { count: LISTENERS, kind });
    const [all, half] = [[], []];
    for (let kill = 0; kill < KILLS; kill++) {
        await waitFor('all to hear', () => page.evaluate(() => window.sounding().every(Boolean)));
        await sleep(5);
        await farfield.kill('pipeline');
        const times = await page.evaluate((from) => window.heardAgain(from), Date.now());
        all.push(Math.max(...times));
        half.push(median(times));
    }
    await browser.close();
    await farfield.stop();
    return { all, half };
}

export async function measure() {
    const rows = [];
    for (const [name, kind] of [['WebRTC', 'webrtc'], ['WebSocket', 'websocket']]) {
        const { all, half } = await outages(kind);
        rows.push({
            path: name,
            'half of them hear again': `${round(median(half))} ms`,
            'all do': `${round(median(all))} ms`,
            'all do, slowest kill': `${round(Math.max(...all))} ms`,
        });
    }
    return {
        title: 'Outages',
        words: `
SIGKILL of the pipeline while ${LISTENERS} listen in one page of Chromium, each by a client of its
own; medians of ${KILLS} kills. From the end of the process to sound in each client's output, without
a person's hand. The browser itself holds back WebSockets of one page that follow each other fast.`,
        rows,
    };
}
