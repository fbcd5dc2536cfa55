// SPDX-License-Identifier: GPL-3.0-or-later
// Measures, and writes docs/benchmarks.md. `make bench`; one part: `make bench BENCH=control`.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

process.env.BUILD ??= 'build/release';
const { root } = await import('../lib/farfield.mjs');
const parts = ['control', 'latency', 'listeners', 'network', 'outage', 'panel', 'recordings', 'relay',
    'rest', 'scenes', 'server'];
const wanted = process.argv.slice(2).length ? process.argv.slice(2) : parts;

function version(program, ...args) {
    try {
        return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
            .split('\n')[0].trim();
    } catch {
        return `${program}: unknown`;
    }
}

function machine() {
    const commit = version('git', 'rev-parse', '--short', 'HEAD');
    return `${cpus().length} x ${cpus()[0].model.trim()}, ` +
        `${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${version('uname', '-r')}, ` +
        `${version('scsynth', '-v')}, Node ${process.version}, commit ${commit}`;
}

const START = (part) => `<!-- ${part} -->`;
const END = (part) => `<!-- end of ${part} -->`;
const file = join(root, 'docs/benchmarks.md');

// A part that was not measured now keeps what it says.
function replaceSection(text, part, section) {
    const from = text.indexOf(START(part));
    const to = text.indexOf(END(part));
    if (from < 0 || to < 0) return `${text.trimEnd()}\n\n${section}\n`;
    return text.slice(0, from) + section + text.slice(to + END(part).length);
}

function table(rows) {
    const columns = Object.keys(rows[0]);
    const line = (cells) => `| ${cells.join(' | ')} |`;
    return [line(columns), line(columns.map(() => '---')),
        ...rows.map((row) => line(columns.map((column) => String(row[column] ?? ''))))].join('\n');
}

async function run(part) {
    console.log(`measuring ${part} ...`);
    const { measure } = await import(`./${part}.mjs`);
    const { title, words, rows, more = [] } = await measure();
    const tables = [{ words, rows }, ...more];
    for (const each of tables) console.table(each.rows);
    const date = new Date().toISOString().slice(0, 10);
    const section = [START(part), `## ${title}`, '',
        ...tables.flatMap((each) => [each.words.trim(), '', table(each.rows), '']),
        `${date}, \`make bench BENCH=${part}\`, ${machine()}.`, END(part)].join('\n');
    writeFileSync(file, replaceSection(readFileSync(file, 'utf8'), part, section));
}

// Some libraries end the process before Node has said why.
try {
    for (const part of wanted) await run(part);
} catch (error) {
    console.error(error);
    process.exit(1);
}
process.exit(0);
