// SPDX-License-Identifier: GPL-3.0-or-later
// A room in a browser's own player, through the redirection to another port.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, browser, page;
before(async () => {
    farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
    browser = await launchBrowser();
    page = await browser.page();
    await page.goto(`${farfield.base}/`);
});
after(async () => {
    await browser?.close();
    await farfield?.stop();
});

// Runs in the page: plays and measures what is heard from then on.
async function play(path) {
    window.player = new Audio();
    window.player.crossOrigin = 'anonymous';
    window.player.src = path;
    window.context = new AudioContext();
    window.analyser = new AnalyserNode(window.context, { fftSize: 16384, smoothingTimeConstant: 0 });
    window.context.createMediaElementSource(window.player).connect(window.analyser);
    await window.player.play();
}
// Runs in the page: the strongest partial, Hz, and how far the player is.
function look() {
    const bins = new Float32Array(window.analyser.frequencyBinCount);
    window.analyser.getFloatFrequencyData(bins);
    const best = bins.indexOf(Math.max(...bins));
    return { hz: bins[best] > -60 ? best * window.context.sampleRate / 16384 : 0,
        at: window.player.currentTime };
}

for (const kind of ['webm', 'ogg']) {
    test(`an audio element plays listen.${kind}`, async () => {
        await page.evaluate(play, `/v1/rooms/main/listen.${kind}`);
        const { at } = await waitFor('440 Hz', async () => {
            const seen = await page.evaluate(look);
            return Math.abs(seen.hz - 440) < 4 && seen.at > 1 && seen;
        });
        await waitFor('more', async () => (await page.evaluate(look)).at > at + 2);
        const { body: { listeners } } = await farfield.api('GET', '/v1/listeners');
        assert.deepEqual(listeners.map((listener) => listener.kind), [kind]);
        assert.match(listeners[0].client, /^Chrom/);
        assert.deepEqual(page.problems, []);
        await page.evaluate(() => {
            window.player.removeAttribute('src');
            window.player.load();
            return window.context.close();
        });
        await waitFor('nobody', async () =>
            (await farfield.api('GET', '/v1/listeners')).body.listeners.length === 0);
    });
}
