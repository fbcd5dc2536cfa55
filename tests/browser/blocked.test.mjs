// SPDX-License-Identifier: GPL-3.0-or-later
// A browser that lets no page sound before somebody has pressed something in it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

const ALLOWED = '--autoplay-policy=no-user-gesture-required';

let farfield;
let browser;

before(async () => {
    farfield = await startFarfield();
    browser = await launchBrowser({
        flags: ['--autoplay-policy=document-user-activation-required'],
        without: [ALLOWED],
    });
}, { timeout: 120000 });

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

// Runs in the page: presses Listen as soon as that can be, and is nobody's finger.
function pressListen() {
    const timer = setInterval(() => {
        const button = document.querySelector('#listen');
        if (!button || button.disabled) return;
        clearInterval(timer);
        button.click();
    }, 20);
}

test('a page that may not sound says so, and sounds after one press', async () => {
    const page = await browser.page();
    await page.addInitScript(pressListen);
    await page.goto(`${farfield.base}/#listen`);
    // What playwright does in a page counts as a press: it is left alone until it listens.
    await waitFor('a listener', async () => {
        const { listeners } = (await farfield.api('GET', '/v1/listeners')).body;
        return listeners.some(({ state }) => state === 'connected');
    });
    await page.waitForSelector('#unblock:not([hidden])');
    assert.equal(await page.locator('#listen').isVisible(), false, 'one button, which helps');
    assert.equal(await page.locator('#listen-state').innerText(),
        'Your browser holds the sound back');
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    await page.locator('#unblock').click();
    await page.waitForSelector('#unblock', { state: 'hidden' });
    // The meter is fed by the sound's own clock: it moves once that runs.
    await page.waitForFunction(() =>
        Number(document.querySelector('#meter-received').ariaValueNow) > -60);
    assert.deepEqual(page.problems, []);
});
