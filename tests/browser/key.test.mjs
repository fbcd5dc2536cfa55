// SPDX-License-Identifier: GPL-3.0-or-later
// The panel on a server that wants a key.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';

let farfield;
let browser;

before(async () => {
    farfield = await startFarfield({ key: 'a key of 20 letters!' });
    browser = await launchBrowser();
}, { timeout: 120000 });

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

test('the key is asked for, refused when it is wrong, and kept in the tab', async () => {
    const page = await browser.page();
    await page.goto(`${farfield.base}/`);
    await page.waitForSelector('#key-dialog[open]');
    assert.equal(await page.locator('#key-refused').isVisible(), false);
    for (let i = 0; i < 3; i++) await page.keyboard.press('Escape');
    await page.evaluate(() => document.querySelector('#key-dialog').close()); // as a browser may
    await page.waitForSelector('#key-dialog[open]');
    assert.equal(await page.locator('#alert').textContent(), '', 'no Escape was a panic');
    await page.fill('#key', 'another key');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#key-refused:not([hidden])');
    await page.fill('#key', farfield.key);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#synthdefs [data-synthdef=sine]');
    assert.equal(await page.locator('#key-dialog').isVisible(), false);
    await page.reload();
    await page.waitForSelector('#synthdefs [data-synthdef=sine]');
    assert.equal(await page.locator('#key-dialog').isVisible(), false);
    assert.deepEqual(page.problems, []);
});
