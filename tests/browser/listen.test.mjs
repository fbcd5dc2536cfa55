// SPDX-License-Identifier: GPL-3.0-or-later
// The Listen view in a real Chromium: what it shows is what sounds.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { accessible, closePanel, screenshots, sees } from '../lib/panel.mjs';
import { rms } from '../lib/sound.mjs';
import { Tap } from '../lib/tap.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, browser, page, tap;

async function open(options) {
    const opened = await browser.page(options);
    opened.setDefaultTimeout(30000);
    await opened.goto(`${farfield.base}/#listen`);
    await opened.waitForSelector('#listen:not([disabled])');
    return opened;
}

async function listen(on = page) {
    await on.locator('#listen').click();
    await on.waitForSelector('#listening[data-state=connected]');
}

const play = async (synthdef, controls) =>
    (await farfield.api('POST', '/v1/nodes', { synthdef, controls })).body.id;
const text = (selector, on = page) => on.locator(selector).innerText();
const meter = (id, on = page) => on.locator(`#meter-${id}`).getAttribute('aria-valuenow')
    .then(Number);

// What a canvas shows: for each column of device pixels the uppermost painted row, from 0 above to
// 1 below; null where nothing is painted. A slanted line of one pixel, smoothed, covers no pixel of a
// column by more than 96 of 255 where two of its pieces meet.
const outline = (selector, on = page) => on.locator(`${selector} canvas.moving`).evaluate((canvas) => {
    const { data, width, height } = canvas.getContext('2d')
        .getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: width }, (_, x) => {
        for (let y = 0; y < height; y++) if (data[4 * (y * width + x) + 3] > 50) return y / height;
        return null;
    });
});

before(async () => {
    farfield = await startFarfield();
    browser = await launchBrowser();
}, { timeout: 120000 });

beforeEach(async () => {
    page = await browser.page();
    page.setDefaultTimeout(30000);
    tap = await Tap.create(page);
    await page.goto(`${farfield.base}/#listen`);
    await page.waitForSelector('#listen:not([disabled])');
});

afterEach(async () => {
    await closePanel(page, farfield);
});

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

test('the first time the page warns, and the sound fades in without a jump', async () => {
    await page.evaluate(() => localStorage.removeItem('farfield.heard'));
    await page.reload();
    await sees(page, '#listen-state', /Turn your volume down first/);
    await play('sine', { freq: 440, amp: 0.3 });
    await page.locator('#listen').click();
    // The newest 20 ms, again and again.
    const levels = [];
    await waitFor('a level that stays', async () => {
        const now = rms((await tap.samples()).subarray(-960));
        if (now > 1e-5) levels.push({ at: Date.now(), now });
        const since = levels.filter(({ at }) => at > Date.now() - 700).map((each) => each.now);
        return levels.length > 40 && Date.now() - levels[0].at > 2500 &&
            Math.max(...since) / Math.min(...since) < 1.03;
    }, { timeout: 30000, every: 20 });
    const last = levels.at(-1).now;
    assert.ok(Math.max(...levels.map(({ now }) => now)) < last * 1.05, 'never above what it becomes');
    const reached = (part) => levels.find(({ now }) => now > part * last).at - levels[0].at;
    assert.ok(reached(0.5) > 600 && reached(0.9) > 1300, `${reached(0.5)} ms, ${reached(0.9)} ms`);
    let most = 0;
    for (const { now } of levels) {
        assert.ok(now > most * 0.93 - 1e-4, 'it only rises');
        most = Math.max(most, now);
    }
});

test('a volume that is moved while the sound fades in is no way round the fade', async () => {
    await play('sine', { freq: 440, amp: 0.3 });
    await listen();
    await tap.sounds();
    await page.locator('#volume').fill('100');
    const early = rms((await tap.samples()).subarray(-960));
    const late = await waitFor('the end of the fade', async () => {
        const [first, second] = [await tap.samples(), await tap.samples()]
            .map((samples) => rms(samples.subarray(-9600)));
        return first > 0.1 && Math.abs(first / second - 1) < 0.01 && second;
    }, { every: 300 });
    assert.ok(early < late * 0.75, `${early} of ${late}`);
});

test('the meter, the spectrum and the scope show what sounds', async () => {
    await listen();
    await sees(page, '#listen-state', /^Listening, the room is silent$/);
    const node = await play('sine', { freq: 1000, amp: 0.25, pan: -1 });
    await sees(page, '#listen-state', /^Listening$/);
    await sees(page, '#strongest', /^Strongest at (999\.\d|1000\.?\d?|1000) Hz · B5 [+−]\d+ cents · −1[2-9] dB$/);
    for (const id of ['received', 'room']) {
        await waitFor(`${id} at the sine's level`, async () => Math.abs(await meter(id) + 12) < 4);
        assert.match(await page.locator(`#meter-${id}`).getAttribute('aria-valuetext'),
            /^left −1\d dB, right (silent|−[3-6]\d dB)$/);
    }
    // 1 kHz is at log(50) / log(1000) of the way.
    const hills = await outline('.spectrum');
    const top = hills.indexOf(Math.min(...hills.filter((y) => y !== null)));
    assert.ok(Math.abs(top / hills.length - Math.log(50) / Math.log(1000)) < 0.02,
        `the hill is at ${top / hills.length}`);
    await page.locator('#scope-span').selectOption('5');
    // Five waves of the left channel, above; nothing but a line on the right.
    const waves = await waitFor('five waves', async () => {
        const rows = (await outline('.scope')).map((y) => y ?? 0.5);
        const crossings = rows.filter((y, x) => x > 0 && rows[x - 1] >= 0.25 && y < 0.25).length;
        return crossings >= 4 && crossings <= 6 && rows;
    });
    assert.ok(waves.every((y) => y < 0.5), `both of its lanes are used apart: ${Math.max(...waves)}`);
    await farfield.api('DELETE', `/v1/nodes/${node}`);
    await sees(page, '#strongest', /^Silence$/);
    await waitFor('the meter to fall', async () => await meter('received') === -60);
    // The highest peak stays, until it is pressed.
    const number = page.locator('.meter-number').first();
    assert.match(await number.innerText(), /^−1\d\.\d dB$/);
    await number.click();
    assert.equal(await number.innerText(), '–');
});

test('the peak is held for a moment, and falls', async () => {
    await listen();
    const node = await play('sine', { freq: 300, amp: 0.5 });
    await waitFor('its level', async () => await meter('received') > -12);
    await farfield.api('POST', `/v1/nodes/${node}/free`);
    await tap.silent();
    assert.ok(await meter('received') > -20, 'it is still to be seen');
    await waitFor('its fall', async () => await meter('received') === -60);
});

test('delay and losses are told in words, plotted, and there as a table', async () => {
    await play('sine');
    await listen();
    await sees(page, '.listen-words', /\d ms behind the server; nothing lost so far/);
    await page.waitForSelector('.uplot canvas');
    await waitFor('three entries', () => page.evaluate(() => {
        const details = document.querySelector('.plot-table');
        details.open = true;
        return details.querySelectorAll('tbody tr').length >= 3;
    }));
    assert.match(await text('.plot-table tbody tr:first-child'), /^\d\d:\d\d:\d\d\s+[\d.]+ ms$/);
    assert.match(await text('.plot-words >> nth=0'), /^[\d.]+ ms/);
});

test('the delay slider is moved by keys, by its names, and remembered', async () => {
    await play('sine');
    await listen();
    const mode = page.locator('#mode');
    await mode.focus();
    await page.keyboard.press('End');
    assert.equal(await mode.getAttribute('aria-valuetext'), 'Safest');
    await sees(page, '#delay-path', /^By WebRTC, safest$/);
    await page.locator('.stops button', { hasText: 'Lowest delay' }).click();
    await sees(page, '#delay-path', /^By WebRTC, lowest delay$/);
    await page.reload();
    assert.equal(await mode.getAttribute('aria-valuetext'), 'Lowest delay');
    await page.locator('.stops button', { hasText: 'Balanced' }).click();
});

test('nothing is drawn while it is not seen', async () => {
    await play('sine');
    await listen();
    await page.evaluate(() => {
        window.drawn = 0;
        const { stroke } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.stroke = function counted(...all) {
            if (this.canvas.closest('.figure')) window.drawn++;
            return stroke.apply(this, all);
        };
    });
    await waitFor('frames', () => page.evaluate(() => window.drawn > 10));
    const frames = await page.evaluate(async () => {
        window.drawn = 0;
        const begun = performance.now();
        await new Promise((done) => { setTimeout(done, 2000); });
        return (window.drawn / 3) / ((performance.now() - begun) / 1000); // three lines a frame
    });
    assert.ok(frames > 8 && frames < 31, `${frames} frames a second`);
    await page.locator('#tab-play').click();
    await page.waitForSelector('#view-listen', { state: 'hidden' });
    assert.equal(await page.evaluate(async () => {
        window.drawn = 0;
        await new Promise((done) => { setTimeout(done, 500); });
        return window.drawn;
    }), 0);
    await page.locator('#tab-listen').click();
    await waitFor('frames again', () => page.evaluate(() => window.drawn > 0));
});

test('who wants little to move sees a few frames a second', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await play('sine');
    await listen();
    await sees(page, '#strongest', /440/);
    const frames = await page.evaluate(async () => {
        let count = 0;
        const { clearRect } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.clearRect = function counted(...all) {
            if (this.canvas.closest('.spectrum')) count++;
            return clearRect.apply(this, all);
        };
        await new Promise((done) => { setTimeout(done, 2000); });
        return count / 2;
    });
    assert.ok(frames > 0 && frames < 6, `${frames} frames a second`);
});

test('a canvas is as sharp as its screen, and follows its size', async () => {
    const size = () => page.locator('.spectrum canvas.moving').evaluate((canvas) =>
        [canvas.width / canvas.clientWidth, canvas.clientWidth]);
    await waitFor('one to one', async () => (await size())[0] === 1);
    const [, wide] = await size();
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setDeviceMetricsOverride',
        { width: 800, height: 700, deviceScaleFactor: 2, mobile: false });
    await waitFor('two for one, and narrower', async () => {
        const [ratio, width] = await size();
        return Math.abs(ratio - 2) < 0.02 && width < wide;
    });
});

test('a server that goes away is told, and the sound comes back by itself', async () => {
    await play('sine');
    await listen();
    await tap.hears(440);
    const listeners = async () => (await farfield.api('GET', '/v1/listeners')).body.listeners
        .filter(({ state }) => state === 'connected').map(({ id }) => id).join();
    const before = await listeners();
    await farfield.kill('pipeline');
    await waitFor('another listener', async () => ![before, ''].includes(await listeners()));
    await tap.hears(440, { timeout: 40000 });
    await page.locator('#listen').click();
    await sees(page, '#listen-state', /^Not listening$/);
    await farfield.kill('controller');
    await sees(page, '#listen-state', /^The server is away$/);
    assert.ok(await page.locator('#listen').isDisabled());
    farfield.launch();
    await farfield.ready();
    await sees(page, '#listen-state', /^Not listening$/);
    await listen();
    await tap.hears(440);
    page.problems = page.problems.filter((line) =>
        !/ERR_CONNECTION_REFUSED|WebSocket connection/.test(line));
}, { timeout: 120000 });

test('without uPlot the page says so, and all else works', async () => {
    await page.route('**/uPlot.esm.js', (route) => route.abort());
    await page.reload();
    await sees(page, '.plot-chart >> nth=0', /make web/);
    await play('sine');
    await listen();
    await sees(page, '#strongest', /440/);
    page.problems = page.problems.filter((line) => !/ERR_FAILED/.test(line));
});

test('it is accessible and looks as it should', async () => {
    await accessible(page, 'not listening');
    await play('drone');
    await listen();
    await sees(page, '#strongest', /Hz/);
    await screenshots('listen', page, open, { prepare: listen });
}, { timeout: 180000 });
