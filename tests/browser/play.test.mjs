// SPDX-License-Identifier: GPL-3.0-or-later
// The Play view as somebody uses it: searching, turning by every way there is, notes that are held.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import {
    accessible, closePanel, lookAt, nodeOf, openPanel, reaches, rememberSockets, synthsOf,
} from '../lib/panel.mjs';
import { scsyndef } from '../lib/scgf.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
let browser;
let page;

before(async () => {
    farfield = await startFarfield();
    browser = await launchBrowser();
    await browser.context.grantPermissions(['midi']);
}, { timeout: 120000 });

beforeEach(async () => {
    page = await openPanel(browser, farfield, {
        prepare: (opened) => opened.addInitScript(rememberSockets),
    });
    await page.waitForSelector('[data-synthdef=sine]');
});

afterEach(async () => {
    await page.evaluate(() => localStorage.clear());
    await closePanel(page, farfield);
});

after(async () => {
    await browser?.close();
    await farfield?.stop();
});

async function start(synthdef, controls = {}) {
    const { body } = await farfield.api('POST', '/v1/nodes', { synthdef, controls });
    await page.waitForSelector(`[data-node="${body.id}"] .control`);
    return body.id;
}

const control = (id, name) => page.locator(`[data-node="${id}"] [data-parameter="${name}"]`);
const valueOf = async (id, name) => (await nodeOf(farfield, id)).controls[name];
const middle = async (locator) => {
    const { x, y, width, height } = await locator.boundingBox();
    return { x: x + width / 2, y: y + height / 2, width, height, left: x, top: y };
};
const sounds = (synthdef, count) => waitFor(`${count} of ${synthdef}`, async () =>
    (await synthsOf(farfield, synthdef)).length === count);

async function show(id, name, face) {
    await control(id, name).locator('.name').click();
    await page.locator(`#control-menu:popover-open input[value=${face}]`).check();
    await page.waitForSelector(`[data-node="${id}"] [data-parameter="${name}"][data-face=${face}]`);
    await page.keyboard.press('Escape');
    await page.waitForSelector('#control-menu:not(:popover-open)', { state: 'attached' });
}

test('Enter presses a button once, and after the last Stop nothing starts', async () => {
    const holdEnter = async () => {
        for (let i = 0; i < 10; i++) await page.keyboard.down('Enter'); // all but the first repeat
        await page.keyboard.up('Enter');
    };
    await page.locator('[data-synthdef=sine]').focus();
    await holdEnter();
    await sounds('sine', 1);
    await page.locator('[data-node]').getByRole('button', { name: /^Stop/ }).focus();
    await page.keyboard.down('Enter');
    await page.waitForFunction(() => document.activeElement.id === 'synths-title');
    await holdEnter();
    await page.keyboard.press('Enter');
    await sounds('sine', 0);
    // What a press would have started is there no later than what is asked for after it.
    await page.locator('[data-synthdef=drone]').click();
    await sounds('drone', 1);
    assert.deepEqual(await synthsOf(farfield, 'bass'), []);
});

test('SynthDefs are found by words, from anywhere by /, and played by Enter', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('SAW drift');
    await waitFor('one that fits', async () => await page.locator('#synthdefs li').count() === 1);
    await page.keyboard.press('Enter');
    await sounds('pad', 1);
    await page.keyboard.type(' zzz');
    assert.match(await page.locator('#no-synthdefs').textContent(), /No SynthDef/);
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('#synthdefs li').count() > 5);
    assert.equal((await synthsOf(farfield, 'pad')).length, 1, 'that Escape was no panic');
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.synthdef), 'bass');
    await page.locator('[data-tag=drum]').click();
    assert.deepEqual(await page.locator('#synthdefs .start').evaluateAll((buttons) =>
        buttons.map(({ dataset }) => dataset.synthdef)), ['hat', 'kick', 'snare']);
});

test('a slider is fine with Shift, and is turned by a wheel only while it has the focus', async () => {
    const id = await start('sine');
    const slider = control(id, 'pan').locator('input[type=range]');
    const at = await middle(slider);
    await page.mouse.move(at.x, at.y);
    await page.mouse.wheel(0, -120);
    await page.mouse.down();
    await page.keyboard.down('Shift');
    await page.mouse.move(at.x + at.width / 4, at.y, { steps: 10 });
    await page.keyboard.up('Shift');
    await page.mouse.up();
    const fine = Number(await control(id, 'pan').locator('input[type=text]').inputValue());
    assert.ok(fine > 0.03 && fine < 0.08, `a quarter of the way turned it by ${fine} of 2`);
    await page.mouse.wheel(0, -80);
    const wheeled = await waitFor('the wheel', async () => {
        const value = await valueOf(id, 'pan');
        return value > fine + 0.01 && value;
    });
    assert.ok(Math.abs(wheeled - fine - 0.02) < 0.005, `${fine} to ${wheeled} by two steps`);
    await slider.blur();
    await page.mouse.wheel(0, -400);
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await reaches(farfield, id, 'pan', wheeled + 0.01);
});

test('numbers are typed as people write them, Page keys go a tenth, and a mark shows the default', async () => {
    const id = await start('sine', { pan: 0.5 });
    const freq = control(id, 'freq').locator('input[type=text]');
    for (const [typed, hz] of [['1.2k', 1200], ['330 Hz', 330], ['2,5k', 2500]]) {
        await freq.fill(typed);
        await freq.press('Enter');
        await reaches(farfield, id, 'freq', hz);
    }
    await freq.fill('nonsense');
    await freq.press('Enter');
    assert.equal(Number((await freq.inputValue()).replace(/k$/, 'e3')), 2500);
    const pan = control(id, 'pan').locator('input[type=range]');
    await pan.press('PageDown');
    await reaches(farfield, id, 'pan', 0.3);
    await pan.press('PageUp');
    await pan.press('PageUp');
    await reaches(farfield, id, 'pan', 0.7);
    const mark = await control(id, 'pan').locator('.slider').evaluate((slider) =>
        Number(slider.style.getPropertyValue('--default')));
    assert.equal(mark, 0.5, 'in the middle, wherever the value is');
});

test('a parameter is a slider, a knob or a number, each as it was chosen', async () => {
    const id = await start('sine');
    await show(id, 'freq', 'knob');
    const knob = control(id, 'freq').locator('[role=slider]');
    const at = await middle(knob);
    await page.mouse.move(at.x, at.y);
    await page.mouse.down();
    await page.mouse.move(at.x, at.y - 45, { steps: 5 });
    await page.mouse.up();
    const turned = await waitFor('the knob at the server', async () => {
        const value = await valueOf(id, 'freq');
        return value > 500 && value;
    });
    assert.ok(Math.abs(turned / (440 * 1000 ** 0.25) - 1) < 0.02, `a quarter up: ${turned}`);
    await knob.press('ArrowDown');
    await waitFor('a step down', async () => {
        const value = await valueOf(id, 'freq');
        return value < turned && value > turned * 0.9;
    });
    assert.match(await knob.getAttribute('aria-valuetext'), /^\d+ Hz$/);
    await knob.dblclick();
    await reaches(farfield, id, 'freq', 440);
    await show(id, 'pan', 'number');
    assert.equal(await control(id, 'pan').locator('input[type=range]').count(), 0);
    await control(id, 'pan').locator('input').fill('-0,5');
    await page.keyboard.press('Enter');
    await reaches(farfield, id, 'pan', -0.5);
    await page.reload();
    await page.waitForSelector(`[data-node="${id}"] [data-parameter=freq] .knob`);
    assert.equal(await control(id, 'pan').getAttribute('data-face'), 'number');
    assert.equal(await control(id, 'amp').getAttribute('data-face'), 'slider');
    await page.locator('.playing-head input[value=knob]').check();
    await page.waitForSelector(`[data-node="${id}"] [data-parameter=amp] .knob`);
});

test('two parameters are moved at once on the XY pad', async () => {
    const id = await start('pad');
    await page.locator(`[data-node="${id}"] .pad-button`).click();
    const pad = page.locator(`[data-node="${id}"] .pad`);
    await pad.locator('select').first().selectOption('detune');
    await pad.locator('select').last().selectOption('amp');
    const at = await middle(pad.locator('.plane'));
    await page.mouse.move(at.x, at.y);
    await page.mouse.down();
    await page.mouse.move(at.left + at.width * 0.25, at.top + at.height * 0.25, { steps: 8 });
    await page.mouse.up();
    await reaches(farfield, id, 'detune', 0.25);
    await reaches(farfield, id, 'amp', 0.75);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await reaches(farfield, id, 'detune', 0.26);
    await reaches(farfield, id, 'amp', 0.74);
    assert.match(await pad.locator('.point').getAttribute('aria-valuetext'),
        /^Detune 0.26 semitones, Level 0.74$/);
});

// A SynthDef of what those that ship do not have: an array, a gate that ends nothing, a trigger.
async function upload() {
    const bytes = scsyndef({ odd: { freq: 110, gate: 0, mystery: 5,
        steps: [0, 0, 0, 0, 0, 0, 0, 0], t_bang: 0 } });
    const { status } = await farfield.api('PUT', '/v1/synthdefs/odd', bytes,
        { 'content-type': 'application/octet-stream' });
    assert.equal(status, 201);
}

test('the menu of a parameter without a range offers its first value and nothing else', async () => {
    await upload();
    const { body: { id } } = await farfield.api('POST', '/v1/nodes', { synthdef: 'odd' });
    await control(id, 'mystery').locator('.name').click();
    const menu = page.locator('#control-menu:popover-open');
    await menu.waitFor();
    assert.equal(await menu.textContent(), 'MysteryBring its first value back');
});

test('an array is drawn over with a pointer, and its bars are turned by keys', async () => {
    await upload();
    const { body: { id } } = await farfield.api('POST', '/v1/nodes', { synthdef: 'odd' });
    const bars = page.locator(`[data-node="${id}"] .bars`);
    await bars.waitFor();
    const at = await middle(bars);
    // From the lower left to the upper right, in few movements: no bar between is left out.
    await page.mouse.move(at.left + 2, at.top + at.height - 2);
    await page.mouse.down();
    await page.mouse.move(at.left + at.width / 2, at.y, { steps: 2 });
    await page.mouse.move(at.left + at.width - 2, at.top + 2, { steps: 2 });
    await page.mouse.up();
    const drawn = await waitFor('a rising line', async () => {
        const values = await valueOf(id, 'steps');
        return values[7] > 0.95 && values;
    });
    assert.ok(drawn.slice(1).every((value, i) => value >= drawn[i] && value > 0), `${drawn}`);
    await bars.locator('[role=slider]').nth(2).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Delete');
    await page.keyboard.press('ArrowUp');
    await waitFor('one step of the fourth', async () => {
        const values = await valueOf(id, 'steps');
        return Math.abs(values[3] - 0.02) < 1e-3 && values[2] === drawn[2];
    });
    await page.keyboard.press('End');
    assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Steps 8');
});

test('an array that was drawn while the server is away goes back to what is true', async () => {
    await upload();
    const { body: { id } } = await farfield.api('POST', '/v1/nodes', { synthdef: 'odd' });
    const bar = page.locator(`[data-node="${id}"] .bars [role=slider]`).first();
    await bar.focus();
    await page.evaluate(() => {
        window.fetched = window.fetch;
        window.fetch = () => Promise.reject(new TypeError('away'));
        window.sockets.forEach((socket) => socket.close());
    });
    await page.waitForSelector('#connection:not(.good)');
    await page.keyboard.press('PageUp');
    assert.equal(await bar.getAttribute('aria-valuenow'), '0.1');
    await waitFor('the true value', async () => await bar.getAttribute('aria-valuenow') === '0');
    await page.evaluate(() => {
        window.fetch = window.fetched;
    });
});

test('a gate is open while it is pressed, a trigger is sent each time', async () => {
    await upload();
    const { body: { id } } = await farfield.api('POST', '/v1/nodes', { synthdef: 'odd' });
    const gate = page.locator(`[data-node="${id}"] .gate`);
    await gate.hover();
    await page.mouse.down();
    await reaches(farfield, id, 'gate', 1);
    await page.mouse.move(5, 300);
    assert.equal(await gate.getAttribute('aria-pressed'), 'true', 'it may slip off');
    await page.mouse.up();
    await reaches(farfield, id, 'gate', 0);
    await gate.focus();
    await page.keyboard.down(' ');
    await reaches(farfield, id, 'gate', 1);
    await page.locator('#search').focus(); // what takes the focus away closes it
    await reaches(farfield, id, 'gate', 0);
    await page.keyboard.up(' ');
    const sent = await page.evaluate(() => {
        window.sent = [];
        const { send } = WebSocket.prototype;
        WebSocket.prototype.send = function counted(data) {
            window.sent.push(data);
            return send.call(this, data);
        };
        for (let i = 0; i < 2; i++) document.querySelector('.synth .trigger').click();
        for (const type of ['keydown', 'keyup']) {
            document.querySelector('.synth .gate').dispatchEvent(new KeyboardEvent(type, { key: ' ' }));
        }
        return new Promise((resolve) => {
            setTimeout(() => resolve(window.sent.flatMap((data) =>
                Object.keys(JSON.parse(data).params?.controls ?? {}))), 300);
        });
    });
    assert.deepEqual(sent, ['t_bang', 't_bang', 'gate', 'gate'], 'each, in this order');
    assert.equal(await page.locator('#alert').textContent(), '');
});

// There is no MIDI device here: what the browser would give is made by hand, messages and all.
function fakeMidi() {
    const input = { id: 'fake', state: 'connected', onmidimessage: null };
    const other = { id: 'other', state: 'connected', onmidimessage: null };
    const access = { inputs: new Map([['fake', input], ['other', other]]), onstatechange: null };
    window.midiIn = (...data) => input.onmidimessage?.({ data: Uint8Array.from(data) });
    window.otherIn = (...data) => other.onmidimessage?.({ data: Uint8Array.from(data) });
    window.unplug = () => {
        input.state = 'disconnected';
        access.inputs.delete('fake');
        access.onstatechange();
    };
    window.midiAsked = 0;
    Object.defineProperty(navigator, 'requestMIDIAccess', { configurable: true, value: async () => {
        window.midiAsked++;
        return access;
    } });
}

test('MIDI plays notes, and turns what it was taught, also after a reload', async () => {
    await page.addInitScript(fakeMidi);
    await page.reload();
    await page.waitForSelector('[data-synthdef=sine]');
    await page.locator('#midi').click();
    await page.locator('#midi-state').getByText('MIDI is on').waitFor();
    await page.locator('#instrument').selectOption('sine');
    await page.evaluate(() => window.midiIn(0x90, 69, 127));
    const [note] = await waitFor('a note', async () => {
        const synths = await synthsOf(farfield, 'sine');
        return synths.length === 1 && synths;
    });
    assert.equal(note.controls.freq, 440);
    assert.ok(note.controls.amp > 0.25, 'louder than usual');
    await page.evaluate(() => window.midiIn(0x90, 69, 0)); // which is a note off, too
    await sounds('sine', 0);
    const id = await start('sine');
    await control(id, 'pan').locator('.name').click();
    await page.getByRole('button', { name: 'Learn a MIDI controller' }).click();
    await page.locator('#control-menu').getByText('Move a controller now').waitFor();
    await page.evaluate(() => window.midiIn(0xb0, 21, 127));
    await page.locator('#control-menu').getByText('Turned by controller 21').waitFor();
    await reaches(farfield, id, 'pan', 1);
    await page.keyboard.press('Escape');
    assert.equal(await control(id, 'pan').locator('.name').getAttribute('data-note'), 'CC 21');
    await page.reload();
    await page.locator('#midi-state').getByText('MIDI is on').waitFor();
    await control(id, 'pan').locator('input').first().waitFor();
    await page.evaluate(() => {
        window.midiIn(0xb0, 21, 0);
        window.midiIn(0xb1, 21, 127); // another channel
        window.midiIn(0xb0, 22, 127); // another controller
    });
    await reaches(farfield, id, 'pan', -1);
    // Under another view too, also what has begun since.
    await page.locator('#tab-tree').click();
    const { body: later } = await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    await page.waitForSelector(`[data-row="${later.id}"]`);
    await page.evaluate(() => window.midiIn(0xb0, 21, 127));
    await reaches(farfield, id, 'pan', 1);
    await reaches(farfield, later.id, 'pan', 1);
    await farfield.api('DELETE', `/v1/nodes/${later.id}`);
    await page.waitForSelector(`[data-row="${later.id}"]`, { state: 'detached' });
    await page.evaluate(() => window.midiIn(0xb0, 21, 0));
    await reaches(farfield, id, 'pan', -1);
    assert.equal(await page.locator('#alert').textContent(), '', 'what has ended is not turned');
});

test('MIDI that was allowed plays from the start in every view; else nobody is asked', async () => {
    const asTree = async () => {
        await page.close();
        page = await openPanel(browser, farfield, { view: 'tree', prepare: async (opened) => {
            await opened.addInitScript(fakeMidi);
            await opened.addInitScript(() => localStorage.setItem('farfield.midi.on', 'true'));
        } });
    };
    await asTree();
    await waitFor('a note', async () => {
        await page.evaluate(() => window.midiIn(0x90, 69, 127));
        return (await synthsOf(farfield, 'sine')).length === 1;
    });
    await page.evaluate(() => window.midiIn(0x80, 69, 0));
    await sounds('sine', 0);
    await browser.context.clearPermissions();
    await asTree();
    await page.locator('#tab-play').click();
    await page.waitForSelector('#midi[aria-pressed=false]');
    assert.equal(await page.evaluate(() => window.midiAsked), 0, 'no dialog of the browser');
    await page.locator('#midi').click();
    await page.locator('#midi-state').getByText('MIDI is on').waitFor();
    await browser.context.grantPermissions(['midi']);
});

test('a MIDI keyboard that is unplugged leaves no note behind, and takes none of another', async () => {
    await page.addInitScript(fakeMidi);
    await page.reload();
    await page.waitForSelector('[data-synthdef=sine]');
    await page.locator('#midi').click();
    await page.locator('#midi-state').getByText('MIDI is on').waitFor();
    await page.locator('#instrument').selectOption('sine');
    await page.evaluate(() => {
        window.midiIn(0x90, 60, 100);
        window.otherIn(0x90, 69, 100);
    });
    await sounds('sine', 2);
    await page.evaluate(() => window.unplug());
    await sounds('sine', 1);
    const [{ controls }] = await synthsOf(farfield, 'sine');
    assert.equal(controls.freq, 440);
    await page.evaluate(() => window.otherIn(0x80, 69, 0));
    await sounds('sine', 0);
});

test('a browser without Web MIDI says so', async () => {
    await page.addInitScript(() => {
        delete Navigator.prototype.requestMIDIAccess;
    });
    await page.reload();
    await page.waitForSelector('[data-synthdef=sine]');
    await page.locator('#midi-state').getByText('This browser has no Web MIDI').waitFor();
    assert.ok(await page.locator('#midi').isDisabled());
});

test('the piano plays notes with a pointer that glides, and none stays behind', async () => {
    await page.locator('#instrument').selectOption('sine');
    const keyAt = async (name) => middle(page.getByRole('button', { name, exact: true }));
    const c = await keyAt('C4');
    const d = await keyAt('D4');
    const playing = async (hz) => waitFor(`${hz} Hz alone`, async () => {
        const synths = await synthsOf(farfield, 'sine');
        return synths.length === 1 && Math.abs(synths[0].controls.freq - hz) < 0.1;
    });
    await page.mouse.move(c.x, c.top + c.height * 0.9);
    await page.mouse.down();
    await playing(261.63);
    await page.mouse.move(d.x, c.top + c.height * 0.9);
    await playing(293.66);
    await page.mouse.up();
    await sounds('sine', 0);
    await page.getByRole('button', { name: 'C3', exact: true }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.down('Space');
    await playing(138.59);
    await page.keyboard.up('Space');
    await sounds('sine', 0);
});

test('the letters of the keyboard play, but not while somebody types', async () => {
    await page.locator('#instrument').selectOption('sine');
    await page.locator('#computer-keys').click();
    assert.equal(await page.locator('#computer-keys').getAttribute('aria-pressed'), 'true');
    await page.keyboard.down('a');
    await page.keyboard.down('e');
    await sounds('sine', 2);
    const pitches = (await synthsOf(farfield, 'sine')).map(({ controls }) =>
        Math.round(controls.freq)).sort((a, b) => a - b);
    assert.deepEqual(pitches, [131, 156], 'C3 and D♯3');
    await page.keyboard.up('a');
    await sounds('sine', 1);
    await page.evaluate(() => dispatchEvent(new Event('blur'))); // another window came before
    await sounds('sine', 0);
    await page.keyboard.up('e');
    await page.keyboard.press('x');
    await page.keyboard.down('a');
    await waitFor('an octave higher', async () => {
        const [synth] = await synthsOf(farfield, 'sine');
        return Math.round(synth?.controls.freq) === 262;
    });
    await page.keyboard.up('a');
    await page.keyboard.press('/');
    await page.keyboard.type('as');
    assert.equal(await page.locator('#search').inputValue(), 'as');
    await sounds('sine', 0);
});

test('a right button holds no slider', async () => {
    const id = await start('sine');
    const slider = control(id, 'pan').locator('input[type=range]');
    const at = await middle(slider);
    await page.mouse.move(at.x, at.y);
    await page.mouse.down({ button: 'right' });
    await farfield.api('PATCH', `/v1/nodes/${id}`, { controls: { pan: 0.5 } });
    await waitFor('what the server says', async () => await slider.inputValue() === '0.75');
    await page.mouse.up({ button: 'right' });
});

test('Escape in a field that was typed in takes that back, and is no half of a panic', async () => {
    const id = await start('sine');
    const field = control(id, 'pan').locator('input[type=text]');
    await field.fill('0.7');
    await page.keyboard.press('Escape');
    assert.equal(await field.inputValue(), '0');
    await page.locator('#search').fill('sine');
    for (let i = 0; i < 2; i++) await page.keyboard.press('Escape');
    await field.fill('0.25');
    await page.keyboard.press('Enter');
    await reaches(farfield, id, 'pan', 0.25);
});

test('a browser that keeps nothing plays all the same', async () => {
    await page.addInitScript(() => {
        for (const name of ['localStorage', 'sessionStorage']) {
            Object.defineProperty(window, name, { get() {
                throw new DOMException('blocked', 'SecurityError');
            } });
        }
    });
    await page.reload();
    await page.locator('[data-synthdef=sine]').click();
    await sounds('sine', 1);
    for (const view of ['listen', 'tree', 'scenes', 'server']) {
        await page.locator(`#tab-${view}`).click();
        await page.waitForSelector(`#view-${view} > :not(.empty)`);
    }
    await page.close();
    page = await openPanel(browser, farfield);
});

test('a file that falls beside what takes files leaves the page as it is', async () => {
    const isKept = await page.evaluate(() => ['dragover', 'drop'].every((type) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(['x'], 'x.wav'));
        return !document.querySelector('#panic').dispatchEvent(new DragEvent(type,
            { dataTransfer, bubbles: true, cancelable: true }));
    }));
    assert.ok(isKept);
});

test('notes begin as their sound was set, and those that sound follow', async () => {
    await page.locator('#instrument').selectOption('sine');
    await page.locator('#sound').click();
    const pan = page.locator('#instrument-sound [data-parameter=pan] input[type=text]');
    await pan.fill('-1');
    await pan.press('Enter');
    await page.locator('#computer-keys').click();
    await page.keyboard.down('a');
    const [{ id, controls }] = await waitFor('a note', async () => {
        const synths = await synthsOf(farfield, 'sine');
        return synths.length === 1 && synths;
    });
    assert.equal(controls.pan, -1);
    await page.locator('#instrument-sound [data-parameter=pan] input[type=range]').focus();
    await page.keyboard.press('End');
    await reaches(farfield, id, 'pan', 1);
    // What is held of another SynthDef has a sound of its own.
    await page.locator('[data-hold=drone]').evaluate((element) => element.click());
    await sounds('drone', 1);
    const [drone] = await synthsOf(farfield, 'drone');
    await page.locator('#instrument-sound [data-parameter=amp] input[type=range]').focus();
    await page.keyboard.press('Home');
    await reaches(farfield, id, 'amp', 0);
    assert.equal((await nodeOf(farfield, drone.id)).controls.amp, drone.controls.amp);
    await page.locator('[data-hold=drone]').evaluate((element) => element.click());
    await page.keyboard.up('a');
    await sounds('sine', 0);
    await page.reload();
    await page.locator('#sound').click();
    assert.equal(await pan.inputValue(), '1');
});

test('a note whose key goes up before the server has answered is let go all the same', async () => {
    await page.locator('#instrument').selectOption('sine');
    await page.locator('#computer-keys').click();
    const started = await farfield.rpc();
    await started.call('subscribe', { topics: ['nodes'] });
    // Each key is down and up within one task of the page: no answer can have come between.
    await page.evaluate(() => {
        for (let i = 0; i < 20; i++) {
            for (const type of ['keydown', 'keyup']) {
                document.body.dispatchEvent(new KeyboardEvent(type, { code: 'KeyA', key: 'a',
                    bubbles: true }));
            }
        }
    });
    await started.event('node.started', ({ node }) => node.name?.endsWith('-20'));
    await sounds('sine', 0);
});

test('a SynthDef sounds as long as it is held, by pointer and by key', async () => {
    const hold = page.locator('[data-hold=drone]');
    await hold.hover();
    await page.mouse.down();
    await sounds('drone', 1);
    await page.mouse.up();
    await sounds('drone', 0);
    await hold.focus();
    await page.keyboard.down('Enter');
    await sounds('drone', 1);
    await hold.blur();
    await sounds('drone', 0);
    await page.keyboard.up('Enter');
});

test('a screen reader, which only clicks, plays keys for a moment and holds until it clicks again', async () => {
    await page.locator('#instrument').selectOption('sine');
    const click = (locator) => locator.evaluate((element) => element.click());
    await click(page.getByRole('button', { name: 'C4', exact: true }));
    await sounds('sine', 1);
    await sounds('sine', 0);
    const hold = page.locator('[data-hold=drone]');
    await click(hold);
    await sounds('drone', 1);
    assert.equal(await hold.getAttribute('aria-pressed'), 'true');
    await click(hold);
    await sounds('drone', 0);
});

test('the connection is lost while a note is held: it is let go when it is back', async () => {
    await page.locator('#instrument').selectOption('sine');
    await page.locator('[data-hold=sine]').hover();
    await page.mouse.down();
    await sounds('sine', 1);
    // The page's own socket breaks, and it cannot come back for a while.
    await page.evaluate(() => {
        window.fetched = window.fetch;
        window.fetch = () => Promise.reject(new TypeError('away'));
    });
    await page.evaluate(() => window.sockets.forEach((socket) => socket.close()));
    await page.waitForSelector('#connection:not(.good)');
    await page.mouse.up();
    assert.equal((await synthsOf(farfield, 'sine')).length, 1, 'nobody could tell the server');
    await page.evaluate(() => {
        window.fetch = window.fetched;
    });
    await sounds('sine', 0);
});

// A note is held while the connection is lost and made anew, and let go then. Somebody else is gone
// when the page's own connection is, too: once the server has let go of the note of that one, it
// would have of the page's.
async function holdsOverLoss() {
    const witness = await farfield.rpc();
    await witness.call('synth.new', { synthdef: 'pad', held: true });
    await page.locator('[data-hold=sine]').hover();
    await page.mouse.down();
    await sounds('sine', 1);
    await page.evaluate(() => window.sockets.forEach((socket) => socket.close()));
    witness.socket.terminate();
    await page.waitForSelector('#connection:not(.good)');
    await page.waitForSelector('#connection.good');
    await sounds('pad', 0);
    assert.equal((await synthsOf(farfield, 'sine')).length, 1, 'the pointer is still down');
    await page.mouse.up();
    await sounds('sine', 0);
}

test('a note that is let go while the connection is closing is let go when it is back', async () => {
    await page.locator('[data-hold=sine]').hover();
    await page.mouse.down();
    await sounds('sine', 1);
    // Within one task of the page: it cannot have heard of the close.
    await page.evaluate(() => {
        window.sockets.forEach((socket) => socket.close());
        document.querySelector('[data-hold=sine]').dispatchEvent(new PointerEvent('pointerup'));
    });
    await sounds('sine', 0);
    await page.mouse.up();
});

test('a note goes on over a connection that is lost and made anew, until it is let go', async () => {
    await holdsOverLoss();
});

test('a note whose start was answered to nobody goes on, too, and is let go', async () => {
    // The answer comes into a page that is deaf until its connection breaks.
    await page.evaluate(() => {
        for (const socket of window.sockets) socket.onmessage = null;
    });
    await holdsOverLoss();
});

test('the notes of a page that is killed end by themselves', async () => {
    const other = await openPanel(browser, farfield);
    await other.locator('[data-hold=sine]').hover();
    await other.mouse.down();
    await sounds('sine', 1);
    const debug = await browser.context.newCDPSession(other);
    debug.send('Page.crash').catch(() => {});
    await sounds('sine', 0);
    await other.close();
});

test('what is held stays in the hand when the connection is lost and comes back', async () => {
    const id = await start('sine');
    const other = await farfield.rpc();
    await other.call('subscribe', { topics: ['nodes'] });
    const isHeld = ({ id: node, controls }) => node === id && `${controls}` === 'pan';
    const slider = control(id, 'pan').locator('input[type=range]');
    const same = await slider.elementHandle();
    const at = await middle(slider);
    await page.mouse.move(at.x, at.y);
    await page.mouse.down();
    await other.event('node.held', isHeld);
    const said = other.events.length;
    await page.evaluate(() => window.sockets.forEach((socket) => socket.close()));
    await page.waitForSelector('#connection:not(.good)');
    await page.waitForSelector('#connection.good');
    const since = () => other.events.slice(said).filter(({ method }) => method === 'node.held')
        .map(({ params }) => `${params.controls}`);
    await waitFor('the hold to be told anew', () => since().at(-1) === 'pan');
    assert.ok(await same.evaluate((each) => each.isConnected && document.activeElement === each),
        'it is the same slider, with the focus');
    await page.mouse.move(at.x + at.width / 4, at.y, { steps: 4 });
    await waitFor('it turns', async () => await valueOf(id, 'pan') > 0.3);
    await page.mouse.up();
    await waitFor('nobody holds it', () => since().at(-1) === '');
    await other.close();
});

test('light and dark are chosen and kept, and menus are accessible while they are open', async () => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.locator('#settings').click();
    const menu = page.locator('#settings-menu:popover-open');
    await menu.waitFor();
    await accessible(page, 'settings');
    await menu.locator('input[value=dark]').check();
    const dark = await ground();
    assert.notEqual(dark, light);
    await accessible(page, 'settings, dark');
    await page.reload();
    await page.waitForSelector('[data-synthdef=sine]');
    assert.equal(await ground(), dark);
    const id = await start('sine');
    await control(id, 'pan').locator('.name').click();
    await page.waitForSelector('#control-menu:popover-open');
    await accessible(page, 'the menu of a parameter');
});

test('all modules that the first view needs are asked for at once', async () => {
    const [listed, loaded] = await page.evaluate(() => [
        [...document.querySelectorAll('link[rel=modulepreload]')].map(({ href }) => href),
        performance.getEntriesByType('resource').map(({ name }) => name)
            .filter((name) => /\/(panel|client)\/.*\.js$/.test(name)),
    ]);
    const late = loaded.filter((address) => !listed.includes(address) &&
        !/panel\/(main|theme)\.js$/.test(address));
    assert.deepEqual(late, [], 'a line of index.html for each');
});

test('every state is accessible, and fits a phone', async () => {
    await start('pad');
    await start('drone');
    const id = await start('sine');
    await show(id, 'freq', 'knob');
    await show(id, 'amp', 'knob');
    await page.locator(`[data-node="${id}"] .pad-button`).click();
    await lookAt(page, 'play', async () => {
        await page.waitForSelector(`[data-node="${id}"] .knob`);
        await page.evaluate(() => scrollTo(0, 0));
    });
});
