// SPDX-License-Identifier: GPL-3.0-or-later
// soak.mjs [MINUTES] [MODE]: a browser listens for a long time; how often had it nothing to play?
// Each xrun of JACK's dummy driver makes all that follows later by as much as it was late itself.
// Not part of `make bench`, for it takes 10 minutes. BUILD picks the build, as for the tests.
import { loadavg } from 'node:os';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { quantile, round, sleep } from './figures.mjs';

const [minutes = 10, mode = 'lowest'] = process.argv.slice(2);

const farfield = await startFarfield();
const browser = await launchBrowser();
const page = await browser.page();
await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
await page.goto(`${farfield.base}/`);
await page.evaluate(async (wanted) => {
    const { connect } = await import('/client/farfield.js');
    const client = connect(document.baseURI);
    window.listening = client.listen('main', { kinds: ['webrtc'] });
    window.listening.mode = wanted;
    window.listening.start();
}, mode);
const stats = () => page.evaluate(() => window.listening.stats);
const xruns = async () => {
    const { body } = await farfield.api('GET', '/metrics');
    return Number(/^farfield_jack_xruns_total (\d+)$/m.exec(body)[1]);
};

await sleep(10); // it settles
const first = await stats();
const firstXruns = await xruns();
const delays = [];
const loads = [];
let last = first;
for (let second = 1; second <= minutes * 60; second++) {
    await sleep(1);
    last = await stats();
    delays.push(last.delay * 1000);
    loads.push(loadavg()[0]);
    if (second % 60 === 0) {
        console.log(`${second / 60} min: ${last.gaps - first.gaps} underruns, ` +
            `${last.lost - first.lost} packets lost, delay ${round(last.delay * 1000)} ms, ` +
            `buffer ${round(last.buffer * 1000)} ms, ${await xruns() - firstXruns} xruns, ` +
            `load ${round(loads.at(-1))}`);
    }
}
console.log(`${mode}, ${minutes} minutes: ${last.gaps - first.gaps} underruns, ` +
    `${round((last.concealed - first.concealed) * 1000)} ms made up, delay median ` +
    `${round(quantile(delays, 0.5))} ms, p95 ${round(quantile(delays, 0.95))} ms; ` +
    `${await xruns() - firstXruns} xruns, load median ${round(quantile(loads, 0.5))}`);
await browser.close();
await farfield.stop();
