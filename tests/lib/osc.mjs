// SPDX-License-Identifier: GPL-3.0-or-later
// OSC 1.0 as bytes: whole numbers as int32, others as float32, strings, and blobs ({bytes}).
function padded(text) {
    const bytes = Buffer.from(text, 'latin1');
    return Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
}

function argument(value) {
    if (typeof value === 'string') return ['s', padded(value)];
    if (value.bytes) {
        const size = Buffer.alloc(4);
        size.writeInt32BE(value.bytes.length);
        return ['b', Buffer.concat([size, value.bytes])];
    }
    if (value.type === 'd') {
        const bytes = Buffer.alloc(8);
        bytes.writeDoubleBE(value.value);
        return ['d', bytes];
    }
    const bytes = Buffer.alloc(4);
    if (Number.isInteger(value)) bytes.writeInt32BE(value);
    else bytes.writeFloatBE(value);
    return [Number.isInteger(value) ? 'i' : 'f', bytes];
}

export function oscBytes(address, ...args) {
    const parts = args.map(argument);
    return Buffer.concat([padded(address), padded(`,${parts.map(([type]) => type).join('')}`),
        ...parts.map(([, bytes]) => bytes)]);
}

// Messages as one bundle, for now unless an NTP timetag (BigInt) is given.
export function oscBundle(messages, timetag = 1n) {
    const head = Buffer.alloc(8);
    head.writeBigUInt64BE(timetag);
    return Buffer.concat([padded('#bundle'), head, ...messages.flatMap((bytes) => {
        const size = Buffer.alloc(4);
        size.writeInt32BE(bytes.length);
        return [size, bytes];
    })]);
}
