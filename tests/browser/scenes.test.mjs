// SPDX-License-Identifier: GPL-3.0-or-later
// The Scenes view in a real Chromium: scenes and recordings, used as people do.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { accessible, closePanel, dropFiles, openPanel, screenshots, sees } from '../lib/panel.mjs';
import { pitch } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield, browser, page;

async function open(options) {
    const opened = await openPanel(browser, farfield, { view: 'scenes', ...options });
    await opened.waitForSelector('#scene-name');
    return opened;
}

const play = async (synthdef, controls) =>
    (await farfield.api('POST', '/v1/nodes', { synthdef, controls })).body.id;
const playing = async () => (await farfield.api('GET', '/v1/nodes')).body.nodes
    .filter(({ kind, system }) => kind === 'synth' && !system);
const scenes = async () => (await farfield.api('GET', '/v1/scenes')).body.scenes
    .map(({ name }) => name);
const recordings = async () => (await farfield.api('GET', '/v1/recordings')).body.recordings;
const row = (name, on = page) => on.locator(`[data-scene="${name}"]`);
const button = (within, words) => within.getByRole('button', { name: words });

// Who uses no mouse goes on from there.
const focusOn = (name) => waitFor(`the focus on ${name}`, async () => {
    const focused = await page.evaluate(() => document.activeElement.ariaLabel ??
        document.activeElement.textContent);
    if (focused === name) return true;
    throw new Error(focused.slice(0, 60));
});

async function keep(name, on = page) {
    await on.locator('#scene-name').fill(name);
    await on.locator('#scene-name').press('Enter');
    await row(name, on).waitFor();
}

before(async () => {
    farfield = await startFarfield();
    browser = await launchBrowser();
}, { timeout: 120000 });

beforeEach(async () => {
    page = await open();
});

afterEach(async () => {
    try {
        await closePanel(page, farfield);
    } finally {
        for (const name of await scenes()) await farfield.api('DELETE', `/v1/scenes/${name}`);
        for (const { id, state } of await recordings()) {
            if (state === 'recording') await farfield.api('POST', `/v1/recordings/${id}/stop`);
            await farfield.api('DELETE', `/v1/recordings/${id}`);
        }
    }
});

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

test('a scene is kept and recalled with a fade, and every page is told', async () => {
    const other = await open();
    await play('sine', { freq: 333 });
    await keep('one');
    await sees(other, '[data-scene=one]', /1 synth · kept/);
    await farfield.api('POST', '/v1/server/panic');
    await play('drone');
    await page.locator('#scene-fade').fill('0.2');
    await button(row('one'), 'Recall').click();
    await waitFor('the scene alone', async () => {
        const now = await playing();
        return now.length === 1 && now[0].controls.freq === 333;
    });
    await sees(page, '#told', /“one” is recalled: 1 node/);
    await sees(other, '[data-scene=one]', /recalled last/);
    // Beside what plays.
    await page.getByLabel('beside what plays').check();
    await button(row('one'), 'Recall').click();
    await waitFor('two of it', async () => (await playing()).length === 2);
    await page.locator('#scene-name').fill('one');
    await sees(page, '#keep-hint', /will be replaced/);
    await page.getByRole('button', { name: 'Replace' }).click();
    await sees(other, '[data-scene=one]', /2 synths/);
    await other.close();
});

test('of scenes recalled faster than they come, the last one sounds alone', async () => {
    await play('sine', { freq: 333 });
    for (const name of ['one', 'two', 'three']) await keep(name);
    await page.locator('#scene-fade').fill('0.2');
    await page.locator('#scenes').evaluate((list) => {
        for (const each of list.querySelectorAll('.main')) each.click(); // by name: three before two
    });
    await sees(page, '#told', /“two” is recalled: 1 node/);
    await waitFor('the scene alone, and nothing of the fades', async () =>
        (await playing()).map(({ synthdef }) => synthdef).join() === 'sine');
});

test('what a recall could not do is told, and why one cannot be', async () => {
    const scene = (synthdef, controls) => ({ scene: { format: 'farfield.scene', version: 1,
        nodes: [{ kind: 'room', room: 'main', nodes: [{ kind: 'synth', synthdef, controls }] }] } });
    await farfield.api('PUT', '/v1/scenes/old', scene('sine', { freq: 300, sparkle: 2 }));
    await farfield.api('PUT', '/v1/scenes/gone', scene('nothing_of_that_name', {}));
    await button(row('old'), 'Recall').click();
    await sees(page, '.outcome', /Of “old” this could not be brought back:\s+sine\.sparkle: /);
    await button(row('gone'), 'Recall').click();
    await sees(page, '#alert', /“gone” was not recalled: .*nothing_of_that_name/);
});

test('a scene is renamed in its place, by keys alone', async () => {
    await keep('first');
    await keep('second');
    await button(row('first'), 'Rename').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('second');
    await page.keyboard.press('Enter');
    await sees(page, '#alert', /There is a scene “second” already/);
    assert.deepEqual((await scenes()).sort(), ['first', 'second']);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('third');
    await page.keyboard.press('Enter');
    await row('third').waitFor();
    await row('first').waitFor({ state: 'detached' });
    await focusOn('Rename third');
    assert.deepEqual((await scenes()).sort(), ['second', 'third']);
});

test('what was deleted is brought back', async () => {
    await play('sine', { freq: 222 });
    await keep('mine');
    await button(row('mine'), 'Delete').click();
    await waitFor('it is gone', async () => (await scenes()).length === 0);
    await focusOn('Bring mine back');
    await page.keyboard.press('Enter');
    await row('mine').waitFor();
    await focusOn('Rename mine');
    await farfield.api('POST', '/v1/server/panic');
    await button(row('mine'), 'Recall').click();
    await waitFor('its synth', async () => (await playing())[0]?.controls.freq === 222);
});

test('a scene goes out as a file and comes in by one, pressed for or dropped', async () => {
    await play('sine', { freq: 555 });
    await keep('tour');
    const [download] = await Promise.all([page.waitForEvent('download'),
        button(row('tour'), 'Export').click()]);
    assert.equal(download.suggestedFilename(), 'tour.json');
    const file = join(farfield.dataDir, 'tour.json');
    await download.saveAs(file);
    const text = readFileSync(file, 'utf8');
    assert.equal(JSON.parse(text).scene.format, 'farfield.scene');
    await page.setInputFiles('#scene-file', file);
    await row('tour 2').waitFor();
    await dropFiles(page, '.scenes', [{ name: 'by hand.json', text }]);
    await row('by hand').waitFor();
    const shown = async (name) => (await farfield.api('GET', `/v1/scenes/${name}`)).body;
    assert.deepEqual(await shown('by%20hand'), await shown('tour'));
    for (const [name, content, words] of [
        ['a.json', 'not JSON', /“a.json” is no JSON file/],
        ['b.json', '{"what":1}', /“b.json” is no scene that Farfield has saved/],
        ['c.json', '{"scene":{"format":"farfield.scene","version":1,"nodes":[{"kind":"frog"}]}}',
            /“c.json” was not imported: .+/],
    ]) {
        const path = join(farfield.dataDir, name);
        writeFileSync(path, content);
        await page.setInputFiles('#scene-file', path);
        await sees(page, '#alert', words);
    }
    assert.equal((await scenes()).length, 3);
});

test('a recording is begun, seen from other views, stopped, played, and downloaded', async () => {
    await play('sine', { freq: 440, amp: 0.3 });
    const other = await open();
    await page.locator('#record-name').fill('take');
    await page.locator('#record-format').selectOption('flac');
    await page.locator('#record').click();
    await sees(page, '#record', /Stop recording/);
    await sees(page, '#record-progress', /^0:0[2-9] · \d+ kB$/);
    await other.locator('#tab-play').click();
    await sees(other, '#recording-dot', /0:0\d$/);
    await other.locator('#recording-dot').click();
    await other.waitForSelector('#view-scenes:not([hidden])');
    await sees(other, '#record', /Stop recording/);
    await page.locator('#record').click();
    const [{ id }] = await recordings();
    const entry = page.locator(`[data-recording="${id}"]`);
    await waitFor('its end', async () => await entry.getAttribute('data-state') === 'done');
    assert.match(await entry.innerText(), /take\s+0:0\d · FLAC · \d+ kB/);
    await other.waitForSelector('#recording-dot', { state: 'hidden' });
    await button(entry, 'Play').click();
    await waitFor('it to play', () => entry.locator('audio').evaluate((audio) =>
        audio.currentTime > 0.3 && !audio.paused));
    const [download] = await Promise.all([page.waitForEvent('download'),
        button(entry, 'Download').click()]);
    assert.match(download.suggestedFilename(), /^take.*\.flac$/);
    await other.close();
});

test('deleting a recording is asked about, for it cannot be had back', async () => {
    const { body: { id } } = await farfield.api('POST', '/v1/recordings', { seconds: 0.5 });
    const entry = page.locator(`[data-recording="${id}"]`);
    await waitFor('its end', async () => await entry.getAttribute('data-state') === 'done');
    await button(entry, 'Delete').click();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Keep it');
    await page.keyboard.press('Enter');
    await button(entry, /^Delete Rec/).click();
    assert.equal((await recordings()).length, 1);
    await button(entry, 'Delete for good').click();
    await entry.waitFor({ state: 'detached' });
    assert.equal((await recordings()).length, 0);
    await focusOn('Record');
    await page.keyboard.press('Enter');
    await sees(page, '#record', /Stop recording/);
    await focusOn('Stop recording');
    const running = page.locator('[data-recording][data-state=recording]');
    await button(running, /^Stop/).focus();
    await page.keyboard.press('Enter');
    await waitFor('its end', async () => await running.count() === 0 && (await recordings())[0].state === 'done');
    await waitFor('the focus to stay with it', () => page.evaluate(() =>
        /^Play /.test(document.activeElement.ariaLabel)));
});

test('without a connection nothing is lost, and what cannot be done is told', async () => {
    await keep('stays');
    await farfield.kill('controller');
    await page.waitForSelector('#connection:not(.good)');
    await page.locator('#scene-name').fill('not kept');
    await page.locator('#scene-name').press('Enter');
    await sees(page, '#alert', /“not kept” was not kept: .+/);
    assert.equal(await page.locator('#scene-name').inputValue(), 'not kept');
    await row('stays').waitFor();
    farfield.launch();
    await farfield.ready();
    await page.waitForSelector('#connection.good');
    await page.locator('#scene-name').press('Enter');
    await row('not kept').waitFor();
    page.problems = page.problems.filter((line) =>
        !/ERR_CONNECTION_REFUSED|WebSocket connection/.test(line));
}, { timeout: 120000 });

test('a disk without room is told in words', async () => {
    const small = await startFarfield({ settings: { 'recordings-limit': 3 } });
    try {
        const tight = await browser.page();
        await tight.goto(`${small.base}/#scenes`);
        await tight.waitForSelector('#connection.good');
        await tight.locator('#record').click();
        await sees(tight, '#alert', /Nothing is recorded: recordings may take 3 MB/);
        await tight.close();
    } finally {
        await small.stop();
    }
}, { timeout: 120000 });

test('with a key recordings are played and downloaded, too', async () => {
    const locked = await startFarfield({ key: 'a key of this test' });
    try {
        await locked.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440, amp: 0.3 } });
        const { body: { id } } = await locked.api('POST', '/v1/recordings', { seconds: 2 });
        const guest = await browser.page();
        guest.setDefaultTimeout(30000);
        await guest.goto(`${locked.base}/#scenes`);
        await guest.locator('#key').fill('a key of this test');
        await guest.locator('#key').press('Enter');
        const entry = guest.locator(`[data-recording="${id}"]`);
        await waitFor('its end', async () => await entry.getAttribute('data-state') === 'done');
        await button(entry, 'Play').click();
        await waitFor('it to play', () => entry.locator('audio').evaluate((audio) =>
            audio.currentTime > 0.2));
        const played = new URL(await entry.locator('audio').getAttribute('src'));
        assert.equal(played.pathname, `/v1/recordings/${id}/audio`);
        // A page that was open for longer than the address was good for gets another one.
        played.searchParams.set('token', '1.0.0');
        await entry.locator('audio').evaluate(async (audio, src) => {
            const failed = new Promise((done) => { audio.onerror = done; });
            audio.src = src;
            await failed;
        }, played.href);
        await button(entry, 'Play').click();
        await waitFor('it to play again', () => entry.locator('audio').evaluate((audio) =>
            !audio.error && audio.currentTime > 0.2));
        const [download] = await Promise.all([guest.waitForEvent('download'),
            button(entry, 'Download').click()]);
        const path = join(locked.dataDir, 'got.wav');
        await download.saveAs(path);
        const bytes = readFileSync(path);
        const data = bytes.indexOf('data') + 8;
        const left = Float32Array.from({ length: 48000 }, (_, i) =>
            bytes.readIntLE(data + 6 * (i + 24000), 3) / 2 ** 23);
        assert.ok(Math.abs(pitch(left) - 440) < 0.5, `${pitch(left)} Hz`);
        await guest.close();
    } finally {
        await locked.stop();
    }
}, { timeout: 120000 });

test('it is accessible and looks as it should', async () => {
    await accessible(page, 'nothing is kept');
    await play('drone');
    await keep('a quiet morning');
    await play('pad');
    await keep('evening');
    await farfield.api('POST', '/v1/recordings', { name: 'first take', format: 'flac', seconds: 1 });
    await waitFor('its end', async () => (await recordings())[0].state === 'done');
    await page.locator('#record').click();
    await sees(page, '#record-progress', /0:01/);
    await button(row('evening'), 'Rename').click();
    await accessible(page, 'while a scene is renamed');
    await page.keyboard.press('Escape');
    await screenshots('scenes', page, open);
}, { timeout: 180000 });
