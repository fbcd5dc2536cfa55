// SPDX-License-Identifier: GPL-3.0-or-later
// The Tree view as somebody uses it: scsynth's order, moving, pausing, freeing, solo, what others
// do, and files that are dropped.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { root, startFarfield } from '../lib/farfield.mjs';
import { closePanel, lookAt, nodeOf, openPanel, synthsOf } from '../lib/panel.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
let browser;
let page;

before(async () => {
    farfield = await startFarfield();
    browser = await launchBrowser();
}, { timeout: 120000 });

beforeEach(async () => {
    page = await openPanel(browser, farfield, { view: 'tree' });
    await page.waitForSelector('[role=treeitem]');
});

afterEach(async () => {
    await page.evaluate(() => localStorage.clear());
    try {
        await closePanel(page, farfield);
    } finally {
        for (const { id } of (await nodes()).filter((node) => node.kind === 'group' && !node.system &&
            node.id !== 0)) await farfield.api('POST', `/v1/nodes/${id}/free`);
    }
});

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

const nodes = async () => (await farfield.api('GET', '/v1/nodes')).body.nodes;
const row = (id) => page.locator(`[data-row="${id}"]`);

async function make(path, body) {
    const { status, body: node } = await farfield.api('POST', path, body);
    assert.equal(status, 201, JSON.stringify(node));
    await row(node.id).waitFor();
    return node.id;
}

const synth = (more = {}) => make('/v1/nodes', { synthdef: 'drone', ...more });
const group = (more = {}) => make('/v1/groups', more);

// Waits until these come one after another in scsynth's order, and on the page.
function inOrder(...ids) {
    return waitFor(`the order ${ids}`, async () => {
        const there = (await nodes()).map(({ id }) => id).filter((id) => ids.includes(id));
        const shown = (await page.locator('[data-row]').evaluateAll((rows) =>
            rows.map(({ dataset }) => Number(dataset.row)))).filter((id) => ids.includes(id));
        if (`${there}` === `${ids}` && `${shown}` === `${ids}`) return true;
        throw new Error(`scsynth ${there}, page ${shown}`);
    });
}

const parentOf = async (id) => (await nodeOf(farfield, id)).parent;
const runs = (id, running) => waitFor(`${id} ${running ? 'runs' : 'is paused'}`, async () =>
    (await nodeOf(farfield, id)).running === running);

async function drag(id, target, part) {
    const from = await row(id).boundingBox();
    const to = await row(target).boundingBox();
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width / 2, to.y + to.height * part, { steps: 8 });
    await page.mouse.up();
}

test('groups and synths stand in scsynth\'s order, and rows are walked by keys', async () => {
    const inner = await group({ name: 'strings' });
    const first = await synth({ target: inner, action: 'tail' });
    const second = await synth({ target: inner, action: 'tail' });
    const top = await synth();
    await inOrder(top, inner, first, second);
    assert.equal(await row(first).getAttribute('aria-level'),
        `${Number(await row(inner).getAttribute('aria-level')) + 1}`);
    await row(inner).click();
    const focused = () => page.evaluate(() => Number(document.activeElement.dataset.row));
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), first);
    await page.keyboard.press('ArrowLeft');
    assert.equal(await focused(), inner);
    await page.keyboard.press('ArrowLeft');
    await row(first).waitFor({ state: 'detached' });
    assert.equal(await row(inner).getAttribute('aria-expanded'), 'false');
    await page.keyboard.press('ArrowRight');
    await row(first).waitFor();
    await page.keyboard.press('End');
    const last = await focused();
    await page.keyboard.press('Home');
    assert.equal(await focused(), 0);
    assert.notEqual(last, 0);
    await page.keyboard.type('gr');
    assert.equal(await focused(), inner, 'found by its first letters');
});

test('a row is dragged before, behind and into another', async () => {
    const inner = await group();
    const a = await synth({ target: inner, action: 'after' });
    const b = await synth({ target: a, action: 'after' });
    const c = await synth({ target: b, action: 'after' });
    await inOrder(inner, a, b, c);
    await drag(c, a, 0.2);
    await inOrder(inner, c, a, b);
    await drag(c, b, 0.9);
    await inOrder(inner, a, b, c);
    await drag(b, inner, 0.5);
    await waitFor('it to be within', async () => await parentOf(b) === inner);
    await inOrder(inner, b, a, c);
    // A group does not go into itself, and Escape calls a drag off.
    await drag(inner, b, 0.5);
    const from = await row(a).boundingBox();
    const to = await row(c).boundingBox();
    await page.mouse.move(from.x + from.width / 2, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width / 2, to.y + to.height * 0.9, { steps: 5 });
    await page.keyboard.press('Escape');
    await page.mouse.up();
    await inOrder(inner, b, a, c);
    // A press that is let go beside the list begins none without a button.
    await page.mouse.move(from.x + from.width / 2, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(from.x + from.width / 2, 5);
    await page.mouse.up();
    await page.mouse.move(to.x + to.width / 2, to.y + to.height * 0.9, { steps: 5 });
    assert.equal(await page.locator('#tree-nodes.dragging').count(), 0);
});

test('Alt and the arrow keys move a row, and it keeps the focus', async () => {
    const inner = await group();
    const a = await synth({ target: inner, action: 'after' });
    const b = await synth({ target: a, action: 'after' });
    await inOrder(inner, a, b);
    await row(b).click();
    await page.keyboard.press('Alt+ArrowUp');
    await inOrder(inner, b, a);
    await waitFor('the focus', () => page.evaluate((id) =>
        document.activeElement.dataset.row === `${id}`, b));
    await page.keyboard.press('Alt+ArrowRight');
    await waitFor('it to be within', async () => await parentOf(b) === inner);
    await inOrder(inner, b, a);
    await waitFor('the focus', () => page.evaluate((id) =>
        document.activeElement.dataset.row === `${id}`, b));
    await page.keyboard.press('Alt+ArrowLeft');
    await waitFor('it to be out again', async () => await parentOf(b) !== inner);
    await inOrder(inner, b, a);
    await page.keyboard.press('Alt+ArrowDown');
    await inOrder(inner, a, b);
});

test('pause, go on and free, by buttons and by keys', async () => {
    const a = await synth();
    const b = await synth();
    await row(a).getByRole('button', { name: /^Pause/ }).click();
    await runs(a, false);
    await row(a).getByRole('button', { name: /^Go on/ }).click();
    await runs(a, true);
    await row(b).click();
    await page.keyboard.press(' ');
    await runs(b, false);
    await page.keyboard.press('Delete');
    await row(b).waitFor({ state: 'detached' });
    assert.equal(await nodeOf(farfield, b), null);
    await row(a).getByRole('button', { name: /^Free/ }).click();
    await row(a).waitFor({ state: 'detached' });
    assert.equal((await synthsOf(farfield, 'drone')).length, 0);
});

test('solo pauses the siblings, and gives back exactly those', async () => {
    const [one, two, three] = [await group(), await group(), await group()];
    const stays = await synth({ target: three, action: 'after' });
    await farfield.api('PATCH', `/v1/nodes/${stays}`, { run: false });
    await row(stays).getByText('paused').waitFor();
    const solo = (id) => row(id).getByRole('button', { name: /^Solo/ });
    await solo(one).click();
    await runs(two, false);
    await runs(three, false);
    assert.equal((await nodeOf(farfield, one)).running, true);
    assert.equal(await solo(one).getAttribute('aria-pressed'), 'true');
    await row(two).getByText('paused').waitFor();
    // Another one instead: the first is paused now, and all come back at the end but what was.
    await solo(two).click();
    await runs(two, true);
    await runs(one, false);
    await runs(three, false);
    await page.reload();
    await row(two).locator('.row-state').getByText('solo').waitFor();
    await row(two).click();
    await page.keyboard.press('Shift+Space');
    await runs(one, true);
    await runs(three, true);
    assert.equal((await nodeOf(farfield, stays)).running, false, 'what was paused before stays so');
});

test('solo there and back at once leaves nothing paused', async () => {
    const [one, two, three] = [await group(), await group(), await group()];
    // Within one task of the page: nothing can have come back from the server between.
    const press = (...ids) => page.evaluate((rows) => {
        for (const id of rows) document.querySelector(`[data-row="${id}"] .solo`).click();
    }, ids);
    const pressed = (id) => row(id).locator('.solo').getAttribute('aria-pressed');
    await press(one, one, two);
    await runs(one, false);
    await runs(three, false);
    await runs(two, true);
    await waitFor('the solo', async () => await pressed(two) === 'true');
    await press(two, one, one);
    for (const id of [one, two, three]) await runs(id, true);
    await waitFor('no solo', async () => await pressed(two) === 'false' && await pressed(one) === 'false');
});

test('a solo outlives a restart of scsynth, and one of another server is none', async () => {
    const [one, two] = [await group(), await group()];
    await row(one).getByRole('button', { name: /^Solo/ }).click();
    await runs(two, false);
    const epoch = async () => (await farfield.api('GET', '/v1/server')).body.epoch;
    const before = await epoch();
    await farfield.api('POST', '/v1/server/restart');
    await waitFor('scsynth again', async () => await epoch() > before &&
        (await farfield.api('GET', '/v1/server')).body.state === 'running');
    await runs(two, false);
    await waitFor('the solo', async () =>
        await row(one).locator('.solo').getAttribute('aria-pressed') === 'true');
    await row(one).getByRole('button', { name: /^Solo/ }).click();
    await runs(two, true);
    const parent = await parentOf(one);
    await page.evaluate((solos) => localStorage.setItem('farfield.solo',
        JSON.stringify({ epoch: -1, solos })), [[parent, { id: one, paused: [two] }]]);
    await page.reload();
    await row(one).waitFor();
    await waitFor('no solo', async () =>
        await row(one).locator('.solo').getAttribute('aria-pressed') === 'false');
});

test('what another client does flashes, what this page does not', async () => {
    const id = await synth();
    await page.waitForSelector(`[data-row="${id}"].flash`);
    await page.waitForSelector(`[data-row="${id}"].flash`, { state: 'detached' });
    await page.evaluate(() => {
        window.flashed = [];
        new MutationObserver((changes) => {
            for (const { target } of changes) {
                if (target.classList.contains('flash')) window.flashed.push(target.dataset.row);
            }
        }).observe(document.querySelector('#tree-nodes'), { subtree: true, attributes: true,
            attributeFilter: ['class'] });
    });
    await row(id).getByRole('button', { name: /^Pause/ }).click();
    await row(id).getByText('paused').waitFor();
    const other = await synth();
    await waitFor('a flash', () => page.evaluate((node) => window.flashed.includes(`${node}`),
        other));
    assert.equal(await page.evaluate((node) => window.flashed.includes(`${node}`), id), false);
    await farfield.api('PATCH', `/v1/nodes/${id}`, { controls: { amp: 0.1 } });
    await waitFor('another flash', () => page.evaluate((node) => window.flashed.includes(`${node}`),
        id));
});

// A WAV of a half-second sine.
function wav() {
    const frames = 24000;
    const bytes = Buffer.alloc(44 + frames * 2);
    bytes.write('RIFF', 0);
    bytes.writeUInt32LE(36 + frames * 2, 4);
    bytes.write('WAVEfmt ', 8);
    bytes.writeUInt32LE(16, 16);
    bytes.writeUInt16LE(1, 20);
    bytes.writeUInt16LE(1, 22);
    bytes.writeUInt32LE(48000, 24);
    bytes.writeUInt32LE(96000, 28);
    bytes.writeUInt16LE(2, 32);
    bytes.writeUInt16LE(16, 34);
    bytes.write('data', 36);
    bytes.writeUInt32LE(frames * 2, 40);
    for (let i = 0; i < frames; i++) {
        bytes.writeInt16LE(Math.round(16000 * Math.sin((2 * Math.PI * 220 * i) / 48000)), 44 + i * 2);
    }
    return bytes;
}

// Drops a file as a hand would, since no test has a desktop to drag one from.
async function drop(name, bytes) {
    await page.evaluate(({ fileName, base64 }) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], fileName));
        for (const type of ['dragover', 'drop']) {
            document.querySelector('.tree').dispatchEvent(new DragEvent(type,
                { dataTransfer: data, bubbles: true, cancelable: true }));
        }
    }, { fileName: name, base64: bytes.toString('base64') });
}

test('a sound file becomes a buffer that is drawn and played, dropped or chosen', async () => {
    await drop('low tone.wav', wav());
    const entry = page.locator('[data-buffer]').filter({ hasText: 'low tone' });
    await entry.getByText(/0\.50 s, mono/).waitFor();
    await waitFor('the waveform', async () =>
        Number(await entry.locator('canvas').getAttribute('data-points')) > 100);
    const isPainted = await entry.locator('canvas').evaluate((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.some((x) => x > 0);
    });
    assert.ok(isPainted);
    await entry.getByRole('button', { name: /^Play/ }).click();
    await waitFor('a player', async () => (await synthsOf(farfield, 'player_mono')).length > 0);
    await entry.getByRole('button', { name: /^Free/ }).click();
    await entry.waitFor({ state: 'detached' });
    await page.locator('#buffer-file').setInputFiles({ name: 'chosen.wav', mimeType: 'audio/wav',
        buffer: wav() });
    await page.locator('[data-buffer]').filter({ hasText: 'chosen' }).waitFor();
    await drop('no sound.wav', Buffer.from('this is no sound'));
    await page.locator('#alert').getByText('no sound.wav').waitFor();
    page.problems = page.problems.filter((text) => !/status of 4\d\d/.test(text));
});

test('a SynthDef that is dropped is told with its audition, a damaged one is refused', async () => {
    const bytes = readFileSync(join(root, 'synthdefs/bell.scsyndef'));
    await drop('bell.scsyndef', bytes);
    const report = page.locator('#auditions article').first();
    await report.getByText(/^Auditioned: good/).waitFor();
    for (const words of [/^peak -?\d+\.\d dBFS/, /^DC \d/, /^no NaN/, /^CPU \d/]) {
        await report.getByText(words).waitFor();
    }
    await drop('broken.scsyndef', bytes.subarray(0, 100));
    await page.locator('#auditions').getByText(/broken.scsyndef was refused: /).waitFor();
    await farfield.api('DELETE', '/v1/synthdefs/bell');
    page.problems = page.problems.filter((text) => !/status of 4\d\d/.test(text));
});

test('buses are listed with what is on them', async () => {
    const { body } = await farfield.api('POST', '/v1/buses', { rate: 'control', name: 'wind' });
    await farfield.api('PATCH', `/v1/buses/${body.id}`, { values: [0.75] });
    const line = page.locator('.buses tr').filter({ hasText: 'wind' });
    await line.getByText('0.75').waitFor();
    await line.getByRole('button').click();
    await line.waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'buses-title');
});

test('every state is accessible, and fits a phone', async () => {
    const inner = await group({ name: 'strings' });
    await synth({ target: inner });
    const id = await synth({ target: inner, controls: { freq: 110 } });
    await farfield.api('PATCH', `/v1/nodes/${id}`, { run: false });
    await synth();
    await drop('low tone.wav', wav());
    await drop('bell.scsyndef', readFileSync(join(root, 'synthdefs/bell.scsyndef')));
    await page.getByText(/^Auditioned: good/).waitFor();
    await page.locator('[data-buffer] canvas:not([data-points="0"])').first().waitFor();
    await row(id).getByText('paused').waitFor();
    await page.waitForSelector('.row.flash', { state: 'detached' });
    await lookAt(page, 'tree', async () => page.evaluate(() => scrollTo(0, 0)));
});
