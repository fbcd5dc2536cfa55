// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline is killed while 20 listen by the client library: how long until all hear again?
import { OpusDecoder } from 'opus-decoder';
import { launchBrowser } from '../lib/browser.mjs';
import { startFarfield } from '../lib/farfield.mjs';
import { StreamClient, streamsOf } from '../lib/streams.mjs';
import { waitFor } from '../lib/wait.mjs';
import { median, round, sleep } from './figures.mjs';

const LISTENERS = 20;
const KILLS = 5;
const BETWEEN = 11; // seconds: what lived for less than 10 is started again with growing delays
const AUDIBLE = 1e-3;

// Runs in the page: listens `count` times, by one kind of path.
async function listenMany({ count, kind }) {
    const { connect } = await import('/client/farfield.js');
    const farfield = connect(document.baseURI);
    window.all = Array.from({ length: count }, () => {
        const listening = farfield.listen('main', { kinds: [kind] });
        listening.start();
        return listening;
    });
    window.sounding = () => window.all.map(({ output }) => output.level().peak[0] > -60);
    // Milliseconds after `from` at which each sounded again, having been silent.
    window.heardAgain = (from) => Promise.all(window.all.map((listening) =>
        new Promise((done, fail) => {
            const { output } = listening;
            let isSilent = false;
            const timer = setInterval(() => {
                const sounds = output.level().peak[0] > -60;
                isSilent ||= !sounds;
                if (isSilent && sounds) done(Date.now() - from);
                else if (Date.now() > from + 60000) {
                    const { state, error, path, stats } = listening;
                    const was = { isSilent, sounds, state, error, path, stats, context: output.context.state };
                    fail(new Error(`never heard again: ${JSON.stringify(was)}`));
                } else return;
                clearInterval(timer);
            }, 10);
        })));
}

async function inOnePage(farfield, kind) {
    const browser = await launchBrowser();
    const page = await browser.page();
    await page.goto(`${farfield.base}/`);
    await page.evaluate(listenMany, { count: LISTENERS, kind });
    return {
        sound: () => page.evaluate(() => window.sounding().every(Boolean)),
        heardAgain: () => page.evaluate((from) => window.heardAgain(from), Date.now()),
        stop: () => browser.close(),
    };
}

// Listens by WebSocket as long as it is wanted, decodes, and asks again at once when it ends.
class Steady {
    wanted = true;
    heardAt = 0; // when the last packet came that was not silence

    async listen(farfield) {
        while (this.wanted) {
            try {
                const { audio } = await streamsOf(farfield);
                this.client = new StreamClient(audio);
                await this.#decode(this.client);
            } catch {
                // the server is away
            }
            await sleep(0.02);
        }
    }

    async #decode(client) {
        const decoder = new OpusDecoder({ channels: 2, preSkip: 0 });
        await decoder.ready;
        while (client.closed === null) {
            for (const { bytes } of client.packets.splice(0)) {
                const { channelData: [left] } = decoder.decodeFrame(new Uint8Array(bytes));
                if (left.some((x) => Math.abs(x) > AUDIBLE)) this.heardAt = Date.now();
            }
            await sleep(0.01);
        }
        decoder.free();
    }

    stop() {
        this.wanted = false;
        this.client?.socket.terminate();
    }
}

async function eachForItself(farfield) {
    const all = Array.from({ length: LISTENERS }, () => new Steady());
    const ends = all.map((one) => one.listen(farfield));
    return {
        sound: () => all.every((one) => one.heardAt > Date.now() - 200),
        async heardAgain() {
            const from = Date.now();
            await waitFor('silence', () => all.every((one) => one.heardAt < Date.now() - 60),
                { every: 1 });
            const silent = Date.now();
            return Promise.all(all.map(async (one) => {
                await waitFor('sound', () => one.heardAt > silent, { timeout: 60000, every: 2 });
                return Date.now() - from;
            }));
        },
        async stop() {
            for (const one of all) one.stop();
            await Promise.all(ends);
        },
    };
}

async function outages(listen) {
    const farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
    const listeners = await listen(farfield);
    const [all, half] = [[], []];
    for (let kill = 0; kill < KILLS; kill++) {
        await waitFor('all to hear', listeners.sound);
        await sleep(BETWEEN);
        await farfield.kill('pipeline');
        const times = await listeners.heardAgain();
        all.push(Math.max(...times));
        half.push(median(times));
    }
    await listeners.stop();
    await farfield.stop();
    return { all, half };
}

export async function measure() {
    const rows = [];
    for (const [name, listen] of [
        ['WebRTC, in one page', (farfield) => inOnePage(farfield, 'webrtc')],
        ['WebSocket, in one page', (farfield) => inOnePage(farfield, 'websocket')],
        ['WebSocket, each for itself', eachForItself],
    ]) {
        const { all, half } = await outages(listen);
        rows.push({
            path: name,
            'half of them hear again': `${round(median(half))} ms`,
            'all do': `${round(median(all))} ms`,
            'all do, slowest kill': `${round(Math.max(...all))} ms`,
        });
    }
    return {
        title: 'Outages',
        words: `
SIGKILL of the pipeline while ${LISTENERS} listen: by the client library in one page of Chromium, or
each with a WebSocket and decoder of its own in Node; medians of ${KILLS} kills. From the end of the
process to sound in each client's output, without a person's hand. Chromium makes a page wait that
opens many WebSockets in a row, which is what 20 clients in one page do and a listener's page does not.`,
        rows,
    };
}
