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

// An input from a constant, or from a parameter where unit 0 is a Control of them all.
export const K = (value) => ({ value });
export const parameter = (index) => [0, index];

// A unit as definition() takes it; an input is [unit, output], K(value) or [SCALAR, constant].
export function unit(type, rate, outputs, inputs, special = 0) {
    return { type, rate, outputs, inputs, special };
}

function encodeUnit({ type, rate, outputs, inputs, special }, constants) {
    const place = (input) => (Array.isArray(input) ? input
        : [SCALAR, constants.indexOf(input.value)]);
    return Buffer.concat([name(type), i8(rate), i32(inputs.length, outputs), i16(special),
        ...inputs.map((input) => i32(...place(input))), i8(...Array(outputs).fill(rate))]);
}

// A file with one definition of these parameters ({freq: 440}) and units.
export function definition(title, parameters, units) {
    const entries = Object.entries(parameters);
    const constants = units.flatMap(({ inputs }) => inputs.filter((input) => !Array.isArray(input))
        .map(({ value }) => value));
    return Buffer.concat([Buffer.from('SCgf'), i32(2), i16(1), name(title),
        i32(constants.length), f32(...constants),
        i32(entries.length), f32(...entries.map(([, value]) => value)),
        i32(entries.length), ...entries.flatMap(([key], i) => [name(key), i32(i)]),
        i32(units.length), ...units.map((each) => encodeUnit(each, constants)), i16(0)]);
}

// `controls` is {freq: 440, ...}; freq is the first. One may be an array; those whose names begin
// with t_ are triggers, and last.
function sine(title, controls) {
    const entries = Object.entries(controls);
    let size = 0;
    const names = entries.map(([key, value]) => {
        const at = size;
        size += [value].flat().length;
        return [name(key), i32(at)];
    });
    const triggers = entries.filter(([key]) => key.startsWith('t_')).length;
    const units = [
        unit('Control', CONTROL, size - triggers, []),
        unit('SinOsc', AUDIO, 1, [[0, 0], [SCALAR, 0]]),
        unit('Out', AUDIO, 0, [[SCALAR, 0], [1, 0]]),
        ...(triggers ? [unit('TrigControl', CONTROL, triggers, [], size - triggers)] : []),
    ];
    return Buffer.concat([
        name(title),
        i32(1), f32(0),
        i32(size), f32(...entries.flatMap(([, value]) => value)),
        i32(entries.length), ...names.flat(),
        i32(units.length), ...units.map((each) => encodeUnit(each)),
        i16(0),
    ]);
}

// A file with these definitions, {name: controls}, in version 2 of the format.
export function scsyndef(definitions) {
    const entries = Object.entries(definitions);
    return Buffer.concat([Buffer.from('SCgf'), i32(2), i16(entries.length),
        ...entries.map(([title, controls]) => sine(title, controls))]);
}
