// SPDX-License-Identifier: GPL-3.0-or-later
// The Server view in a real Chromium: what it says is what the server does.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { accessible, closePanel, openPanel, screenshots, sees } from '../lib/panel.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, browser, page;

async function open(options) {
    const opened = await openPanel(browser, farfield, { view: 'server', ...options });
    await opened.waitForSelector('#log li');
    return opened;
}

const figure = (name, on = page) => on.locator(`#figure-${name}`).innerText();
const play = async (synthdef) =>
    (await farfield.api('POST', '/v1/nodes', { synthdef })).body.id;

before(async () => {
    farfield = await startFarfield({ settings: { 'log-level': 'debug' } });
    browser = await launchBrowser();
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
}, { timeout: 120000 });

beforeEach(async () => {
    page = await open();
});

afterEach(async () => {
    await closePanel(page, farfield);
});

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

test('the figures are the server’s, on every page that is open', async () => {
    const other = await open();
    for (let i = 0; i < 5; i++) await play('drone');
    const { body: status } = await waitFor('the server to know', async () => {
        const answer = await farfield.api('GET', '/v1/server');
        return answer.body.synths >= 5 && answer;
    });
    for (const on of [page, other]) {
        await waitFor('its figures', async () => await figure('synths', on) === String(status.synths) &&
            await figure('ugens', on) === String(status.ugens) &&
            await figure('groups', on) === String(status.groups));
        assert.match(await figure('cpu', on), /^\d+(\.\d)? %$/);
        assert.match(await figure('cpu-peak', on), /^\d+(\.\d)? %$/);
        assert.match(await figure('rate', on), /^4[78]\.\d{3} kHz$/);
        await waitFor('memory', async () => /^\d+(\.\d)? [MG]B$/.test(await figure('memory', on)));
        assert.match(await figure('late', on), /^\d+$/);
        assert.match(await figure('xruns', on), /^\d+$/);
    }
    await other.close();
});

test('the plots draw what their tables say', async () => {
    await page.waitForSelector('.plots .uplot canvas');
    assert.equal(await page.locator('.plots .uplot').count(), 8);
    const plot = page.locator('.plot', { has: page.getByRole('heading', { name: 'Playing' }) });
    await plot.locator('summary').click();
    await play('drone');
    const last = plot.locator('tbody tr').first();
    await waitFor('a synth more in the table', async () => {
        const { body } = await farfield.api('GET', '/v1/server/history');
        const { time, synths, groups } = body.figures.at(-1);
        const clock = new Date(time * 1000).toLocaleTimeString('en', { hour12: false });
        return await last.innerText() === `${clock.slice(0, 8)}\t${synths}\t${groups}`;
    });
    assert.match(await plot.locator('.plot-words').innerText(), /synths \d+/);
    const words = async (name) => page.locator('.plot', { has: page.getByRole('heading',
        { name, exact: true }) }).locator('.plot-words').innerText();
    const guest = await open();
    await guest.locator('#listen').click();
    await waitFor('a listener and its UGens in words', async () => {
        const { ugens } = (await farfield.api('GET', '/v1/server/history')).body.figures.at(-1);
        return (await words('UGens')).startsWith(`${ugens}`) && /^1\b/.test(await words('Listeners'));
    });
    await guest.close();
});

test('a listener is shown with its way, its loss and its delay, until it leaves', async () => {
    const guest = await open();
    await guest.locator('#listen').click();
    await guest.waitForSelector('#listening[data-state=connected]');
    await play('sine');
    await waitFor('the listener', async () => {
        const words = await page.locator('.listeners tbody tr').innerText();
        return /WebRTC\tbalanced\t0\.0 %\t\d+ ms\t\d+ ms\t0:\d\d/.test(words);
    }, { timeout: 30000 });
    await sees(page, '#listener-count', /^1$/);
    await guest.close();
    await sees(page, '.server-view', /Nobody listens/);
});

test('the log is followed, searched, held still and copied', async () => {
    await page.locator('#log-level').selectOption('debug');
    await farfield.api('PUT', '/v1/scenes/one');
    const lines = () => page.locator('#log li').allInnerTexts();
    await waitFor('many lines', async () => (await lines()).length > 5);
    assert.match((await lines()).at(-1), /^\d\d:\d\d:\d\d\.\d{3} (error|warning|info|debug) \S+/);
    await page.locator('#log-find').fill('child.started');
    await waitFor('only those', async () => {
        const found = await lines();
        return found.length > 0 && found.every((line) => line.includes('child.started')) &&
            await page.locator('#log-count').innerText() === `${found.length} found`;
    });
    await page.locator('#log-find').fill('');
    await page.locator('#log-level').selectOption('warning');
    assert.ok((await lines()).every((line) => / (error|warning) /.test(line)));
    await page.locator('#log-level').selectOption('info');
    assert.notEqual(await page.locator('#log-count').getAttribute('aria-live'), 'off');
    await page.locator('#log-pause').click();
    assert.equal(await page.locator('#log-count').getAttribute('aria-live'), 'off', 'nobody is told');
    const held = await lines();
    await farfield.kill('scsynth');
    await sees(page, '#log-count', /^\d+ more since$/);
    assert.deepEqual(await lines(), held);
    await page.locator('#log-pause').click();
    await waitFor('what came since', async () => (await lines()).some((line) =>
        /child\.ended.*scsynth/.test(line)));
    await page.locator('#log-pause').click(); // else a line may come between
    await page.locator('#log-copy').click();
    await waitFor('the clipboard', async () =>
        (await page.evaluate(() => navigator.clipboard.readText())) === (await lines()).join('\n'));
    await farfield.ready();
});

test('health is told by part, while one is away and when it is back', async () => {
    await sees(page, '#health', /^All works/);
    await page.evaluate(() => {
        window.said = [];
        new MutationObserver(() => window.said.push(document.querySelector('#health').innerText))
            .observe(document.querySelector('#health'), { childList: true, characterData: true,
                subtree: true });
    });
    await farfield.kill('scsynth');
    const said = await waitFor('both words', async () => {
        const words = await page.evaluate(() => window.said);
        return words.at(-1) === 'All works' && words;
    });
    assert.ok(said.some((words) => /^Sound server.*: not now$/.test(words)), said.join());
    await farfield.ready();
});

test('the sound server is restarted after a question, and what played plays on', async () => {
    const node = await play('drone');
    const before = farfield.pids.scsynth;
    await page.locator('#restart').click();
    await page.getByRole('button', { name: 'Leave it' }).click();
    assert.equal(farfield.pids.scsynth, before);
    await page.locator('#restart').click();
    await page.locator('#restart-now').click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'restart');
    await waitFor('another scsynth', () => ![before, undefined].includes(farfield.pids.scsynth));
    await farfield.ready();
    await waitFor('the synth', async () =>
        (await farfield.api('GET', `/v1/nodes/${node}`)).status === 200);
    await waitFor('the count', async () => Number(await figure('restarts')) >= 1);
});

test('a server that goes away is told, and all is there again when it is back', async () => {
    await farfield.kill('controller');
    await sees(page, '#health', /^The server is away/);
    farfield.launch();
    await farfield.ready();
    await sees(page, '#health', /^All works/);
    const node = await play('drone');
    const { body } = await farfield.api('GET', '/v1/server');
    await waitFor('new figures', async () => Number(await figure('synths')) >= body.synths);
    assert.ok(node);
    page.problems = page.problems.filter((line) =>
        !/ERR_CONNECTION_REFUSED|WebSocket connection/.test(line));
}, { timeout: 120000 });

test('a view that is not open asks for nothing', async () => {
    const told = [];
    // Opened, left and opened again before it came; then it is left.
    await page.evaluate(() => { location.hash = 'play'; });
    await page.route('**/panel/server/view.js*', async (route) => {
        await new Promise((done) => { setTimeout(done, 1000); });
        await route.continue();
    });
    await page.reload();
    for (const view of ['server', 'play', 'server']) await page.locator(`#tab-${view}`).click();
    await page.waitForSelector('#view-server > *');
    await page.waitForSelector('#connection.good');
    page.on('websocket', () => told.push('another connection'));
    await page.locator('#tab-play').click();
    await page.waitForSelector('#view-server', { state: 'hidden' });
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    session.on('Network.webSocketFrameReceived', ({ response }) => {
        const { method } = JSON.parse(response.payloadData);
        if (/^(history|log|listener\.)/.test(method ?? '')) told.push(method);
    });
    session.on('Network.webSocketFrameSent', ({ response }) => {
        const { method } = JSON.parse(response.payloadData);
        if (/^(health|server\.history|log)/.test(method ?? '')) told.push(method);
    });
    await new Promise((done) => { setTimeout(done, 4500); }); // two figures, one look at the health
    assert.deepEqual(told, []);
});

test('it is accessible and looks as it should', async () => {
    await play('drone');
    await waitFor('figures', async () => /MB/.test(await figure('memory')));
    await screenshots('server', page, open);
}, { timeout: 180000 });
