// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline is killed while 20 listen by the client library: how long until all hear again?
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor, within } from '../lib/wait.mjs';
import { median, round, sleep } from './figures.mjs';

const LISTENERS = 20;
const KILLS = 5;
const PATIENCE = 60000; // ms

// Run in each page.
async function listenBy(kind) {
    const { Farfield } = await import('/client/farfield.js');
    const { Listening } = await import('/client/listening.js');
    const farfield = new Farfield(document.baseURI);
    farfield.connect();
    window.listening = new Listening(farfield.rpc, { kinds: [kind] });
    window.listening.start();
}
const sounds = () => window.listening.output.level().peak[0] > -60;
// The time at which it sounded again, having been silent.
const heardAgain = () => new Promise((done) => {
    let isSilent = false;
    const timer = setInterval(() => {
        const isHeard = window.listening.output.level().peak[0] > -60;
        isSilent ||= !isHeard;
        if (!isSilent || !isHeard) return;
        clearInterval(timer);
        done(Date.now());
    }, 10);
});

// A page each, as browsers hold back connections of one page that follow each other fast.
async function outages(kind) {
    const farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    const browser = await launchBrowser();
    const pages = [];
    for (let i = 0; i < LISTENERS; i++) {
        const page = await browser.page();
        await page.goto(`${farfield.base}/`);
        await page.evaluate(listenBy, kind);
        pages.push(page);
    }
    const [all, half] = [[], []];
    for (let kill = 0; kill < KILLS; kill++) {
        await waitFor('all to hear', async () =>
            (await Promise.all(pages.map((page) => page.evaluate(sounds)))).every(Boolean));
        await sleep(5);
        const again = pages.map((page) => page.evaluate(heardAgain));
        await farfield.kill('pipeline');
        const killed = Date.now();
        const times = (await within('sound again', PATIENCE, Promise.all(again)))
            .map((time) => time - killed);
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
        words: `SIGKILL of the pipeline while ${LISTENERS} pages of Chromium listen; medians of
${KILLS} kills. From the end of the process to sound in each page, without a person's hand.`,
        rows,
    };
}
