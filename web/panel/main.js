// SPDX-License-Identifier: GPL-3.0-or-later
// Wires the page together.
import { Farfield } from '../client/farfield.js';
import { Heard } from '../client/heard.js';
import { Listening } from '../client/listening.js';
import { KeyDialog } from './key.js';
import { ListenPanel } from './listen.js';
import { Outbox } from './outbox.js';
import { SynthDefList } from './synthdefs.js';
import { SynthList } from './synths.js';

const TWICE = 800; // ms between two presses of Escape that mean panic
const ALERT = 8000; // ms that a message stays

const find = (selector) => document.querySelector(selector);

const key = new KeyDialog(find('#key-dialog'));
const farfield = new Farfield(document.baseURI, key.stored);
const listening = new Listening(farfield.rpc);
const heard = new Heard(farfield, listening);

let alertTimer = 0;
function complain(error) {
    find('#alert').textContent = error.message;
    clearTimeout(alertTimer);
    alertTimer = setTimeout(() => find('#alert').replaceChildren(), ALERT);
}

function panic() {
    farfield.panic().catch(complain);
}

function showConnection() {
    const { connection, server, synced } = farfield;
    const isGood = synced && server?.state === 'running';
    const words = {
        connecting: 'Connecting',
        lost: 'No connection to the server, trying again',
        key: 'A key is needed',
        open: !synced ? 'Connecting' : isGood ? 'Ready' : 'The sound server is starting',
    }[connection];
    const element = find('#connection');
    if (element.textContent !== words) element.textContent = words; // or it is read out again
    element.classList.toggle('good', isGood);
    find('#load').textContent = isGood ? `· CPU ${server.cpu.average.toFixed(0)} %` : '';
}

const outbox = new Outbox((node, controls) => farfield.set(node, controls).catch(complain));
new SynthDefList(farfield, (def) => farfield.play(def.name).catch(complain),
    { list: find('#synthdefs'), empty: find('#no-synthdefs') });
new SynthList(farfield, heard, {
    set: (node, name, value) => outbox.put(node, name, value),
    release: (node) => farfield.release(node).catch(complain),
    free: (node) => farfield.free(node).catch(complain),
}, { list: find('#synths'), empty: find('#no-synths'), count: find('#synth-count') });
new ListenPanel(farfield, listening, find);

find('#panic').onclick = panic;
let escapeAt = -TWICE;
addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.repeat) return;
    const now = performance.now();
    if (now - escapeAt < TWICE) panic();
    escapeAt = now;
});

key.onkey = (value) => farfield.rpc.useKey(value);
farfield.addEventListener('connection', ({ detail }) => {
    if (detail === 'key') key.ask();
    else if (detail === 'open') key.accepted();
    showConnection();
});
farfield.addEventListener('server', showConnection);
farfield.connect();
