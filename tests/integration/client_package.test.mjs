// SPDX-License-Identifier: GPL-3.0-or-later
// The client library as others get it: packed, installed into a project that knows nothing of this
// one, compiled against by its types, and run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root, startFarfield, temporaryFolder } from '../lib/farfield.mjs';

const COMPILER = join(root, 'tests/node_modules/typescript/bin/tsc');
const WS = pathToFileURL(join(root, 'tests/node_modules/ws/wrapper.mjs')).href;
const PROGRAM = `
import { connect, CallError } from 'farfield';
const [base, ws] = process.argv.slice(2);
const { default: WebSocket } = await import(ws);
const farfield = connect(base, { WebSocket });
await farfield.ready();
const { id } = await farfield.commands.synth.new({ synthdef: 'sine', controls: { freq: 440 } });
console.log(typeof id);
await farfield.commands.node.free({ id });
await farfield.call('synth.new', { synthdef: 'nothing' }).catch((error) =>
    console.log(error instanceof CallError, error.status));
farfield.close();
`;
const TYPED = `
import { connect } from 'farfield';
const farfield = connect('http://127.0.0.1:8080');
const { id } = await farfield.commands.synth.new({ synthdef: 'sine', controls: { freq: 440 } });
const number: number = id;
// @ts-expect-error a number is wanted
await farfield.commands.node.free({ id: 'one' });
console.log(number);
`;

let folder;

function run(program, ...args) {
    const { status, stdout, stderr } = spawnSync(program, args,
        { cwd: folder, encoding: 'utf8', timeout: 120000 });
    assert.equal(status, 0, stdout + stderr);
    return stdout;
}

before(() => {
    folder = temporaryFolder();
    writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
    const packed = run('npm', 'pack', join(root, 'web/client'), '--silent').trim();
    run('npm', 'install', '--offline', '--no-audit', '--no-fund', join(folder, packed));
});

after(() => rmSync(folder, { recursive: true }));

test('the package holds all that is its own, and nothing else', () => {
    const own = readdirSync(join(root, 'web/client')).sort();
    assert.deepEqual(readdirSync(join(folder, 'node_modules/farfield')).sort(), own);
    assert.deepEqual(readdirSync(join(folder, 'node_modules')).filter((name) => name[0] !== '.'),
        ['farfield'], 'it depends on nothing');
});

test('its types are found and hold', () => {
    writeFileSync(join(folder, 'typed.ts'), TYPED);
    run(process.execPath, COMPILER, '--noEmit', '--strict', '--module', 'nodenext', '--target',
        'es2022', '--lib', 'es2023,dom,dom.iterable', 'typed.ts');
});

test('a program in Node plays by it', async () => {
    const farfield = await startFarfield();
    try {
        writeFileSync(join(folder, 'program.mjs'), PROGRAM);
        assert.equal(run(process.execPath, 'program.mjs', farfield.base, WS), 'number\ntrue 422\n');
    } finally {
        await farfield.stop();
    }
});
