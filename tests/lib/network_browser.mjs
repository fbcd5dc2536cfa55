// SPDX-License-Identifier: GPL-3.0-or-later
// Chromium at the far end of network.mjs, with our client library: it listens, and says what comes
// out of its loudspeaker when it is told to. Options (JSON): url, key.
import { launchBrowser } from './browser.mjs';
import { gaps, pitch } from './sound.mjs';
import { Tap } from './tap.mjs';

const { url, key } = JSON.parse(process.argv[2]);
let browser;
let closing = false;
// The last change of the path that is heard: when it was seen, and the longest gap around it, in
// seconds.
let change = { time: -Infinity, gap: 0 };

// In the page.
async function begin(secret) {
    const { connect } = await import('/client/farfield.js');
    const farfield = connect(document.baseURI, { key: secret });
    window.listening = farfield.listen();
    window.listening.start();
}

const kindOf = (page) => page.evaluate(() => window.listening.path?.kind ?? null);

// The tap holds 0.68 s: looked at twice as often, it misses no gap shorter than half of that. What
// the last look before a change has in it, and those within a second after, is around it.
async function watch(page, tap) {
    let before = { kind: null, gap: 0 };
    while (!closing) {
        const kind = await kindOf(page);
        const gap = Math.max(0, ...gaps(await tap.samples()).map(({ seconds }) => seconds));
        if (kind !== before.kind) change = { time: Date.now(), gap: before.gap };
        if (Date.now() - change.time < 1000) change.gap = Math.max(change.gap, gap);
        before = { kind, gap };
        await new Promise((done) => { setTimeout(done, 200); });
    }
}

async function measure(page, tap) {
    return { hz: pitch(await tap.samples()), gap: change.gap, kind: await kindOf(page) };
}

const fail = (error) => process.send({ error: String(error?.message ?? error) },
    () => process.exit(1));

process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, async () => {
        closing = true;
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
    watch(page, tap).catch((error) => {
        if (closing) return;
        console.error(error); // nobody may be asking just now
        fail(error);
    });
    process.on('message', () => measure(page, tap).then((result) => process.send({ result }),
        fail));
    process.send({ result: 'joined' });
} catch (error) {
    fail(error);
}
