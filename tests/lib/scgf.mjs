// SPDX-License-Identifier: GPL-3.0-or-later
// Writes small .scsyndef files: a sine of control `freq`, with whatever other controls are wanted.
function name(text) {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function numbers(write, width, ...values) {
    const bytes = Buffer.alloc(width * values.length);
    values.forEach((value, i) => bytes[write](value, i * width));
    return bytes;
}
const i32 = (...values) => numbers('writeInt32BE', 4, ...values);
const i16 = (...values) => numbers('writeInt16BE', 2, ...values);
const i8 = (...values) => numbers('writeInt8', 1, ...values);
const f32 = (...values) => numbers('writeFloatBE', 4, ...values);

const SCALAR = -1; // a constant, as the unit of an input
const CONTROL = 1;
const AUDIO = 2;

function unit(type, rate, outputs, inputs) {
    return Buffer.concat([name(type), i8(rate), i32(inputs.length, outputs), i16(0),
        ...inputs.map((input) => i32(...input)), i8(...Array(outputs).fill(rate))]);
}

// `controls` is {freq: 440, ...}; freq is the first.
function definition(title, controls) {
    const entries = Object.entries(controls);
    return Buffer.concat([
        name(title),
        i32(1), f32(0),
        i32(entries.length), f32(...entries.map(([, value]) => value)),
        i32(entries.length), ...entries.flatMap(([key], i) => [name(key), i32(i)]),
        i32(3),
        unit('Control', CONTROL, entries.length, []),
        unit('SinOsc', AUDIO, 1, [[0, 0], [SCALAR, 0]]),
        unit('Out', AUDIO, 0, [[SCALAR, 0], [1, 0]]),
        i16(0),
    ]);
}

// A file with these definitions, {name: controls}, in version 2 of the format.
export function scsyndef(definitions) {
    const entries = Object.entries(definitions);
    return Buffer.concat([Buffer.from('SCgf'), i32(2), i16(entries.length),
        ...entries.map(([title, controls]) => definition(title, controls))]);
}
