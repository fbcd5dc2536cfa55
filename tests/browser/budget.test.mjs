// SPDX-License-Identifier: GPL-3.0-or-later
// What the first load costs: bytes over the wire, requests, time to the first paint.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';

const BYTES = 100000; // compressed, headers included
const REQUESTS = 75;
const PAINT = 1000; // ms
const LOADS = 5; // of which the median counts, since others use the machine, too

let farfield, browser;

before(async () => {
    farfield = await startFarfield();
    browser = await launchBrowser();
}, { timeout: 120000 });

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

// Loads the page: {bytes, requests: [{url, status, bytes, fromCache}], paint in ms, page}.
async function load(page, act) {
    const session = await page.context().newCDPSession(page);
    const requests = new Map();
    const statuses = new Map(); // on the wire: what is still good is 304 there, and 200 to the page
    await session.send('Network.enable');
    session.on('Network.responseReceived', ({ requestId, response, type }) => {
        if (type === 'WebSocket') return;
        requests.set(requestId, { url: response.url, status: response.status, bytes: 0,
            encoding: response.headers['content-encoding'] ?? response.headers['Content-Encoding'],
            fromCache: response.fromDiskCache || response.fromPrefetchCache });
    });
    session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
        statuses.set(requestId, statusCode);
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (requests.has(requestId)) requests.get(requestId).bytes = encodedDataLength;
    });
    await act();
    await page.waitForSelector('#synthdefs [data-synthdef=sine]');
    await page.waitForLoadState('networkidle');
    const paint = await page.evaluate(() =>
        performance.getEntriesByName('first-contentful-paint')[0].startTime);
    await session.detach();
    const all = [...requests].map(([id, request]) =>
        ({ ...request, status: statuses.get(id) ?? request.status }));
    return { requests: all, paint, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) };
}

test('the first load is small, quick, and asks nobody else', async (t) => {
    const loads = [];
    for (let i = 0; i < LOADS; i++) {
        const page = await browser.page();
        const session = await page.context().newCDPSession(page);
        await session.send('Network.clearBrowserCache');
        loads.push(await load(page, () => page.goto(`${farfield.base}/`)));
        assert.deepEqual(page.problems, []);
        await page.close();
    }
    const [first] = loads;
    const paint = median(loads.map((each) => each.paint));
    t.diagnostic(`${first.bytes} bytes in ${first.requests.length} requests, first paint after ${
        paint.toFixed(0)} ms (${loads.map((each) => each.paint.toFixed(0)).join(', ')})`);
    const foreign = first.requests.filter(({ url }) => !url.startsWith(farfield.base) &&
        !url.startsWith('data:'));
    assert.deepEqual(foreign, [], 'no request to another host');
    assert.ok(first.bytes < BYTES, `${first.bytes} bytes`);
    assert.ok(first.requests.length <= REQUESTS, `${first.requests.length} requests`);
    assert.ok(first.requests.filter(({ url }) => /\.(js|css)$/.test(url))
        .every(({ encoding }) => encoding === 'gzip'), 'text comes compressed');
    assert.ok(!first.requests.some(({ url }) => /uplot/i.test(url)), 'plots are for who opens them');
    assert.ok(paint < PAINT, `first paint after ${paint} ms`);
}, { timeout: 120000 });

test('a reload asks whether what is there is still good, and fetches nothing anew', async (t) => {
    const page = await browser.page();
    await load(page, () => page.goto(`${farfield.base}/`));
    const again = await load(page, () => page.reload());
    const files = again.requests.filter(({ url }) => !url.includes('/v1'));
    t.diagnostic(`${again.bytes} bytes`);
    assert.ok(files.length > 5);
    const fetched = files.filter(({ status, fromCache }) => status !== 304 && !fromCache);
    assert.deepEqual(fetched.map(({ url, status }) => `${status} ${url}`), []);
    assert.ok(again.bytes < BYTES / 3, `${again.bytes} bytes`);
    await page.close();
});
