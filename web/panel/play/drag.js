// SPDX-License-Identifier: GPL-3.0-or-later
// A pointer that is pressed, moves and is let go, wherever it goes meanwhile.

const FINE = 0.1; // of the way, while Shift is held

// `on` has begin(event) (false refuses it), move(dx, dy, event) with pixels since the last move,
// a tenth of them while Shift is held, and end(). A pointer that is taken away ends it as well.
export function follow(element, on) {
    let pointer = null;
    let x = 0;
    let y = 0;
    const end = (event) => {
        if (event.pointerId !== pointer) return;
        pointer = null;
        on.end(event);
    };
    element.addEventListener('pointerdown', (event) => {
        if (pointer !== null || event.button !== 0 || on.begin(event) === false) return;
        pointer = event.pointerId;
        ({ clientX: x, clientY: y } = event);
        element.setPointerCapture(pointer);
    });
    element.addEventListener('pointermove', (event) => {
        if (event.pointerId !== pointer) return;
        const part = event.shiftKey ? FINE : 1;
        on.move((event.clientX - x) * part, (event.clientY - y) * part, event);
        ({ clientX: x, clientY: y } = event);
    });
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
        element.addEventListener(type, end);
    }
}
