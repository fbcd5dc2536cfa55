// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the panel share: a page of it and its end, what axe says, pictures.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './farfield.mjs';
import { waitFor } from './wait.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screenshotFolder = join(root, 'build/screenshots');
const DEADLINE = 30000;

// A page of the panel with this view open. `prepare(page)` runs before it goes anywhere.
export async function openPanel(browser, farfield, { view = 'play', prepare, ...options } = {}) {
    const page = await browser.page(options);
    page.setDefaultTimeout(DEADLINE);
    await prepare?.(page);
    await page.goto(`${farfield.base}/#${view}`);
    await page.waitForSelector(`#view-${view} > *`);
    await page.waitForSelector('#connection.good');
    return page;
}

// Ends a test's page and all that sounds; nothing may have gone wrong in the page.
export async function closePanel(page, farfield) {
    const { problems } = page;
    await page.close();
    await farfield.api('POST', '/v1/server/panic');
    assert.deepEqual(problems, [], 'no error in the console');
}

// axe finds nothing wrong with what is shown.
export async function accessible(page, what) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
    assert.deepEqual(found, [], `axe finds nothing wrong: ${what}`);
}

// Looks at a page in light and dark, and as a phone shows it: axe, nothing sticks out, pictures.
// `settle(page)` makes it ready to be looked at.
export async function lookAt(page, name, settle = async () => {}) {
    mkdirSync(screenshotFolder, { recursive: true });
    const before = page.viewportSize();
    for (const [kind, viewport] of [['', { width: 1280, height: 900 }],
        ['-phone', { width: 360, height: 740 }], ['-wall', { width: 1920, height: 1080 }]]) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ['light', 'dark']) {
            await page.emulateMedia({ colorScheme });
            await settle(page);
            await accessible(page, `${name}${kind}, ${colorScheme}`);
            assert.equal(await page.evaluate(() => document.documentElement.scrollWidth),
                viewport.width, `nothing sticks out: ${name}${kind}`);
            await page.screenshot({ path: join(screenshotFolder, `${name}${kind}-${colorScheme}.png`) });
        }
    }
    await page.setViewportSize(before);
}

// Waits until the text of an element is like this; gives it.
export function sees(page, selector, pattern, options) {
    return waitFor(`${pattern} in ${selector}`, async () => {
        const text = await page.locator(selector).innerText({ timeout: 5000 });
        if (!pattern.test(text)) throw new Error(text);
        return text;
    }, { timeout: 30000, ...options });
}

// Pictures of a view in light, dark and on a phone in both, each of them checked by axe, and that
// nothing sticks out of the phone. `open(options)` opens it anew, `prepare(page)` does what must be
// done before it shows what it can.
export async function screenshots(name, page, open, { prepare = () => {} } = {}) {
    mkdirSync(screenshotFolder, { recursive: true });
    for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await accessible(page, `${name}, ${colorScheme}`);
        await page.screenshot({ path: join(screenshotFolder, `${name}-${colorScheme}.png`), fullPage: true });
        const phone = await open({ colorScheme, viewport: { width: 360, height: 740 } });
        await prepare(phone);
        await accessible(phone, `${name}, phone, ${colorScheme}`);
        assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 360,
            'nothing sticks out');
        await phone.screenshot({ path: join(screenshotFolder, `${name}-phone-${colorScheme}.png`),
            fullPage: true });
        assert.deepEqual(phone.problems, [], 'no error in the console');
        await phone.close();
    }
}

// Drops files, [{name, text}], on an element, as a mouse that carries them from another window.
export async function dropFiles(page, selector, files) {
    const transfer = await page.evaluateHandle((all) => {
        const data = new DataTransfer();
        for (const { name, text } of all) data.items.add(new File([text], name));
        return data;
    }, files);
    for (const type of ['dragenter', 'dragover', 'drop']) {
        await page.dispatchEvent(selector, type, { dataTransfer: transfer });
    }
}

// A node of the server's, or null.
export async function nodeOf(farfield, id) {
    const { status, body } = await farfield.api('GET', `/v1/nodes/${id}`);
    return status === 200 ? body : null;
}

// The synths of this SynthDef that run, as the server knows them.
export async function synthsOf(farfield, synthdef) {
    const { body } = await farfield.api('GET', '/v1/nodes');
    return body.nodes.filter((node) => node.kind === 'synth' && node.synthdef === synthdef &&
        !node.releasing);
}

// Waits until a control of a node is this, to four digits.
export function reaches(farfield, id, name, value) {
    return waitFor(`${name} ${value} at the server`, async () => {
        const { controls } = await nodeOf(farfield, id);
        const near = (a, b) => Math.abs(a - b) <= 1e-3 * Math.max(1, Math.abs(b));
        if ([value].flat().every((v, i) => near([controls[name]].flat()[i], v))) return true;
        throw new Error(JSON.stringify(controls[name]));
    });
}

// Runs in the page: lets a test break its connections.
export function rememberSockets() {
    window.sockets = [];
    const { WebSocket } = window;
    window.WebSocket = class extends WebSocket {
        constructor(...args) {
            super(...args);
            window.sockets.push(this);
        }
    };
}
