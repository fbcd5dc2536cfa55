// SPDX-License-Identifier: GPL-3.0-or-later
// A reporter for `node --test` that writes one JSON line for each finished test, behind a mark that
// tells it from what the tests print themselves.
import { basename } from 'node:path';
import { inspect } from 'node:util';

export const MARK = '\u001etest ';

function reason(details) {
    const error = details?.error;
    if (!error) return undefined;
    const cause = error.cause ?? error;
    return cause?.stack ?? inspect(cause, { depth: 6 });
}

export default async function* reporter(events) {
    for await (const { type, data } of events) {
        if (type !== 'test:pass' && type !== 'test:fail') continue;
        const result = {
            // A hook of the whole file fails under the file's path.
            name: data.name.startsWith('/') ? `hooks of ${basename(data.name)}` : data.name,
            passed: type === 'test:pass',
            skipped: data.skip !== undefined || data.todo !== undefined,
            // A suite or a parent only repeats what its tests have already said.
            parent: data.details?.type === 'suite' ||
                data.details?.error?.failureType === 'subtestsFailed',
            seconds: (data.details?.duration_ms ?? 0) / 1000,
            reason: type === 'test:fail' ? reason(data.details) : undefined,
        };
        yield `${MARK}${JSON.stringify(result)}\n`;
    }
}
