// SPDX-License-Identifier: GPL-3.0-or-later
// Light, dark, or what the system says. No module: it must be known before the first paint.
document.documentElement.dataset.theme = localStorage.getItem('farfield.theme') ?? 'auto';
