// SPDX-License-Identifier: GPL-3.0-or-later
// What the panel costs the machine that shows it.
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { median, round, sleep } from './figures.mjs';

const SECONDS = 10;
const RUNS = 5;
// name, view, whether it listens, what is hidden
const STATES = [
    ['Play', 'play', false],
    ['Play, listening', 'play', true],
    ['Listen', 'listen', false],
    ['Listen, listening', 'listen', true],
    ['the same without spectrum and scope', 'listen', true, '.spectrum, .scope'],
    ['Server, listening', 'server', true],
];

// Processor time of the page's main thread over 10 s, percent of a core: {all, script}.
async function cost(page) {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const read = async () => {
        const { metrics } = await session.send('Performance.getMetrics');
        return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
    };
    const before = await read();
    await sleep(SECONDS);
    const after = await read();
    await session.detach();
    const share = (name) => (100 * (after[name] - before[name])) / (after.Timestamp - before.Timestamp);
    return { all: share('TaskDuration'), script: share('ScriptDuration') };
}

async function costOf(browser, base, [, view, listens, hidden]) {
    const page = await browser.page();
    await page.goto(`${base}/#${view}`);
    await page.waitForSelector('#listen:not([disabled])');
    if (listens) {
        await page.locator('#listen').click();
        await page.waitForSelector('#listening[data-state=connected]');
    }
    if (hidden) {
        await page.evaluate((selector) => {
            for (const each of document.querySelectorAll(selector)) each.hidden = true;
        }, hidden);
    }
    await sleep(4);
    const found = await cost(page);
    await page.close();
    return found;
}

export async function measure() {
    const farfield = await startFarfield();
    const browser = await launchBrowser();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'drone' });
    const found = STATES.map(() => []);
    for (let run = 0; run < RUNS; run++) {
        for (const [i, state] of STATES.entries()) {
            found[i].push(await costOf(browser, farfield.base, state));
        }
    }
    await browser.close();
    await farfield.stop();
    const of = (i, what) => median(found[i].map((each) => each[what]));
    const [shown, hidden] = [3, 4].map((i) => of(i, 'all'));
    return {
        title: 'Panel',
        words: `
Processor time of the page's main thread (CDP's TaskDuration by thread ticks) in a window of 1280 by
800, Chromium without a GPU, over ${SECONDS} s while a synth sounds; medians of ${RUNS} runs. Script
is in all. Listen shows levels, spectrum and scope thirty times a second: spectrum and scope are
${round(shown - hidden)} % of a core of it.`,
        rows: STATES.map(([name], i) => ({
            view: name,
            'main thread, % of a core': round(of(i, 'all')),
            script: round(of(i, 'script')),
        })),
    };
}
