// SPDX-License-Identifier: GPL-3.0-or-later
// The commands that need HTTP: what carries a file's bytes, or SDP.
import { CallError } from './errors.js';

const TIMEOUT = 10; // seconds until an answer begins; none for what goes up
const MEDIA = { 'audio/*': 'application/octet-stream' }; // the server looks at what is in it

export class Rest {
    #base;
    #key;
    #ending;

    // `key` gives the key as it is now; `ending` is aborted when nothing is wanted any more.
    constructor(base, key, ending) {
        this.#base = base;
        this.#key = key;
        this.#ending = ending;
    }

    // The address of a command with these parameters: those that are not in its path are the query.
    url({ http }, params = {}) {
        const rest = new Map(Object.entries(params));
        const path = http.split(' ')[1].replace(/\{(\w+)\}/g, (_, name) => {
            const value = rest.get(name);
            rest.delete(name);
            return encodeURIComponent(value ?? '');
        });
        const url = new URL(path.slice(1), this.#base);
        for (const [name, value] of rest) {
            if (value !== undefined && value !== null) url.searchParams.set(name, value);
        }
        return url.href;
    }

    // Resolves to the result where that is JSON, else to the Response itself, whose body `signal` and
    // the end stop as well; `timeout` is until it begins.
    async call(method, row, { data, ...params }, { timeout, signal } = {}) {
        if (this.#ending.aborted) throw closed(method);
        const headers = {};
        if (this.#key()) headers.authorization = `Bearer ${this.#key()}`;
        if (data !== undefined) headers['content-type'] = MEDIA[row.body] ?? row.body;
        const giveUp = new AbortController();
        const onabort = () => giveUp.abort(signal.reason);
        signal?.addEventListener('abort', onabort);
        if (signal?.aborted) onabort();
        const seconds = timeout ?? (data === undefined ? TIMEOUT : Infinity);
        const late = () => giveUp.abort(new CallError('timeout',
            `the server did not answer ${method} within ${seconds} s`, { method }));
        const alarm = Number.isFinite(seconds) && setTimeout(late, seconds * 1000);
        const onend = () => giveUp.abort(closed(method));
        this.#ending.addEventListener('abort', onend);
        const forget = () => {
            signal?.removeEventListener('abort', onabort);
            this.#ending.removeEventListener('abort', onend);
        };
        const words = (error) => {
            if (giveUp.signal.aborted) return giveUp.signal.reason;
            if (error instanceof CallError) return error;
            return new CallError('away', 'the server cannot be reached', { method });
        };
        try {
            const answer = await fetch(this.url(row, params), {
                method: row.http.split(' ')[0],
                headers,
                body: data,
                signal: giveUp.signal,
            });
            const result = await this.#read(method, answer);
            if (result === answer && answer.body) return watched(answer, words, forget);
            forget();
            return result;
        } catch (error) {
            forget();
            throw words(error);
        } finally {
            clearTimeout(alarm);
        }
    }

    async #read(method, answer) {
        const type = answer.headers.get('content-type') ?? '';
        const isJson = /[/+]json\b/.test(type);
        if (answer.ok) return isJson ? answer.json() : answer;
        const data = isJson ? await answer.json() : { status: answer.status };
        throw CallError.refused(method, { data, message: `the server answered ${answer.status}` });
    }
}

function closed(method) {
    return new CallError('closed', 'the connection was closed', { method });
}

// The same answer, with a body that calls forget() at its end and fails with words(error).
function watched(answer, words, forget) {
    const reader = answer.body.getReader();
    const body = new ReadableStream({
        async pull(controller) {
            try {
                const { done, value } = await reader.read();
                if (!done) return controller.enqueue(value);
                controller.close();
            } catch (error) {
                controller.error(words(error));
            }
            return forget();
        },
        cancel(reason) {
            forget();
            return reader.cancel(reason);
        },
    }, { highWaterMark: 0 });
    const { status, statusText, headers } = answer;
    return new Response(body, { status, statusText, headers });
}

// Bytes go by HTTP, as they are.
export function isBytes(data) {
    return ArrayBuffer.isView(data) || data instanceof ArrayBuffer ||
        (typeof Blob === 'function' && data instanceof Blob);
}
