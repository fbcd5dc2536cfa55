// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that documents print, to be run as they are printed.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './farfield.mjs';

const run = promisify(execFile);

// The `sh` blocks of a document, or of one of its sections ("## SECTION"), each a list of lines; a
// command that goes on over several lines stays one.
export function shellBlocks(file, section) {
    const whole = readFileSync(join(root, file), 'utf8');
    const text = section ? whole.split(`\n## ${section}\n`)[1].split('\n## ')[0] : whole;
    return [...text.matchAll(/```sh\n(.*?)```/gs)]
        .map(([, block]) => block.replaceAll('\\\n', '').trim().split('\n'));
}

// Runs lines in one shell, against the test's own Farfield; an error of HTTP fails. What they print.
export async function shell(farfield, lines, { cwd, env = {} } = {}) {
    const script = lines.join('\n').replaceAll('http://127.0.0.1:8080', farfield.base)
        .replaceAll(/\bcurl (?!.*--fail)/g, 'curl -sS --fail ');
    const { stdout } = await run('bash', ['-ec', script],
        { cwd, env: { ...process.env, ...env } });
    return stdout;
}

// The same for lines that print JSON each: what they print, parsed.
export async function shellJson(farfield, lines, options) {
    const text = await shell(farfield, lines.flatMap((line) => [line, 'echo']), options);
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}
