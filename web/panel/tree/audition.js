// SPDX-License-Identifier: GPL-3.0-or-later
// What a render of a SynthDef showed, in words.

function decibels(value) {
    return value <= -200 ? 'silence' : `${value.toFixed(1)} dBFS`;
}

// [{words, isBad}]: what there is to say, the verdict first.
export function report({ verdict, reason, crashed, signal, timed_out: timedOut, silent,
    alloc_failed: short, not_finite: notFinite, dc, peak, rms, cost }) {
    const lines = [];
    const say = (words, isBad = false) => lines.push({ words, isBad });
    if (verdict === 'good') say('Auditioned: good');
    else if (verdict === 'skipped') say(`Not auditioned${reason ? `: ${reason}` : ''}`);
    else say(`Auditioned: bad${reason ? `: ${reason}` : ''}`, true);
    if (crashed) say(`scsynth ended over it${signal ? ` (signal ${signal})` : ''}`, true);
    if (timedOut) say('it took too long', true);
    if (short) say('a unit did not get its memory', true);
    if (notFinite > 0) say(`${notFinite} samples are no numbers (NaN or infinite)`, true);
    else if (notFinite === 0) say('no NaN');
    if (peak !== undefined) say(`peak ${decibels(peak)}`, peak > 0);
    if (rms !== undefined) say(`RMS ${decibels(rms)}`);
    if (dc !== undefined) say(`DC ${(dc * 100).toFixed(1)} %`, Math.abs(dc) > 0.05);
    if (silent) say('silent, as an effect is with nothing to work on');
    if (cost !== undefined) say(`CPU ${(cost * 100).toFixed(cost < 0.01 ? 2 : 1)} % of a core`);
    return lines;
}
