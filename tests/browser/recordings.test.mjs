// SPDX-License-Identifier: GPL-3.0-or-later
// A recording in a browser's own player, which asks for the parts of the file that it wants and
// cannot bring the key.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

const key = 'a key of this test';

let farfield, browser, page, node;
const statuses = new Set();

before(async () => {
    farfield = await startFarfield({ key });
    browser = await launchBrowser();
    page = await browser.page();
    page.on('response', (response) => {
        if (response.url().includes('/audio')) statuses.add(response.status());
    });
    await page.goto(`${farfield.base}/`);
    ({ body: { id: node } } = await farfield.api('POST', '/v1/nodes',
        { synthdef: 'sine', controls: { freq: 440, amp: 0.2 } }));
});
after(async () => {
    await browser?.close();
    await farfield?.stop();
});

const pitchTo = (freq) => farfield.api('PATCH', `/v1/nodes/${node}`, { controls: { freq } });

async function record(format) {
    await pitchTo(440);
    const { body: { id } } = await farfield.api('POST', '/v1/recordings', { format, seconds: 8 });
    await sleep(4000);
    await pitchTo(880);
    return waitFor('its end', async () => {
        const { body } = await farfield.api('GET', `/v1/recordings/${id}`);
        return body.state === 'done' && body;
    });
}

// Runs in the page: plays from there, and tells the strongest partial of half a second, Hz.
async function hear({ path, from }) {
    window.player ??= new Audio();
    if (!window.player.src.endsWith(path)) {
        window.player = new Audio(path);
        window.context = new AudioContext();
        window.analyser = new AnalyserNode(window.context,
            { fftSize: 16384, smoothingTimeConstant: 0 });
        window.context.createMediaElementSource(window.player).connect(window.analyser);
        await new Promise((done, failed) => {
            window.player.onloadedmetadata = done;
            window.player.onerror = () => failed(new Error(window.player.error.message));
        });
    }
    window.player.currentTime = from;
    await window.player.play();
    await new Promise((done) => { setTimeout(done, 900); });
    window.player.pause();
    const bins = new Float32Array(window.analyser.frequencyBinCount);
    window.analyser.getFloatFrequencyData(bins);
    const best = bins.indexOf(Math.max(...bins));
    return { hz: best * window.context.sampleRate / window.analyser.fftSize,
        duration: window.player.duration, at: window.player.currentTime };
}

for (const format of ['wav', 'flac']) {
    test(`${format}: its length is known, and any place of it can be gone to`, async () => {
        const recording = await record(format);
        const { body: { path } } = await farfield.api('POST', `/v1/recordings/${recording.id}/link`);
        for (const [from, hz] of [[6, 880], [1, 440], [5.5, 880], [2, 440]]) {
            const heard = await page.evaluate(hear, { path, from });
            assert.ok(Math.abs(heard.duration - 8) < 0.01, `${heard.duration} s`);
            assert.ok(heard.at > from + 0.3, `at ${heard.at}`);
            assert.ok(Math.abs(heard.hz - hz) < 5, `${heard.hz} Hz at ${from} s`);
        }
        assert.ok(statuses.has(206), [...statuses].join());
        assert.deepEqual(page.problems, []);
    });
}
