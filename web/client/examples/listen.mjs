// SPDX-License-Identifier: GPL-3.0-or-later
// listen.mjs [ADDRESS]: shows how loud the room is, by what arrives here, for three seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'farfield';

const [base = 'http://127.0.0.1:8080'] = process.argv.slice(2);
const farfield = connect(base);
await farfield.ready();

let peak = 0;
// Plain samples by WebSocket. With the package @roamhq/wrtc as another option, `wrtc`, WebRTC is
// tried first.
const listening = farfield.listen('main', {
    onsamples({ left, right }) {
        for (const x of left) peak = Math.max(peak, Math.abs(x));
        for (const x of right) peak = Math.max(peak, Math.abs(x));
    },
});
listening.start();
for (let second = 1; second <= 3; second++) {
    await sleep(1000);
    const { delay } = listening.getAudioStats() ?? {};
    const late = delay ? `${Math.round(delay * 1000)} ms ago` : 'delay unknown';
    console.log(`${second} s: peak ${(20 * Math.log10(peak)).toFixed(1)} dBFS, ${late}`);
    peak = 0;
}
farfield.close(); // ends the listening, too
