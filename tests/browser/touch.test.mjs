// SPDX-License-Identifier: GPL-3.0-or-later
// The panel under fingers, on a screen as large as a phone's.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import {
    closePanel, nodeOf, openPanel, reaches, rememberSockets, synthsOf,
} from '../lib/panel.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
let browser;
let page;
let screen;

before(async () => {
    farfield = await startFarfield();
    browser = await launchBrowser({ touch: true });
}, { timeout: 120000 });

beforeEach(async () => {
    page = await openPanel(browser, farfield, { viewport: { width: 390, height: 844 },
        prepare: (opened) => opened.addInitScript(rememberSockets) });
    await page.waitForSelector('[data-synthdef=sine]');
    screen = await browser.context.newCDPSession(page);
});

afterEach(async () => {
    await page.evaluate(() => localStorage.clear());
    await closePanel(page, farfield);
});

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

const touch = (type, ...touchPoints) => screen.send('Input.dispatchTouchEvent',
    { type, touchPoints });
const centre = async (locator) => {
    const { x, y, width, height } = await locator.boundingBox();
    return { x: x + width / 2, y: y + height / 2, width, height };
};
const sounds = (count) => waitFor(`${count} notes`, async () =>
    (await synthsOf(farfield, 'sine')).length === count);

// One finger from here to there.
async function swipe(from, to) {
    await touch('touchStart', { ...from, id: 1 });
    for (let i = 1; i <= 10; i++) {
        await touch('touchMove', { id: 1, x: from.x + ((to.x - from.x) * i) / 10,
            y: from.y + ((to.y - from.y) * i) / 10 });
    }
    await touch('touchEnd');
}

async function startSine() {
    const { body } = await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    await page.waitForSelector(`[data-node="${body.id}"] .control`);
    return body.id;
}
const control = (id, name) => page.locator(`[data-node="${id}"] [data-parameter="${name}"]`);

test('a tap starts a synth, and its sliders are turned by a finger that can also scroll', async () => {
    await page.locator('[data-synthdef=sine]').tap();
    await sounds(1);
    const [{ id }] = await synthsOf(farfield, 'sine');
    const slider = control(id, 'pan').locator('input[type=range]');
    await slider.scrollIntoViewIfNeeded();
    const at = await centre(slider);
    await swipe(at, { x: at.x + at.width / 4, y: at.y });
    const turned = await waitFor('the slider', async () => {
        const { pan } = (await nodeOf(farfield, id)).controls;
        return pan > 0.3 && pan;
    });
    assert.ok(turned < 0.7, `${turned}`);
});

test('a knob and the XY pad follow a finger', async () => {
    const id = await startSine();
    await page.locator('.playing-head input[value=knob]').tap();
    const knob = control(id, 'pan').locator('.knob');
    await knob.scrollIntoViewIfNeeded();
    const at = await centre(knob);
    await swipe(at, { x: at.x, y: at.y - 45 });
    await reaches(farfield, id, 'pan', 0.5);
    // Not by a tap: the emulated screen takes one right after a swipe for the end of a fling.
    await page.locator(`[data-node="${id}"] .pad-button`).click();
    const plane = page.locator(`[data-node="${id}"] .plane`);
    await plane.scrollIntoViewIfNeeded();
    await page.locator(`[data-node="${id}"] .pad select`).last().selectOption('amp');
    const pad = await centre(plane);
    await swipe(pad, { x: pad.x, y: pad.y - pad.height / 4 });
    await reaches(farfield, id, 'amp', 0.75);
});

test('two fingers play two notes, one glides, and none hangs', async () => {
    await page.locator('#keyboard').tap();
    await page.locator('#instrument').selectOption('sine');
    const key = (name) => centre(page.getByRole('button', { name, exact: true }));
    const [c, e, g] = [await key('C3'), await key('E3'), await key('G3')];
    const low = (at) => ({ x: at.x, y: at.y + at.height * 0.35 });
    await touch('touchStart', { ...low(c), id: 1 });
    await touch('touchStart', { ...low(c), id: 1 }, { ...low(e), id: 2 });
    await sounds(2);
    await touch('touchMove', { ...low(c), id: 1 }, { ...low(g), id: 2 });
    await waitFor('C and G', async () => {
        const pitches = (await synthsOf(farfield, 'sine')).map(({ controls }) =>
            Math.round(controls.freq)).sort((a, b) => a - b);
        return `${pitches}` === '131,196';
    });
    await touch('touchEnd', { ...low(g), id: 2 });
    await sounds(1);
    await touch('touchCancel');
    await sounds(0);
});

test('a SynthDef that is held sounds until the finger leaves', async () => {
    const hold = page.locator('[data-hold=sine]');
    await hold.scrollIntoViewIfNeeded();
    const at = await centre(hold);
    await touch('touchStart', { x: at.x, y: at.y, id: 1 });
    await sounds(1);
    await touch('touchEnd');
    await sounds(0);
});

test('a SynthDef that is held ends with the finger, also over a new connection', async () => {
    const hold = page.locator('[data-hold=sine]');
    await hold.scrollIntoViewIfNeeded();
    const at = await centre(hold);
    await touch('touchStart', { x: at.x, y: at.y, id: 1 });
    await sounds(1);
    await page.locator('li.playing [data-synthdef=sine]').waitFor(); // the page knows it as well
    await page.evaluate(() => window.sockets.forEach((socket) => socket.close()));
    await page.waitForSelector('#connection:not(.good)');
    await page.waitForSelector('#connection.good');
    await touch('touchEnd');
    await sounds(0);
});

test('a row of the tree is moved by its handle', async () => {
    const first = await startSine();
    const second = await startSine();
    await page.locator('#tab-tree').tap();
    const order = async () => (await synthsOf(farfield, 'sine')).map(({ id }) => id);
    assert.deepEqual(await order(), [second, first]);
    const from = await centre(page.locator(`[data-row="${first}"] .handle`));
    const { x, y } = await page.locator(`[data-row="${second}"]`).boundingBox();
    await swipe(from, { x: x + 60, y: y + 4 });
    await waitFor('another order', async () => `${await order()}` === `${[first, second]}`);
});

test('everything that is pressed is large enough for a finger', async () => {
    await startSine();
    await page.locator('#keyboard').tap();
    const small = await page.evaluate(() => [...document.querySelectorAll('button, .tabs a, select')]
        .filter((each) => each.checkVisibility() && !each.closest('.piano'))
        .map((each) => [each, each.getBoundingClientRect()])
        .filter(([, { width, height }]) => width < 32 || height < 38)
        .map(([each, { width, height }]) => `${each.outerHTML.slice(0, 80)} ${width} x ${height}`));
    assert.deepEqual(small, []);
});
