// SPDX-License-Identifier: GPL-3.0-or-later
// Light, dark, or what the system says. No module: it must be known before the first paint.
let theme = 'auto';
try {
    theme = JSON.parse(localStorage.getItem('farfield.theme')) ?? theme;
} catch {
    // nothing is kept in this browser
}
document.documentElement.dataset.theme = theme;
