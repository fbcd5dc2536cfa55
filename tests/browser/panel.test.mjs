// SPDX-License-Identifier: GPL-3.0-or-later
// The panel in a real Chromium, on a real Farfield: what it plays is measured in the page.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { root, startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screenshots = join(root, 'build/screenshots');
const DEADLINE = 30000;

let farfield;
let browser;
let page;
const pages = [];

async function open(options) {
    const opened = await browser.page(options);
    opened.setDefaultTimeout(DEADLINE);
    pages.push(opened);
    await opened.goto(`${farfield.base}/`);
    await opened.waitForSelector('#synthdefs [data-synthdef=sine]');
    return opened;
}

async function press(on, selector) {
    await on.locator(selector).click();
}

async function startListening(on) {
    await press(on, '#listen');
    await on.waitForSelector('#listening[data-state=connected]');
    // A busy machine may begin by another path, which has no element.
    await on.waitForFunction(() => document.querySelector('audio')?.srcObject);
    await on.evaluate(watchSound);
}

// Runs in the page: measures the stream that the page itself plays, by an analyser of our own.
function watchSound() {
    const context = new AudioContext();
    const source = context.createMediaStreamSource(document.querySelector('audio').srcObject);
    const splitter = context.createChannelSplitter(2);
    source.connect(splitter);
    const [whole, left, right] = [source, splitter, splitter].map((from, i) => {
        const analyser = context.createAnalyser();
        analyser.fftSize = 32768;
        analyser.smoothingTimeConstant = 0;
        from.connect(analyser, i === 2 ? 1 : 0);
        return analyser;
    });
    const rms = (analyser) => {
        const samples = new Float32Array(analyser.fftSize);
        analyser.getFloatTimeDomainData(samples);
        return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    };
    // {hz, rms, left, right} of the last 0.7 s, the last two as RMS of a channel.
    window.heard = () => {
        const bins = new Float32Array(whole.frequencyBinCount);
        whole.getFloatFrequencyData(bins);
        let best = 1;
        for (let k = 2; k < bins.length - 1; k++) if (bins[k] > bins[best]) best = k;
        const [a, b, c] = [bins[best - 1], bins[best], bins[best + 1]];
        const shift = (a - c) / (2 * (a - 2 * b + c));
        return {
            hz: ((best + shift) * context.sampleRate) / whole.fftSize,
            rms: rms(whole),
            left: rms(left),
            right: rms(right),
        };
    };
}

function hears(on, hz, tolerance = 1) {
    return waitFor(`${hz} Hz in the page`, async () => {
        const heard = await on.evaluate(() => window.heard());
        if (heard.rms < 1e-3) throw new Error('silence');
        if (Math.abs(heard.hz - hz) > tolerance) throw new Error(`${heard.hz} Hz`);
        return true;
    }, { timeout: DEADLINE });
}

function hearsNothing(on) {
    return waitFor('silence in the page', async () => {
        const { rms } = await on.evaluate(() => window.heard());
        if (rms > 3e-4) throw new Error(`rms ${rms}`);
        return true;
    }, { timeout: DEADLINE });
}

function field(on, node, parameter) {
    return on.locator(`[data-node="${node}"] [data-parameter="${parameter}"] input[type=text]`);
}

function slider(on, node, parameter) {
    return on.locator(`[data-node="${node}"] [data-parameter="${parameter}"] input[type=range]`);
}

function shows(on, node, parameter, value) {
    return waitFor(`${parameter} ${value} on the page`,
        async () => Number(await field(on, node, parameter).inputValue()) === value);
}

async function nodeOf(on) {
    return Number(await on.locator('.synth').first().getAttribute('data-node'));
}

async function controlsOf(node) {
    return (await farfield.api('GET', `/v1/nodes/${node}`)).body.controls;
}

async function accessible(on, what) {
    await on.evaluate(axe);
    const { violations } = await on.evaluate(() => window.axe.run());
    const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
    assert.deepEqual(found, [], `axe finds nothing wrong: ${what}`);
}

before(async () => {
    mkdirSync(screenshots, { recursive: true });
    farfield = await startFarfield();
    browser = await launchBrowser();
}, { timeout: 120000 });

beforeEach(async () => {
    page = await open();
});

afterEach(async () => {
    const problems = pages.flatMap((opened) => opened.problems);
    for (const opened of pages.splice(0)) await opened.close();
    await farfield.api('POST', '/v1/server/panic');
    assert.deepEqual(problems, [], 'no error in the console');
});

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

test('a view that could not be fetched is tried again, also where what it imports failed', async () => {
    const fail = (route) => route.abort();
    const failed = page.locator('#view-tree .empty');
    for (const file of ['view', 'model']) {
        const address = `**/panel/tree/${file}.js*`;
        await page.route(address, fail);
        await press(page, '#tab-tree');
        await failed.getByRole('button', { name: 'Try again' }).waitFor();
        if (file === 'view') await page.unroute(address);
        await failed.getByRole('button', { name: 'Try again' }).click();
        if (file === 'model') {
            const anew = failed.getByRole('button', { name: 'Load the page anew' });
            await anew.waitFor();
            await page.unroute(address);
            await anew.click();
        }
        await page.waitForSelector('#view-tree [role=treeitem]');
        await page.evaluate(() => { location.hash = 'play'; });
        await page.reload();
        await page.waitForSelector('#synthdefs [data-synthdef=sine]');
    }
    await page.route('**/uPlot.esm.js*', fail);
    await press(page, '#tab-server');
    await page.locator('.plots').getByText('uPlot is not there').first().waitFor();
    await page.unroute('**/uPlot.esm.js*');
    await press(page, '#tab-play');
    await press(page, '#tab-server');
    await page.waitForSelector('.plots .uplot canvas');
    assert.equal(await page.locator('.plots').getByText('uPlot is not there').count(), 0);
    page.problems = page.problems.filter((text) => !/ERR_FAILED/.test(text));
});

test('views are opened by Alt and a digit; Alt and an arrow on a tab stays the browser\'s', async () => {
    for (const [i, view] of ['play', 'listen', 'tree', 'scenes', 'server'].entries()) {
        await page.keyboard.press(`Alt+Digit${i + 1}`);
        await page.waitForSelector(`#tab-${view}[aria-selected=true]`);
        await page.waitForSelector(`#view-${view}:not([hidden]) > :not(.empty)`);
    }
    const isLeft = () => page.evaluate(() => document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'ArrowLeft', altKey: true, bubbles: true,
            cancelable: true })));
    assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-server');
    assert.equal(await isLeft(), true, 'the page takes it from nobody');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-server');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-scenes');
});

test('what is played is heard at its pitch, follows its slider, and stops', async () => {
    await startListening(page);
    await press(page, '#tab-listen');
    await page.waitForFunction(() => /Round trip [\d.]+ ms/.test(
        document.querySelector('#listen-detail')?.textContent));
    await press(page, '#tab-play');
    await press(page, '[data-synthdef=sine]');
    await page.waitForSelector('.synth');
    const node = await nodeOf(page);
    await hears(page, 440);
    await field(page, node, 'freq').fill('660');
    await field(page, node, 'freq').press('Enter');
    await hears(page, 660);
    assert.equal((await controlsOf(node)).freq, 660);
    await press(page, '.synth .stop');
    await page.waitForSelector('.synth', { state: 'detached' });
    await hearsNothing(page);
    await press(page, '#listen');
    await page.waitForSelector('#listening[data-state=idle]');
    await waitFor('no listener', async () =>
        (await farfield.api('GET', '/v1/listeners')).body.listeners.length === 0);
});

test('left and right are two channels', async () => {
    await startListening(page);
    for (const [pan, here, there] of [[-1, 'left', 'right'], [1, 'right', 'left']]) {
        const { body } = await farfield.api('POST', '/v1/nodes',
            { synthdef: 'sine', controls: { freq: 440, pan } });
        await waitFor(`sound on the ${here} alone`, async () => {
            const heard = await page.evaluate(() => window.heard());
            return heard[here] > 0.01 && heard[there] < heard[here] / 30;
        });
        await farfield.api('DELETE', `/v1/nodes/${body.id}`);
        await hearsNothing(page);
    }
});

test('a slider is dragged, moved by keys, and reset by a double click', async () => {
    await press(page, '[data-synthdef=sine]');
    await page.waitForSelector('.synth');
    const node = await nodeOf(page);
    const frequency = slider(page, node, 'freq');
    const box = await frequency.boundingBox();
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, y, { steps: 30 });
    await page.mouse.up();
    const dragged = Number(await field(page, node, 'freq').inputValue());
    assert.ok(dragged > 3000 && dragged < 8000, `an exponential slider: ${dragged} Hz at 80 %`);
    await waitFor('the server to have it', async () =>
        Math.abs((await controlsOf(node)).freq - dragged) < 1);
    await frequency.focus();
    await page.keyboard.press('ArrowLeft');
    const nudged = Number(await field(page, node, 'freq').inputValue());
    assert.ok(nudged < dragged && nudged > dragged * 0.9, `${dragged} -> ${nudged}`);
    await frequency.dblclick();
    await waitFor('440 again', async () => (await controlsOf(node)).freq === 440);
    await shows(page, node, 'freq', 440);
});

test('a slider sends at most one message in an animation frame', async () => {
    await press(page, '[data-synthdef=sine]');
    await page.waitForSelector('.synth');
    const node = await nodeOf(page);
    const [frames, sent] = await slider(page, node, 'amp').evaluate(async (input) => {
        let count = 0;
        const { send } = WebSocket.prototype;
        WebSocket.prototype.send = function counted(data) {
            if (data.includes('node.set')) count++;
            return send.call(this, data);
        };
        let drawn = 0;
        for (; drawn < 20; drawn++) {
            for (let i = 0; i < 10; i++) {
                input.value = 0.1 + i / 100 + drawn / 1000;
                input.dispatchEvent(new Event('input'));
            }
            await new Promise(requestAnimationFrame);
        }
        await new Promise(requestAnimationFrame);
        WebSocket.prototype.send = send;
        return [drawn, count];
    });
    assert.ok(sent >= 1 && sent <= frames + 1, `${sent} messages in ${frames} frames`);
    const last = Number(await field(page, node, 'amp').inputValue());
    await waitFor('the last value at the server', async () =>
        Math.abs((await controlsOf(node)).amp - last) < 1e-3);
});

test('two pages and REST stay in step, and a held slider does not jump', async () => {
    const other = await open();
    const { body } = await farfield.api('POST', '/v1/nodes',
        { synthdef: 'sine', controls: { freq: 330, amp: 0.1 } });
    for (const each of [page, other]) await shows(each, body.id, 'freq', 330);
    await field(page, body.id, 'freq').fill('550');
    await field(page, body.id, 'freq').press('Enter');
    await shows(other, body.id, 'freq', 550);

    const box = await slider(other, body.id, 'amp').boundingBox();
    await other.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await other.mouse.down();
    const held = await field(other, body.id, 'amp').inputValue();
    await waitFor('what the press has set', async () =>
        Math.abs((await controlsOf(body.id)).amp - Number(held)) < 1e-3);
    await farfield.api('PATCH', `/v1/nodes/${body.id}`, { controls: { amp: 0.9, pan: -1 } });
    await shows(other, body.id, 'pan', -1);
    assert.equal(await field(other, body.id, 'amp').inputValue(), held);
    await other.mouse.up();
    await shows(other, body.id, 'amp', 0.9);

    await press(other, `[data-node="${body.id}"] .stop`);
    for (const each of [page, other]) {
        await each.waitForSelector('.synth', { state: 'detached' });
    }
});

test('a synth that rings out after Stop can be cut off', async () => {
    const { body } = await farfield.api('POST', '/v1/nodes',
        { synthdef: 'pad', controls: { release: 10 } });
    const stop = page.locator(`[data-node="${body.id}"] .stop`);
    await stop.click();
    await stop.and(page.getByText('Cut off')).waitFor();
    const pressed = Date.now();
    await stop.click();
    await page.waitForSelector('.synth', { state: 'detached' });
    assert.ok(Date.now() - pressed < 8000, 'it did not ring out');
});

test('panic silences everything, by its button and by Escape twice', async () => {
    await startListening(page);
    for (const way of ['button', 'keys']) {
        await press(page, '[data-synthdef=sine]');
        await press(page, '[data-synthdef=drone]');
        await waitFor('both', async () => await page.locator('.synth').count() === 2);
        await waitFor('sound', async () => (await page.evaluate(() => window.heard())).rms > 1e-3);
        if (way === 'button') await press(page, '#panic');
        else {
            await page.keyboard.press('Escape');
            assert.equal(await page.locator('.synth').count(), 2, 'once is not enough');
            await page.keyboard.press('Escape');
        }
        await page.waitForSelector('.synth', { state: 'detached' });
        await hearsNothing(page);
    }
});

test('a one-shot just sounds', async () => {
    await startListening(page);
    await press(page, '[data-synthdef=pluck]');
    await waitFor('a pluck', async () => (await page.evaluate(() => window.heard())).rms > 1e-3);
    assert.equal(await page.locator('.synth').count(), 0);
});

test('a reloaded page shows what goes on, and listens again when asked', async () => {
    await press(page, '[data-synthdef=sine]');
    await page.waitForSelector('.synth');
    const node = await nodeOf(page);
    await page.reload();
    await page.waitForSelector(`[data-node="${node}"]`);
    await startListening(page);
    await hears(page, 440);
});

test('every state is accessible, and fits a phone', async () => {
    await accessible(page, 'nothing plays');
    await press(page, '[data-synthdef=sine]');
    await press(page, '[data-synthdef=pad]');
    await waitFor('both', async () => await page.locator('.synth').count() === 2);
    await startListening(page);
    await waitFor('sound', async () => (await page.evaluate(() => window.heard())).rms > 1e-3);
    for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await accessible(page, colorScheme);
        await page.screenshot({ path: join(screenshots, `panel-${colorScheme}.png`),
            fullPage: true });
        const phone = await open({ colorScheme, viewport: { width: 360, height: 740 } });
        await phone.waitForSelector('.synth');
        await accessible(phone, `phone, ${colorScheme}`);
        assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 360,
            'nothing sticks out');
        await phone.screenshot({ path: join(screenshots, `panel-phone-${colorScheme}.png`),
            fullPage: true });
    }
});

// What the browser itself says about a server that is away is no fault of the page.
function forgiveAbsence(on) {
    on.problems = on.problems.filter((text) => !/ERR_CONNECTION_REFUSED|WebSocket connection/
        .test(text));
}

test('the page finds its way back when the pipeline or the controller dies', async () => {
    await startListening(page);
    await press(page, '[data-synthdef=sine]');
    await hears(page, 440);

    const stream = () => document.querySelector('audio').srcObject?.id;
    const first = await page.evaluate(stream);
    await farfield.kill('pipeline');
    await waitFor('another stream', async () =>
        ![first, undefined].includes(await page.evaluate(stream)));
    await page.waitForSelector('#listening[data-state=connected]');
    await page.evaluate(watchSound);
    await hears(page, 440);

    await farfield.kill('controller');
    await page.waitForSelector('#connection:not(.good)');
    await hears(page, 440); // the sound needs no controller
    farfield.launch();
    await farfield.ready();
    await page.waitForSelector('#connection.good');
    const node = await nodeOf(page);
    await field(page, node, 'freq').fill('660');
    await field(page, node, 'freq').press('Enter');
    await hears(page, 660);
    assert.equal(await page.locator('#listening').getAttribute('data-state'), 'connected');
    forgiveAbsence(page);
}, { timeout: 120000 });
