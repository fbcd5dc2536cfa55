// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody chose in this browser, by a name: kept in local storage where that can be.

const PREFIX = 'farfield.';

export function recall(name, otherwise = null) {
    try {
        return JSON.parse(localStorage.getItem(PREFIX + name)) ?? otherwise;
    } catch {
        return otherwise; // what another version kept
    }
}

export function keep(name, value) {
    try {
        if (value === null) localStorage.removeItem(PREFIX + name);
        else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
        // full, or not allowed: it holds until the page goes
    }
}
