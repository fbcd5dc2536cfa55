// SPDX-License-Identifier: GPL-3.0-or-later
// What docs/streaming.md prints about the doors without WebRTC, run as it is printed.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { shell, shellBlocks, shellJson } from '../lib/docs.mjs';
import { root, startFarfield } from '../lib/farfield.mjs';
import { pitch } from '../lib/sound.mjs';
import { decodeFile, openStream, streamsOf } from '../lib/streams.mjs';
import { waitFor } from '../lib/wait.mjs';

const KEY = 'a key';
let farfield, folder;
before(async () => {
    farfield = await startFarfield();
    folder = mkdtempSync(join(tmpdir(), 'farfield-docs-'));
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
});
after(async () => {
    rmSync(folder, { recursive: true });
    await farfield.stop();
});

// A player that ends, and plays nothing here.
const shortened = (line) => line.replace(/^mpv /, 'mpv --no-config --ao=null --end=1 ');
const isNear = (hz, expected) => assert.ok(Math.abs(hz - expected) < 1, `${hz} Hz`);

test('the lines for players play, keep and measure the room', async () => {
    const [lines] = shellBlocks('docs/streaming.md', 'Players');
    const printed = await shell(farfield, lines.map(shortened), { cwd: folder });
    assert.match(printed, /^opus,48000,2$/m);
    for (const file of ['room.webm', 'room.ogg']) {
        const { left } = await decodeFile(readFileSync(join(folder, file)));
        isNear(pitch(left), 440);
        assert.ok(left.length > 3 * 48000 && left.length < 6 * 48000, `${left.length} samples`);
    }
});

test('a player with the key is let in, one without it is not', async () => {
    const keyed = await startFarfield({ key: KEY });
    const [, lines] = shellBlocks('docs/streaming.md', 'Players');
    await shell(keyed, lines.map(shortened), { env: { KEY } });
    await assert.rejects(shell(keyed, lines.map(shortened), { env: { KEY: 'another' } }));
    // The address is enough by itself, as a page needs it.
    const client = await openStream((await streamsOf(keyed)).audio);
    await client.take(0.1);
    await client.close();
    await keyed.stop();
});

test('the request for addresses is answered as printed', async () => {
    const [lines] = shellBlocks('docs/streaming.md', 'Leave to listen');
    const [answer] = await shellJson(farfield, lines);
    const text = readFileSync(join(root, 'docs/streaming.md'), 'utf8');
    const printed = JSON.parse(/```json\n(\{"room".*?)```/s.exec(text)[1]);
    assert.deepEqual(Object.keys(answer).sort(), Object.keys(printed).sort());
    const shape = (url) => url.replace(/:\d+\//, '/').replace(/token=[^&]*/, 'token');
    for (const name of ['audio', 'pcm', 'webm', 'ogg'])
        assert.ok(shape(answer[name]).startsWith(shape(printed[name])), answer[name]);
    assert.ok(Math.abs(answer.expires - Date.now() / 1000 - 120) < 5);
});

test('the client of 20 lines hears the room', async () => {
    const text = readFileSync(join(root, 'docs/streaming.md'), 'utf8');
    const [, source] = /```js\n(.*?)```/s.exec(text);
    const said = [];
    const listen = new Function('WebSocket', 'console', `${source}; return listen;`)(WebSocket,
        { log: (message) => said.push(message) });
    const samples = [];
    const numbers = [];
    const socket = listen((await streamsOf(farfield)).pcm, (bytes, sequence, time) => {
        assert.ok(Math.abs(time - Date.now() / 1000) < 5);
        numbers.push(sequence);
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        for (let i = 0; i < bytes.length; i += 4) samples.push(view.getInt16(i, true) / 32768);
    });
    await waitFor('a second', () => samples.length > 48000);
    socket.close();
    isNear(pitch(Float32Array.from(samples)), 440);
    assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] + i));
    const printed = JSON.parse(/```json\n(\{"type": "stream_metadata".*?)```/s.exec(text)[1]);
    const { mode, ...others } = printed;
    assert.deepEqual(Object.keys(said[0]).sort(), Object.keys(others).sort());
    assert.equal(mode, 'balanced');
});
