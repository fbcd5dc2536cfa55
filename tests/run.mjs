// SPDX-License-Identifier: GPL-3.0-or-later
// run.mjs [SUITE or FILE...]: runs the suites unit, integration and browser, or those named, one
// file at a time. Prints each test as it ends, failures in full, and one last line that counts.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MARK } from './lib/reporter.mjs';
import { SANITIZER, sanitizerOptions } from './lib/sanitizer.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const build = resolve(root, process.env.BUILD ?? 'build/asan');
const TIMEOUT = { unit: 300e3, integration: 600e3, browser: 600e3 };

const total = { passed: 0, failed: 0, skipped: 0 };
let running = null;

function report(file, { name, passed, skipped, seconds, reason }) {
    const outcome = skipped ? 'skipped' : passed ? 'passed' : 'failed';
    total[outcome]++;
    const time = seconds >= 1 ? ` (${seconds.toFixed(1)} s)` : '';
    console.log(`${skipped ? 'skip' : passed ? 'ok  ' : 'FAIL'} ${file}: ${name}${time}`);
    if (outcome === 'failed' && reason) console.log(reason.replace(/^/gm, '     '));
}

// Runs one program to its end or its time-out; `onLine` sees each line of stdout, and says whether
// it was the runner's own. All the rest is returned as text.
async function execute(command, args, timeout, onLine) {
    const child = spawn(command, args, {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
            ...process.env,
            BUILD: build,
            CMOCKA_MESSAGE_OUTPUT: 'TAP',
            ...sanitizerOptions,
        },
    });
    running = child;
    const output = [];
    for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
            if (stream === child.stderr || !onLine(line)) output.push(line);
        });
    }
    let late = false;
    const alarm = setTimeout(() => {
        late = true;
        child.kill('SIGTERM'); // the harness ends what its test has started
        setTimeout(() => child.kill('SIGKILL'), 15e3).unref();
    }, timeout);
    const end = await new Promise((done) => {
        child.on('error', (error) => done({ error }));
        child.on('close', (code, signal) => done({ code, signal }));
    });
    clearTimeout(alarm);
    running = null;
    const text = output.join('\n');
    let wrong;
    if (end.error) wrong = `does not start: ${end.error.message}`;
    else if (late) wrong = `still running after ${timeout / 1000} s`;
    else if (end.signal) wrong = `ended by ${end.signal}`;
    else if (end.code !== 0) wrong = `exit status ${end.code}`;
    return { text, wrong };
}

// What a program that failed has to show for itself.
function epilogue(file, { text, wrong }, ran, failed) {
    if (wrong && !failed) report(file, { name: wrong, reason: text });
    else if (failed && text) console.log(text.replace(/^/gm, '   | '));
    if (ran === 0 && !wrong) report(file, { name: 'holds no test', reason: text });
}

async function runUnit(path) {
    const file = basename(path);
    let ran = 0;
    let failed = 0;
    const result = await execute(path, [], TIMEOUT.unit, (line) => {
        const match = /^(not )?ok \d+ - (.*?)(\s# SKIP.*)?$/.exec(line);
        if (!match) return false;
        ran++;
        if (match[1]) failed++;
        report(file, { name: match[2], passed: !match[1], skipped: match[3] !== undefined });
        return true;
    });
    if (SANITIZER.test(result.text) && !failed) result.wrong ??= 'sanitizer report';
    epilogue(file, result, ran, failed);
}

async function runNode(path, suite) {
    const file = relative(here, path);
    let ran = 0;
    let failed = 0;
    const args = [`--test-reporter=${join(here, 'lib/reporter.mjs')}`,
        '--test-reporter-destination=stdout', path];
    const result = await execute(process.execPath, args, TIMEOUT[suite] ?? 240e3, (line) => {
        const at = line.indexOf(MARK);
        if (at < 0) return false;
        const test = JSON.parse(line.slice(at + MARK.length));
        if (test.parent) return true;
        ran++;
        if (!test.passed && !test.skipped) failed++;
        report(file, test);
        return true;
    });
    epilogue(file, result, ran, failed);
}

function isProgram(path) {
    try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
    } catch {
        return false;
    }
}

function files(suite) {
    const folder = suite === 'unit' ? join(build, 'tests') : join(here, suite);
    const names = existsSync(folder) ? readdirSync(folder).sort() : [];
    const paths = names.map((name) => join(folder, name));
    return suite === 'unit' ? paths.filter(isProgram)
        : paths.filter((path) => path.endsWith('.test.mjs'));
}

async function runSuite(suite) {
    const paths = files(suite);
    if (paths.length === 0) report(suite, { name: 'the suite has no test to run' });
    for (const path of paths) {
        if (suite === 'unit') await runUnit(path);
        else await runNode(path, suite);
    }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
        running?.once('close', () => process.exit(1));
        if (running) running.kill('SIGTERM');
        else process.exit(1);
    });
}

const wanted = process.argv.slice(2);
for (const item of wanted.length ? wanted : Object.keys(TIMEOUT)) {
    if (item in TIMEOUT) await runSuite(item);
    else if (item.endsWith('.mjs')) {
        await runNode(resolve(item), basename(dirname(resolve(item))));
    } else if (isProgram(resolve(item))) await runUnit(resolve(item));
    else report(item, { name: 'no such suite or file' });
}
const { passed, failed, skipped } = total;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
