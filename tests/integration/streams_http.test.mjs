// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP doors: WebM and Ogg, as programs that no one here wrote understand them.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { gaps, pitch } from '../lib/sound.mjs';
import { decodeFile, fetchStream, openStream, run, streamsOf } from '../lib/streams.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
before(async () => {
    farfield = await startFarfield();
    await farfield.api('POST', '/v1/nodes', { synthdef: 'sine', controls: { freq: 440 } });
});
after(() => farfield.stop());

const isNear = (hz, expected) => assert.ok(Math.abs(hz - expected) < 1, `${hz} Hz`);

// [{pts, duration}] of a file's packets, in seconds, by ffprobe.
async function packetTimes(bytes) {
    const { code, stdout, stderr } = await run('ffprobe', ['-v', 'error', '-show_packets', '-of',
        'json', 'pipe:0'], { input: bytes });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).packets.map((p) => ({ pts: Number(p.pts_time),
        duration: Number(p.duration_time) }));
}

for (const kind of ['webm', 'ogg']) {
    test(`${kind} is heard at its pitch, through the redirection, from time 0`, async () => {
        // Somebody has been listening for a while: this one comes late.
        const other = await openStream((await streamsOf(farfield)).audio);
        await other.take(1);
        const bytes = await fetchStream(`${farfield.base}/v1/rooms/main/listen.${kind}`, 3);
        const sound = await decodeFile(bytes);
        assert.equal(sound.stderr, '');
        isNear(pitch(sound.left), 440);
        assert.deepEqual(gaps(sound.left), []);
        const times = await packetTimes(bytes);
        const seconds = sound.left.length / 48000;
        assert.ok(times.length > 100, `${times.length} packets`);
        assert.ok(Math.abs(times[0].pts) < 0.1, `begins at ${times[0].pts}`);
        // The first 80 ms are thrown away.
        assert.ok(Math.abs(seconds - (times.length * 0.01 - 0.08)) < 0.03, `${seconds} s`);
        for (let i = 1; i < times.length; i++) {
            const step = times[i].pts - times[i - 1].pts;
            assert.ok(Math.abs(step - 0.01) < 0.0011, `packet ${i} ${step} s behind the one before`);
        }
        await other.close();
    });
}

test('mpv plays each of them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'farfield-mpv-'));
    try {
        for (const kind of ['webm', 'ogg']) {
            const file = join(folder, `${kind}.wav`);
            const { code, stdout, stderr } = await run('mpv', ['--no-config', '--no-video',
                '--ao=pcm', `--ao-pcm-file=${file}`, '--end=2',
                `${farfield.base}/v1/rooms/main/listen.${kind}`]);
            assert.equal(code, 0, `${stdout}${stderr}`);
            const { left } = await decodeFile(readFileSync(file));
            isNear(pitch(left), 440);
        }
    } finally {
        rmSync(folder, { recursive: true });
    }
});

// VLC does not run as root: nobody runs it then.
const asUser = process.getuid() === 0
    ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

test('VLC plays each of them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'farfield-vlc-'));
    chmodSync(folder, 0o777);
    try {
        for (const kind of ['webm', 'ogg']) {
            const file = join(folder, `${kind}.wav`);
            const [command, ...args] = [...asUser, 'env', `HOME=${folder}`, 'cvlc', '--run-time=2',
                '--sout', `#transcode{acodec=s16l}:std{access=file,mux=wav,dst=${file}}`,
                `${farfield.base}/v1/rooms/main/listen.${kind}`, 'vlc://quit'];
            const { code, stdout, stderr } = await run(command, args);
            assert.equal(code, 0, `${stdout}${stderr}`);
            const { left } = await decodeFile(readFileSync(file));
            isNear(pitch(left), 440);
            assert.deepEqual(gaps(left), []);
        }
    } finally {
        rmSync(folder, { recursive: true });
    }
});

test('players are told whose sound it is', async () => {
    for (const [kind, where] of [['webm', 'format'], ['ogg', 'stream']]) {
        const url = `${farfield.base}/v1/rooms/main/listen.${kind}`;
        const { stdout } = await run('curl', ['-sSLI', '-H', 'Icy-MetaData: 1', url]);
        assert.match(`${stdout}`, /^icy-name: Farfield: main\r$/m);
        assert.match(`${stdout}`, /^icy-br: 128\r$/m);
        assert.doesNotMatch(`${stdout}`, /icy-metaint/);
        const probed = await run('ffprobe', ['-v', 'error', '-of', 'csv=p=0', '-show_entries',
            `${where}_tags=title`, url]);
        assert.match(`${probed.stdout}`, /main/, probed.stderr);
    }
});

test('what is asked wrongly is refused with a reason', async () => {
    const { webm, audio } = await streamsOf(farfield);
    const base = webm.replace(/\?.*/, '');
    const token = new URL(webm).searchParams.get('token');
    const cases = [
        [base, 401], [`${base}?token=`, 401], [`${base}?token=x`, 403],
        [`${base}?token=${token.replace(/.$/, (c) => (c === '0' ? '1' : '0'))}`, 403],
        [webm.replace('webm', 'ogg'), 403], [webm.replace('main', 'other'), 403],
        [`${webm}&mode=best`, 422], [`${webm}&colour=red`, 422], [`${webm}&token=${token}`, 422],
        [`${webm}&format=opus`, 422], [base.replace('.webm', '.mp3'), 404],
        [base.replace(/v1.*/, ''), 404], [audio.replace('ws:', 'http:'), 426],
        [`${base}?token=${'1'.repeat(2000)}`, 422],
    ];
    for (const [url, status] of cases) {
        const response = await fetch(url);
        const text = await response.text();
        assert.equal(response.status, status, `${url}: ${text}`);
        assert.match(response.headers.get('content-type'), /^application\/problem\+json/);
        const problem = JSON.parse(text);
        assert.equal(problem.status, status);
        assert.ok(problem.detail.length > 10, text);
        assert.equal(response.headers.get('access-control-allow-origin'), '*');
    }
    assert.equal((await fetch(webm, { method: 'POST', body: 'x' })).status, 405);
    const { stdout } = await run('curl', ['-sS', '--http2', webm]);
    assert.match(JSON.parse(stdout).detail, /HTTP\/1.1/);
});

test('HEAD and OPTIONS are answered, and take nobody in', async () => {
    const { webm, ogg } = await streamsOf(farfield);
    for (const [url, type] of [[webm, 'audio/webm; codecs="opus"'], [ogg, 'audio/ogg; codecs="opus"']]) {
        const head = await fetch(url, { method: 'HEAD' });
        assert.equal(head.status, 200);
        assert.equal(head.headers.get('content-type'), type);
        assert.equal(head.headers.get('cache-control'), 'no-store');
        const options = await fetch(url, { method: 'OPTIONS' });
        assert.equal(options.status, 204);
        assert.equal(options.headers.get('allow'), 'GET, HEAD, OPTIONS');
        assert.equal(options.headers.get('content-length'), null);
        assert.equal(options.headers.get('content-type'), null);
    }
    assert.equal((await fetch(webm.replace(/\?.*/, ''), { method: 'HEAD' })).status, 401);
    await waitFor('nobody', async () => {
        const { body } = await farfield.api('GET', '/v1/listeners');
        return body.listeners.length === 0;
    });
});
