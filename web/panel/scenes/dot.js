// SPDX-License-Identifier: GPL-3.0-or-later
// A red dot in the bar while something is recorded, whoever began it, with its time.
import { make, write } from '../elements.js';
import { duration } from '../format.js';

const RUNS = ['starting', 'recording', 'stopping'];

export class RecordingDot {
    constructor(farfield, element) {
        const words = make('span', { className: 'hidden' });
        const time = make('span');
        element.replaceChildren(words, time);
        element.title = 'To the recordings';
        farfield.watch('recordings', (recordings) => {
            const running = [...recordings.values()].filter(({ state }) => RUNS.includes(state));
            element.hidden = running.length === 0;
            if (running.length === 0) return;
            const longest = Math.max(...running.map(({ seconds }) => seconds));
            write(time, duration(longest));
            write(words, running.length === 1 ? 'Recording, ' : `${running.length} recordings, `);
        });
    }
}
