// SPDX-License-Identifier: GPL-3.0-or-later
// The colours of the style sheet for what draws by itself: colour('accent') is what --accent is in
// the theme that is shown now.

const known = new Map(); // name -> what a canvas understands
const listeners = new Set();
const probe = document.createElement('span');

// A custom property tells light-dark(...) as it was written; a property that uses it tells a colour.
export function colour(name) {
    if (!known.has(name)) {
        if (!probe.isConnected) {
            probe.hidden = true;
            document.body.append(probe);
        }
        probe.style.color = `var(--${name})`;
        known.set(name, getComputedStyle(probe).color);
    }
    return known.get(name);
}

// Calls `listener` whenever another theme is shown; returns what ends that.
export function onTheme(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

function forget() {
    known.clear();
    for (const listener of listeners) listener();
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', forget);
new MutationObserver(forget).observe(document.documentElement, { attributeFilter: ['data-theme'] });
