// SPDX-License-Identifier: GPL-3.0-or-later
// What a call fails with, however it was made.

export class CallError extends Error {
    name = 'CallError';

    // `kind` says who failed: "refused" (the server, by `status`), or on this side "away" (no
    // connection), "timeout", "busy" (too many unanswered calls), "unknown" (no such command),
    // "key" (it is needed, or not this one) or "closed" (by close()).
    constructor(kind, message, { method = null, code = 0, data = null } = {}) {
        super(message);
        this.kind = kind;
        this.method = method;
        this.code = code;
        this.data = data;
    }

    // Of what the server answered; `code` is JSON-RPC's, `data` its problem object.
    static refused(method, { code, message, data } = {}) {
        // What is wrong with which field says more than the general message.
        const fields = data?.errors?.map?.((e) => e?.detail).join('; ');
        const words = fields || data?.detail || message || 'the server refused';
        return new CallError('refused', words, { method, code, data });
    }

    // As HTTP has it, 0 where the server said nothing.
    get status() {
        return this.data?.status ?? 0;
    }

    // [{field, detail}] of what was wrong with the parameters.
    get errors() {
        return this.data?.errors ?? [];
    }
}
