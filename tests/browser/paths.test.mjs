// SPDX-License-Identifier: GPL-3.0-or-later
// The ladder of paths: each rung is heard, a network without UDP is left behind within seconds, and
// what dies comes back by itself.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { freePort, startFarfield } from '../lib/farfield.mjs';
import { Tap } from '../lib/tap.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
let abroad; // the same page, as from another machine
const browsers = [];
const pages = [];

before(async () => {
    const httpPort = await freePort();
    abroad = `http://farfield.test:${httpPort}`;
    farfield = await startFarfield({ httpPort, settings: { origins: abroad } });
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
}, { timeout: 120000 });

afterEach(async () => {
    const problems = pages.splice(0).flatMap((page) => page.problems);
    for (const browser of browsers.splice(0)) await browser.close();
    assert.deepEqual(problems, [], 'no error in the console');
});

after(() => farfield?.stop());

// {page, tap} with a browser of its own.
async function open({ base = farfield.base, flags = [] } = {}) {
    const browser = await launchBrowser({ flags });
    browsers.push(browser);
    const page = await browser.page();
    pages.push(page);
    const tap = await Tap.create(page);
    await page.goto(`${base}/#listen`);
    await page.waitForSelector('#connection.good');
    return { page, tap };
}

// Listens in the page by the client library, without the panel, by these kinds of path only.
function listenBy({ page }, kinds) {
    return page.evaluate(async (only) => {
        const { connect } = await import('/client/farfield.js');
        const farfield = connect(document.baseURI);
        window.listening = farfield.listen('main', { kinds: only });
        window.listening.start();
    }, kinds);
}

const stats = ({ page }) => page.evaluate(() => window.listening.stats);
const shownPath = ({ page }) => page.locator('#delay-path').textContent();
const forgive = ({ page }, pattern) => {
    page.problems = page.problems.filter((text) => !pattern.test(text));
};

test('each rung is heard, and knows its delay', async (t) => {
    const opened = await open();
    for (const [kind, least, most] of [['websocket', 0, 1], ['pcm', 0.2, 2], ['webm', 1, 16]]) {
        await listenBy(opened, [kind]);
        await opened.tap.hears(440);
        const known = await waitFor('a delay', async () => {
            const now = await stats(opened);
            return now?.delay > 0 && now;
        });
        t.diagnostic(`${kind}: ${JSON.stringify(known)}`);
        assert.equal(known.kind, kind);
        assert.ok(known.delay > least && known.delay < most, `${kind}: ${known.delay} s`);
        assert.equal(known.estimated, kind === 'webm');
        await opened.page.evaluate(() => window.listening.stop());
    }
    await waitFor('no listener', async () =>
        (await farfield.api('GET', '/v1/listeners')).body.listeners.length === 0);
});

// Browsers keep decoder and worklet from pages by http that are not of their own machine.
test('a page of another machine, without TLS, is served by what it may use', async () => {
    for (const kinds of [['websocket', 'webm', 'pcm'], ['websocket', 'pcm']]) {
        const opened = await open({
            base: abroad,
            flags: ['--host-resolver-rules=MAP farfield.test 127.0.0.1'],
        });
        assert.equal(await opened.page.evaluate(() => isSecureContext), false);
        await listenBy(opened, kinds);
        await opened.tap.hears(440);
        assert.equal(await opened.page.evaluate(() => window.listening.path.kind), kinds[1]);
    }
});

test('without UDP it sounds within seconds', async (t) => {
    const opened = await open({
        flags: ['--webrtc-ip-handling-policy=disable_non_proxied_udp'],
    });
    const pressed = Date.now();
    await opened.page.locator('#listen').click();
    await opened.tap.sounds(10000);
    t.diagnostic(`sound after ${Date.now() - pressed} ms`);
    await opened.tap.hears(440);
    assert.equal(await shownPath(opened),
        'By WebSocket, balanced: WebRTC does not come through');
});

test('the pipeline is killed: every path comes back by itself', async (t) => {
    const first = await open();
    const second = await open();
    await first.page.locator('#listen').click();
    await listenBy(second, ['websocket']);
    await Promise.all([first.tap.hears(440), second.tap.hears(440)]);
    await farfield.kill('pipeline');
    const killed = Date.now();
    const back = async ({ tap }, what) => {
        await tap.silent();
        await tap.sounds();
        t.diagnostic(`${what}: heard again after ${Date.now() - killed} ms`);
        await tap.hears(440);
    };
    await Promise.all([back(first, 'WebRTC'), back(second, 'WebSocket')]);
    forgive(second, /WebSocket connection/);
    forgive(first, /WebSocket connection|ERR_CONNECTION_REFUSED/);
});

test('the whole server starts anew: it is heard again without a reload', async () => {
    const opened = await open();
    await opened.page.locator('#listen').click();
    await opened.tap.hears(440);
    await farfield.stop({ keep: true });
    await opened.page.waitForSelector('#listening[data-state=lost]');
    farfield.launch();
    await farfield.ready();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
    await opened.tap.hears(440);
    forgive(opened, /WebSocket connection|ERR_CONNECTION_REFUSED/);
});
