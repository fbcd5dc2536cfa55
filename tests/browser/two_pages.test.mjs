// SPDX-License-Identifier: GPL-3.0-or-later
// Several who play at once, and a network and a server that go away for a while.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { openPanel, reaches, rememberSockets, synthsOf } from '../lib/panel.mjs';
import { scsyndef } from '../lib/scgf.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
let here;
let there;
let page;
let other;

before(async () => {
    farfield = await startFarfield();
    [here, there] = await Promise.all([launchBrowser(), launchBrowser()]);
}, { timeout: 120000 });

beforeEach(async () => {
    const prepare = (opened) => opened.addInitScript(rememberSockets);
    [page, other] = await Promise.all([openPanel(here, farfield, { prepare }),
        openPanel(there, farfield)]);
});

afterEach(async () => {
    // What the browser itself says about a server that is away is no fault of the page.
    const problems = [page, other].flatMap((each) => each.problems).filter((text) =>
        !/ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|WebSocket connection/.test(text));
    await Promise.all([page.close(), other.close()]);
    await farfield.api('POST', '/v1/server/panic');
    assert.deepEqual(problems, [], 'no error in the console');
});

after(async () => {
    await Promise.all([here?.close(), there?.close()]);
    await farfield?.stop();
});

async function start(synthdef, controls = {}) {
    const { body } = await farfield.api('POST', '/v1/nodes', { synthdef, controls });
    for (const each of [page, other]) {
        await each.waitForSelector(`[data-node="${body.id}"] .control`);
    }
    return body.id;
}

const control = (on, id, name) => on.locator(`[data-node="${id}"] [data-parameter="${name}"]`);
const field = (on, id, name) => control(on, id, name).locator('input[type=text]');
const shows = (on, id, name, value) => waitFor(`${name} ${value} on the page`, async () => {
    const text = await field(on, id, name).inputValue();
    if (Number(text) === value) return true;
    throw new Error(text);
});

async function type(on, id, name, value) {
    await field(on, id, name).fill(`${value}`);
    await field(on, id, name).press('Enter');
    await field(on, id, name).blur();
}

test('a control under a finger is shown as held to the others, and does not jump', async () => {
    const id = await start('sine');
    const slider = control(page, id, 'pan').locator('input[type=range]');
    const { x, y, width, height } = await slider.boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.75, y + height / 2, { steps: 5 });
    const badge = control(other, id, 'pan').locator('.held');
    await badge.getByText(/^held by .+/).waitFor();
    assert.equal(await control(page, id, 'pan').locator('.held').count(), 0, 'not to oneself');
    assert.equal(await control(other, id, 'amp').locator('.held').count(), 0);
    const held = await field(page, id, 'pan').inputValue();
    await type(other, id, 'pan', -1); // who insists may
    await reaches(farfield, id, 'pan', -1);
    await type(other, id, 'amp', 0.1);
    await shows(page, id, 'amp', 0.1);
    assert.equal(await field(page, id, 'pan').inputValue(), held);
    await page.mouse.up();
    await shows(page, id, 'pan', -1);
    await badge.waitFor({ state: 'detached' });
});

test('keys hold a control for a moment', async () => {
    const id = await start('sine');
    const watcher = await farfield.rpc();
    const told = [];
    watcher.on('node.held', ({ controls }) => told.push({ controls, at: performance.now() }));
    await watcher.subscribe('nodes');
    await control(page, id, 'pan').locator('input[type=range]').focus();
    await page.keyboard.press('ArrowRight');
    const badge = control(other, id, 'pan').locator('.held');
    await badge.waitFor();
    await badge.waitFor({ state: 'detached' });
    assert.deepEqual(told.map(({ controls }) => controls), [['pan'], []]);
    const lasted = told[1].at - told[0].at;
    assert.ok(lasted > 1000, `${lasted} ms are long enough to be seen`);
    await watcher.close();
});

test('what is moved on a pad, typed, or turned in an array is held, and its holder told', async () => {
    const bytes = scsyndef({ odd: { freq: 110, steps: [0, 0, 0, 0] } });
    await farfield.api('PUT', '/v1/synthdefs/odd', bytes,
        { 'content-type': 'application/octet-stream' });
    const heldOn = async (id, name, selector) => {
        const described = control(other, id, name).locator(selector).first();
        await waitFor(`the holder of ${name}`, async () => /^held by .+/.test(await described.evaluate(
            (element) => document.getElementById(element.getAttribute('aria-describedby'))?.textContent ?? '')));
    };
    const free = (id, name) => control(other, id, name).locator('.held').waitFor({ state: 'detached' });
    const odd = await start('odd');
    await control(page, odd, 'steps').locator('[role=slider]').first().focus();
    await page.keyboard.press('ArrowUp');
    await heldOn(odd, 'steps', '[role=slider]');
    await free(odd, 'steps');
    const id = await start('pad');
    await field(page, id, 'amp').focus();
    await page.keyboard.type('0.');
    await heldOn(id, 'amp', 'input[type=range]');
    await heldOn(id, 'amp', 'input[type=text]');
    await page.keyboard.press('Escape');
    await field(page, id, 'amp').blur();
    await free(id, 'amp');
    await page.locator(`[data-node="${id}"] .pad-button`).click();
    const pad = page.locator(`[data-node="${id}"] .pad`);
    await pad.locator('select').first().selectOption('detune');
    await pad.locator('select').last().selectOption('amp');
    const { x, y, width, height } = await pad.locator('.plane').boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await heldOn(id, 'detune', 'input[type=range]');
    await heldOn(id, 'amp', 'input[type=range]');
    await type(other, id, 'detune', 0.125); // who insists may, and what is held does not jump
    await reaches(farfield, id, 'detune', 0.125);
    assert.notEqual(await field(page, id, 'detune').inputValue(), '0.125');
    await page.mouse.up();
    await free(id, 'detune');
    await shows(page, id, 'detune', 0.125);
});

test('who leaves holds nothing any more', async () => {
    const id = await start('sine');
    const { x, y, width, height } = await control(page, id, 'pan').locator('input[type=range]')
        .boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    const badge = control(other, id, 'pan').locator('.held');
    await badge.waitFor();
    await page.goto('about:blank');
    await badge.waitFor({ state: 'detached' });
});

test('what this page did is undone and done again, by keys and buttons, and told', async () => {
    const id = await start('sine');
    await type(page, id, 'freq', 550);
    await reaches(farfield, id, 'freq', 550);
    await type(other, id, 'amp', 0.15);
    await reaches(farfield, id, 'amp', 0.15);
    await page.locator('h1').click();
    await page.keyboard.press('Control+z');
    await reaches(farfield, id, 'freq', 440);
    await page.locator('#told').getByText(/^Undone: .*freq.*/).waitFor();
    await reaches(farfield, id, 'amp', 0.15); // the other's own
    await page.keyboard.press('Control+Shift+z');
    await reaches(farfield, id, 'freq', 550);
    await page.locator(`[data-node="${id}"] .stop`).click();
    await page.waitForSelector(`[data-node="${id}"]`, { state: 'detached' });
    await page.locator('#undo').click();
    await waitFor('the synth to be back', async () => {
        const [synth] = await synthsOf(farfield, 'sine');
        return synth?.controls.freq === 550;
    });
    await page.waitForSelector('.synth');
    await page.locator('#redo').click();
    await waitFor('it to be gone again', async () =>
        (await synthsOf(farfield, 'sine')).length === 0);
    // There is an end to it, which is told and is no error.
    for (let i = 0; i < 4; i++) await page.locator('#undo').click();
    await page.locator('#told').getByText(/nothing/i).waitFor();
    assert.equal(await page.locator('#alert').textContent(), '');
});

test('undo leaves to a text field what is typed there', async () => {
    const id = await start('sine');
    await type(page, id, 'freq', 550);
    await reaches(farfield, id, 'freq', 550);
    await page.locator('#search').fill('abc');
    await page.keyboard.press('Control+z');
    await type(page, id, 'amp', 0.3);
    await reaches(farfield, id, 'amp', 0.3);
    await reaches(farfield, id, 'freq', 550);
});

test('offline and back: the page says so, and shows what happened meanwhile', async () => {
    const id = await start('sine');
    await here.context.setOffline(true);
    await page.evaluate(() => window.sockets.forEach((socket) => socket.close()));
    await page.locator('#connection').getByText(/^No connection/).waitFor();
    await type(page, id, 'pan', 0.5);
    await page.locator('#alert').getByText(/connect/).waitFor();
    await farfield.api('PATCH', `/v1/nodes/${id}`, { controls: { freq: 333 } });
    await here.context.setOffline(false);
    await page.waitForSelector('#connection.good');
    await shows(page, id, 'freq', 333);
    await shows(page, id, 'pan', 0); // what never arrived is not shown for true
    await type(page, id, 'freq', 444);
    await reaches(farfield, id, 'freq', 444);
});

test('scsynth starts anew: what sounded is there again, and is turned', async () => {
    const id = await start('drone', { fifth: 0.9 });
    const { epoch } = (await farfield.api('GET', '/v1/server')).body;
    await farfield.api('POST', '/v1/server/restart');
    await waitFor('another epoch', async () => {
        const { body } = await farfield.api('GET', '/v1/server');
        return body.state === 'running' && body.epoch !== epoch;
    });
    for (const each of [page, other]) {
        await each.waitForSelector('#connection.good');
        await each.waitForSelector(`[data-node="${id}"] .control`);
        await shows(each, id, 'fifth', 0.9);
    }
    await type(page, id, 'fifth', 0.2);
    await shows(other, id, 'fifth', 0.2);
});
