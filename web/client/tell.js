// SPDX-License-Identifier: GPL-3.0-or-later
// Telling others.

// An event with something to say. Node 18 has Event, but no CustomEvent.
export function tell(target, type, detail = null) {
    const event = new Event(type);
    event.detail = detail;
    target.dispatchEvent(event);
}

// Calls a handler; what it throws is reported as an error of its own, and keeps nobody else from
// being called.
export function run(handler, ...args) {
    try {
        handler(...args);
    } catch (error) {
        queueMicrotask(() => { throw error; });
    }
}
