// SPDX-License-Identifier: GPL-3.0-or-later
// The hostile corpus: damaged definitions by the thousand, each uploaded to a real Farfield, and
// what it lets in played by its scsynth, which must not die. The audition is off: what is on trial
// is the reading.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, startFarfield, temporaryFolder } from '../lib/farfield.mjs';
import { isAlive } from '../lib/processes.mjs';
import { mutator } from './mutate.mjs';

const FOLDERS = ['synthdefs', 'tests/hostile/corpus'];
const AT_ONCE = 16; // uploads
const PLAY_AT_ONCE = 8; // synths: what they cost together is not on trial

export const corpus = FOLDERS.flatMap((folder) => readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.scsyndef')).sort()
    .map((file) => ({ name: file, bytes: readFileSync(join(root, folder, file)) })));

// Uploads `count` pieces of damage of this seed: {accepted, refused, played}. Throws with the
// culprits where scsynth dies.
export async function run(count, seed, { log = () => {} } = {}) {
    const farfield = await startFarfield({ settings: { audition: 'off' } });
    const tally = { uploaded: 0, accepted: 0, refused: 0, played: 0 };
    try {
        await uploadUntouched(farfield);
        const next = mutator(corpus, seed);
        const { scsynth } = farfield.pids;
        let waiting = []; // accepted, and not played yet
        while (tally.uploaded < count) {
            const some = Array.from({ length: Math.min(AT_ONCE, count - tally.uploaded) }, next);
            await Promise.all(some.map((damage) => upload(farfield, damage, waiting, tally)));
            tally.uploaded += some.length;
            if (waiting.length >= PLAY_AT_ONCE || tally.uploaded === count) {
                await play(farfield, scsynth, waiting, tally);
                waiting = [];
            }
            if (tally.uploaded % 10000 === 0) log(JSON.stringify(tally));
        }
    } finally {
        await farfield.stop();
    }
    return tally;
}

// A name of ours cannot be put there again, and is not what is on trial.
async function uploadUntouched(farfield) {
    for (const { name, bytes } of corpus.filter((file) => !file.name.startsWith('farfield_'))) {
        const { status, body } = await farfield.api('POST', '/v1/synthdefs', bytes);
        assert.equal(status, 201, `${name} is untouched, and refused: ${JSON.stringify(body)}`);
    }
}

async function upload(farfield, damage, waiting, tally) {
    const { status, body } = await farfield.api('POST', '/v1/synthdefs', damage.bytes);
    if (status === 201) {
        tally.accepted++;
        waiting.push({ ...damage, names: body.synthdefs.map(({ name }) => name) });
    } else {
        assert.ok([400, 403, 413, 422].includes(status),
            `${damage.kind} of ${damage.of}: ${status} ${JSON.stringify(body)}`);
        tally.refused++;
    }
}

// Each by itself, as uploads of one name replace each other; all are freed by a panic.
async function play(farfield, scsynth, waiting, tally) {
    for (const damage of waiting) {
        await farfield.api('POST', '/v1/synthdefs', damage.bytes);
        for (const synthdef of damage.names) {
            const { status } = await farfield.api('POST', '/v1/nodes', { synthdef });
            if (status === 201) tally.played++;
            check(farfield, scsynth, waiting, damage);
        }
    }
    await farfield.api('POST', '/v1/server/panic');
    check(farfield, scsynth, waiting, waiting.at(-1));
}

// Any of those that still played may be the culprit: they are kept to be looked at.
function check(farfield, scsynth, waiting, last) {
    if (farfield.pids.scsynth === scsynth || isAlive(scsynth)) return;
    const folder = temporaryFolder();
    const until = waiting.slice(0, waiting.indexOf(last) + 1);
    until.forEach(({ bytes }, i) => writeFileSync(join(folder, `${i}.scsyndef`), bytes));
    assert.fail(`scsynth died at ${last?.kind} of ${last?.of}, or at what played: ${folder}\n` +
        farfield.lines.slice(-20).join('\n'));
}

// node tests/hostile/hostile.mjs [COUNT] [SEED]
if (process.argv[1]?.endsWith('hostile.mjs')) {
    const [count = '100000', seed = '1'] = process.argv.slice(2);
    const tally = await run(Number(count), Number(seed), { log: console.log });
    console.log(`hostile: ${JSON.stringify(tally)}, scsynth lives`);
}
