// SPDX-License-Identifier: GPL-3.0-or-later
// Chromium at the far end of lib/network.mjs, with our client library, by WebRTC alone. Options
// (JSON): url, key, mode.
import { launchBrowser } from '../lib/browser.mjs';
import { waitFor } from '../lib/wait.mjs';
import { median } from './figures.mjs';

const { url, key, mode } = JSON.parse(process.argv[2]);
let browser;

// In the page: begins to listen, and keeps looking.
async function begin({ key: secret, mode: wanted }) {
    const { connect } = await import('/client/farfield.js');
    const farfield = connect(document.baseURI, { key: secret });
    globalThis.listening = farfield.listen('main', { kinds: ['webrtc'] });
    globalThis.seen = [];
    globalThis.listening.addEventListener('stats', ({ detail }) => globalThis.seen.push(detail));
    globalThis.listening.mode = wanted;
    globalThis.listening.start();
}

try {
    browser = await launchBrowser({ flags: [`--unsafely-treat-insecure-origin-as-secure=${url}`] });
    const page = await browser.page();
    await page.goto(`${url}/`);
    await page.evaluate(begin, { key, mode });
    let before = await waitFor('sound', () => page.evaluate(() =>
        globalThis.listening.state === 'connected' && globalThis.seen.at(-1)));
    process.on('message', async () => {
        const seen = await page.evaluate(() => globalThis.seen.splice(0));
        const now = seen.at(-1) ?? before;
        // The library may have joined anew meanwhile.
        if (now.packets < before.packets) before = {};
        const known = (name) => seen.map((each) => each[name])
            .filter((value) => typeof value === 'number');
        const grown = (name) => (now[name] ?? 0) - (before[name] ?? 0);
        process.send({ result: {
            concealed: grown('concealed') / Math.max(0.001, grown('played')),
            lost: grown('lost'),
            received: grown('packets'),
            buffer: median(known('buffer')),
            delay: median(known('delay')),
            underruns: grown('gaps'),
            player: now.player,
        } });
        before = now;
    });
    process.send({ result: 'joined' });
} catch (error) {
    process.send({ error: String(error?.message ?? error) }, () => process.exit(1));
}
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, async () => {
        await browser?.close();
        process.exit(0);
    });
}
