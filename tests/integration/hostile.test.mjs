// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged definitions through upload; many more by `make fuzz`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corpus, run } from '../hostile/hostile.mjs';

const COUNT = 5000;
const SEED = 20211;

test('no damage to a definition ends scsynth, and no sound one is refused', async (t) => {
    assert.ok(corpus.length >= 60, `${corpus.length} definitions`);
    const tally = await run(COUNT, SEED);
    t.diagnostic(JSON.stringify(tally));
    assert.equal(tally.uploaded, COUNT);
    // A mutator or a reader that has gone wrong would say all or nothing.
    assert.ok(tally.accepted > COUNT / 50, `${tally.accepted} accepted`);
    assert.ok(tally.refused > COUNT / 2, `${tally.refused} refused`);
    assert.ok(tally.played > tally.accepted / 2, `${tally.played} played`);
});
