// SPDX-License-Identifier: GPL-3.0-or-later
// The setting `output`: whether the room main is also played by the JACK server's own driver.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

// {port: [ports that it is connected to]}, as jack_lsp tells.
function connections({ jackServer }) {
    const found = {};
    let port;
    for (const line of execFileSync('jack_lsp', ['-s', jackServer, '-c'], { encoding: 'utf8' })
        .split('\n')) {
        if (line.startsWith(' ')) found[port].push(line.trim());
        else if (line.includes(':')) found[port = line] = [];
    }
    return found;
}

const played = (farfield) => Object.entries(connections(farfield))
    .filter(([port]) => /^scsynth.*:out/.test(port)).map(([, to]) => to.sort());
const BOTH = [1, 2].map((n) => [`farfield-pipeline:in_${n}`, `system:playback_${n}`]);
const STREAMED = BOTH.map(([port]) => [port]);

test('local plays by the driver as well as to listeners, and does so again after a crash', async () => {
    const farfield = await startFarfield({ settings: { output: 'local' } });
    try {
        const connected = () => waitFor('both ways out', () => {
            assert.deepEqual(played(farfield), BOTH);
            return true;
        });
        await connected();
        await farfield.api('POST', '/v1/nodes', { synthdef: 'sine' });
        await (await farfield.listen()).pitched(440);
        for (const part of ['scsynth', 'pipeline', 'jackd']) {
            await farfield.kill(part);
            await waitFor(`${part} again`, () => farfield.pids[part]);
            await connected();
        }
    } finally {
        await farfield.stop();
    }
});

test('streaming plays to listeners alone', async () => {
    const farfield = await startFarfield();
    try {
        await waitFor('the capture', () => {
            assert.deepEqual(played(farfield), STREAMED);
            return true;
        });
    } finally {
        await farfield.stop();
    }
});

test('a driver without its device is told in words', async () => {
    const farfield = await startFarfield({ wait: false,
        settings: { output: 'local', 'jack-driver': 'alsa -d hw:77' } });
    const { code } = await farfield.exited;
    assert.notEqual(code, 0);
    assert.match(farfield.log, /jackd does not start: .*hw:77/);
    assert.match(farfield.log, /jack-driver/);
});
