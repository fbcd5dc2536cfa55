// SPDX-License-Identifier: GPL-3.0-or-later
// Which SynthDefs are meant by some words and tags.

const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

// Every word must be in the name, the title, the words or the tags; every tag must be there.
export function matches({ name, title = '', words = '', tags = [] }, text, wanted) {
    const all = plain([name, title, words, ...tags].join(' '));
    return plain(text).split(/\s+/).every((word) => all.includes(word)) &&
        wanted.every((tag) => tags.includes(tag));
}

// All tags, the most used first.
export function tagsOf(defs) {
    const counts = new Map();
    for (const { tags = [] } of defs) {
        for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
    return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).map(([tag]) => tag);
}
