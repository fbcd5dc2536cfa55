// SPDX-License-Identifier: GPL-3.0-or-later
// How parameters and notes are called.

const NOTES = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'];

export function parameterName({ title, name }) {
    const words = title ?? name.replaceAll('_', ' ');
    return words.charAt(0).toUpperCase() + words.slice(1);
}

// A note of MIDI, 60 being C4.
export function noteName(note) {
    return `${NOTES[note % 12]}${Math.floor(note / 12) - 1}`;
}

export function frequencyOf(note) {
    return Number((440 * 2 ** ((note - 69) / 12)).toPrecision(7));
}
