// SPDX-License-Identifier: GPL-3.0-or-later
// Damage to .scsyndef files, the same for the same seed: 1 to 8 bytes changed, the end cut off, a
// piece of another file spliced in, a count that lies.

// A small generator of numbers from 0 to below 1 (mulberry32).
export function random(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

// What counts, indices and numbers are apt to be wrong by.
const BYTES = [0, 1, 2, 3, 4, 5, 7, 8, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff];
const LONGS = [-1, 0, 1, 2, 3, 4, 255, 65535, 0x7fffffff, -0x80000000, 0x3f800000, 0x7f800000,
    0x4b000000, 0x501502f9];

export function mutator(corpus, seed) {
    const chance = random(seed);
    const below = (n) => Math.floor(chance() * n);
    const pick = (list) => list[below(list.length)];

    function bytes(file) {
        const copy = Buffer.from(file);
        for (let i = 1 + below(8); i > 0; i--) {
            const at = 4 + below(copy.length - 4);
            copy[at] = chance() < 0.5 ? pick(BYTES) : below(256);
        }
        return copy;
    }

    const truncation = (file) => file.subarray(0, below(file.length));

    function splice(file) {
        const other = pick(corpus).bytes;
        const from = below(other.length);
        const piece = other.subarray(from, from + 1 + below(64));
        const at = below(file.length);
        const skip = chance() < 0.7 ? piece.length : below(piece.length + 1);
        return Buffer.concat([file.subarray(0, at), piece, file.subarray(at + skip)]);
    }

    // Counts and indices are whole longs, or shorts, and small: those are what is lied about.
    function lie(file) {
        const copy = Buffer.from(file);
        const size = chance() < 0.8 ? 4 : 2;
        for (let tries = 0; tries < 100; tries++) {
            const at = 4 + below(copy.length - 4 - size);
            const value = size === 4 ? copy.readInt32BE(at) : copy.readInt16BE(at);
            if (Math.abs(value) > 4096) continue;
            const wrong = chance() < 0.6 ? value + pick([-2, -1, 1, 2, 3, 16]) : pick(LONGS);
            if (size === 4) copy.writeInt32BE(wrong | 0, at);
            else copy.writeInt16BE((wrong << 16) >> 16, at);
            return copy;
        }
        return copy;
    }

    const kinds = [bytes, bytes, bytes, truncation, splice, lie, lie, lie];

    // {of, kind, bytes}; never what the file was before.
    return () => {
        for (;;) {
            const source = pick(corpus);
            const kind = pick(kinds);
            const damaged = kind(source.bytes);
            if (!damaged.equals(source.bytes))
                return { of: source.name, kind: kind.name, bytes: damaged };
        }
    };
}
