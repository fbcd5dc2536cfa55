// SPDX-License-Identifier: GPL-3.0-or-later

// Makes an element: make('button', {type: 'button', onclick, 'aria-label': 'Stop'}, 'Stop'). What
// begins with "on" or is a property of the element is set as such, the rest as attributes.
export function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (value === undefined || value === null) continue;
        if (name in element) element[name] = value;
        else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
}

// Gives `parent` exactly these children, in this order, and moves only what is out of place, so
// that focus and a finger on a slider survive.
export function arrange(parent, children) {
    const wanted = new Set(children);
    for (const child of [...parent.children]) {
        if (!wanted.has(child)) child.remove();
    }
    children.forEach((child, i) => {
        if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
    });
}

// The same of rows with buttons: where the row that has the focus goes, or is another now, the one
// in its place gets it, and `otherwise` where there is none.
export function arrangeRows(parent, rows, otherwise) {
    const focused = document.activeElement;
    const at = [...parent.children].findIndex((row) => row.contains(focused));
    arrange(parent, rows);
    if (at < 0) return;
    const near = rows[Math.min(at, rows.length - 1)]?.querySelector('button:enabled');
    (parent.contains(focused) ? focused : near ?? otherwise).focus();
}

// A status that is written again is read out again.
export function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
}
