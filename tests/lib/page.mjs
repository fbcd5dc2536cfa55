// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of the panel's views have in common.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './farfield.mjs';
import { waitFor } from './wait.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = join(root, 'build/screenshots');

// axe finds nothing wrong with what is shown.
export async function accessible(page, what) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
    assert.deepEqual(found, [], `axe finds nothing wrong: ${what}`);
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
    mkdirSync(folder, { recursive: true });
    for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await accessible(page, `${name}, ${colorScheme}`);
        await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), fullPage: true });
        const phone = await open({ colorScheme, viewport: { width: 360, height: 740 } });
        await prepare(phone);
        await accessible(phone, `${name}, phone, ${colorScheme}`);
        assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 360,
            'nothing sticks out');
        await phone.screenshot({ path: join(folder, `${name}-phone-${colorScheme}.png`),
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
