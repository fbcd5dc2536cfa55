// SPDX-License-Identifier: GPL-3.0-or-later
// sclang without a screen, with our class library and a home of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root, temporaryFolder } from './farfield.mjs';
import { within } from './wait.mjs';

// Runs `code` in a Routine, whose end is sclang's. ~tell.(x) in it hands x, as JSON, to `onTell`,
// and goes on when that is done. Resolves with what was told, and what was posted.
export async function sclang(code, { timeout = 90000, onTell = () => {} } = {}) {
    const home = temporaryFolder();
    const told = [];
    const lines = [];
    let failure;
    mkdirSync(join(home, 'run'), { mode: 0o700 });
    writeFileSync(join(home, 'sclang.yaml'),
        `includePaths:\n    - ${join(root, 'sclang/Farfield')}\nexcludePaths: []\n`);
    writeFileSync(join(home, 'code.scd'), `(
~told = 0;
~tell = { |x|
    ("TOLD " ++ FarfieldJson.write(x)).postln;
    ~told = ~told + 1;
    while { File.exists("${home}/heard" ++ ~told).not } { 0.01.wait };
};
fork { try { value {
${code}
} } { |error| error.reportError }; 0.exit };
)`);
    const child = spawn('sclang', ['-D', '-l', join(home, 'sclang.yaml'), join(home, 'code.scd')], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
            PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home,
            XDG_RUNTIME_DIR: join(home, 'run'), QT_QPA_PLATFORM: 'offscreen',
            QTWEBENGINE_DISABLE_SANDBOX: '1', TMPDIR: home, LANG: 'C.UTF-8',
        },
    });
    const hear = async (text) => {
        told.push(JSON.parse(text));
        const name = join(home, `heard${told.length}`);
        try {
            await onTell(told.at(-1), lines);
            writeFileSync(name, '');
        } catch (error) {
            failure = error;
            child.kill('SIGKILL');
        }
    };
    for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
            lines.push(line);
            if (process.env.TEST_LOG) console.error(`sclang| ${line}`);
            if (line.startsWith('TOLD ')) hear(line.slice(5));
            if (/^ERROR: (syntax error|Variable|Parse error)/.test(line)) {
                failure = new Error('sclang does not understand the code');
                setTimeout(() => child.kill('SIGKILL'), 200);
            }
        });
    }
    const ended = once(child, 'close');
    try {
        await within('sclang', timeout, ended);
        if (failure) throw failure;
        const welcome = lines.findIndex((line) => line.includes('Welcome to SuperCollider'));
        return { told, home, posted: lines.slice(welcome + 1).join('\n') };
    } catch (error) {
        error.message += `\n${lines.slice(-40).join('\n')}`;
        throw error;
    } finally {
        child.kill('SIGKILL');
        await ended;
        rmSync(home, { recursive: true, force: true });
    }
}
