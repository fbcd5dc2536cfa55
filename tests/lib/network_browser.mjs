// SPDX-License-Identifier: GPL-3.0-or-later
// Chromium at the far end of network.mjs, with our client library: it listens, and says what comes
// out of its loudspeaker when it is told to. Options (JSON): url, key.
import { launchBrowser } from './browser.mjs';
import { gaps, pitch } from './sound.mjs';
import { Tap } from './tap.mjs';

const { url, key } = JSON.parse(process.argv[2]);
let browser;
let longest = 0; // seconds without sound, since it was last asked

// In the page.
async function begin(secret) {
    const { Farfield } = await import('/client/farfield.js');
    const { Listening } = await import('/client/listening.js');
    const farfield = new Farfield(document.baseURI, secret);
    farfield.connect();
    window.listening = new Listening(farfield.rpc);
    window.listening.start();
}

// The tap holds 0.68 s: looked at twice as often, it misses no gap shorter than half of that.
async function watch(tap) {
    for (;;) {
        for (const { seconds } of gaps(await tap.samples())) longest = Math.max(longest, seconds);
        await new Promise((done) => { setTimeout(done, 200); });
    }
}

async function measure(page, tap) {
    const gap = longest;
    longest = 0;
    return { hz: pitch(await tap.samples()), gap,
        kind: await page.evaluate(() => window.listening.path?.kind ?? null) };
}

const fail = (error) => process.send({ error: String(error?.message ?? error) },
    () => process.exit(1));

process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, async () => {
        await browser?.close();
        process.exit(0);
    });
}

try {
    browser = await launchBrowser({ flags: [`--unsafely-treat-insecure-origin-as-secure=${url}`] });
    const page = await browser.page();
    const tap = await Tap.create(page);
    await page.goto(`${url}/`);
    await page.evaluate(begin, key);
    watch(tap).catch(() => {}); // the page is closed
    process.on('message', () => measure(page, tap).then((result) => process.send({ result }), fail));
    process.send({ result: 'joined' });
} catch (error) {
    fail(error);
}
