// SPDX-License-Identifier: GPL-3.0-or-later
// Wires the page together.
import { connect } from '../client/farfield.js';
import { Bar } from './bar.js';
import { recall } from './choices.js';
import { Holds } from './holds.js';
import { KeyDialog } from './key.js';
import { ListenBar } from './listen/bar.js';
import { Messages } from './messages.js';
import { Outbox } from './outbox.js';
import { RecordingDot } from './scenes/dot.js';
import { Settings } from './settings.js';
import { Undo } from './undo.js';
import { Views } from './views.js';

const TWICE = 800; // ms between two presses of Escape that mean panic

const find = (selector) => document.querySelector(selector);

const key = new KeyDialog(find('#key-dialog'));
const messages = new Messages({ alert: find('#alert'), told: find('#told') });
const complain = (error) => messages.complain(error);
const tell = (words) => messages.tell(words);
const farfield = connect(document.baseURI, { key: key.stored });
const listening = farfield.listen();
const heard = farfield.heard(listening);
const outbox = new Outbox((id, controls) =>
    farfield.commands.node.set({ id, controls }).catch(complain));

function panic() {
    farfield.commands.server.panic().catch(complain);
}

find('#panic').onclick = panic;
// Escape empties a search field, and a dialog has its own.
function isForElement(element) {
    return element.closest?.('dialog') ||
        (element.matches?.('[type=search]') && element.value !== '');
}

let escapeAt = -TWICE;
addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.repeat) return;
    if (event.defaultPrevented || isForElement(event.target)) return;
    if (document.querySelector(':popover-open')) return; // this one closes a menu
    const now = performance.now();
    if (now - escapeAt < TWICE) panic();
    escapeAt = now;
});

// A button is pressed once by Enter, however long it is down: where its press takes it away, the
// repeats would press what has the focus next.
addEventListener('keydown', (event) => {
    if (event.repeat && event.key === 'Enter' && event.target.closest?.('button')) {
        event.preventDefault();
    }
}, { capture: true });

// A file that falls beside what takes files would be opened by the browser in place of this page.
for (const type of ['dragover', 'drop']) {
    addEventListener(type, (event) => {
        if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'none';
    });
}

key.onkey = (value) => farfield.useKey(value);
farfield.on('connection', (state) => {
    if (state === 'key') key.ask();
    else if (state === 'open') key.accepted();
});
new Bar({ farfield, find });
new ListenBar(listening, farfield, find);
new RecordingDot(farfield, find('#recording-dot'));
new Settings({ farfield, find });
new Undo({ farfield, tell, complain, find });
const context = { farfield, listening, heard, outbox, holds: new Holds(farfield), complain, tell };
const views = new Views(context, { list: find('.tabs'), main: find('main') });
// MIDI plays under every view, and is Play's.
if (recall('midi.on', false)) views.load('play').catch(complain);
