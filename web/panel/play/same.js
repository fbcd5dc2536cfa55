// SPDX-License-Identifier: GPL-3.0-or-later

const texts = new WeakMap();

function textOf(def) {
    if (!texts.has(def)) texts.set(def, JSON.stringify(def));
    return texts.get(def);
}

// Whether two definitions of a SynthDef say the same. Each new connection brings them anew, and
// what is under somebody's hand must stay.
export function sameDef(a, b) {
    return a === b || Boolean(a && b) && textOf(a) === textOf(b);
}
