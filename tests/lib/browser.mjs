// SPDX-License-Identifier: GPL-3.0-or-later
// A real Chromium, empty each time.
import { existsSync, rmSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { temporaryFolder } from './farfield.mjs';

const FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--autoplay-policy=no-user-gesture-required',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
];

// {page(options), close()}. `flags` adds to those above, `without` takes some away; `touch` makes
// its screen one for fingers.
export async function launchBrowser({ flags = [], without = [], touch = false } = {}) {
    const profile = temporaryFolder();
    const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser']
        .find((path) => path && existsSync(path));
    const context = await chromium.launchPersistentContext(profile, {
        executablePath,
        headless: true,
        args: [...FLAGS, ...flags].filter((flag) => !without.includes(flag)),
        viewport: { width: 1280, height: 800 },
        hasTouch: touch,
    });
    return {
        context,
        // A new page that remembers what went wrong in it: page.problems.
        async page({ colorScheme = 'light', viewport } = {}) {
            const page = await context.newPage();
            page.problems = [];
            page.on('console', (message) => {
                if (message.type() === 'error') page.problems.push(message.text());
            });
            page.on('pageerror', (error) => page.problems.push(String(error)));
            await page.emulateMedia({ colorScheme });
            if (viewport) await page.setViewportSize(viewport);
            return page;
        },
        async close() {
            await context.close();
            rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
        },
    };
}
