// SPDX-License-Identifier: GPL-3.0-or-later
// The client library's types: they are those of the command table, they fit what uses them, and they
// refuse what does not fit.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/farfield.mjs';

const COMPILER = join(root, 'tests/node_modules/typescript/bin/tsc');
const SETTINGS = ['--noEmit', '--strict', '--allowJs', '--checkJs', '--module', 'nodenext',
    '--target', 'es2022', '--lib', 'es2023,dom,dom.iterable', '--types', 'node',
    '--typeRoots', join(root, 'tests/node_modules/@types')];

// What the compiler has to say of these files; nothing where all is well.
function compile(...files) {
    const { stdout, stderr } = spawnSync(process.execPath, [COMPILER, ...SETTINGS, ...files],
        { cwd: join(root, 'tests'), encoding: 'utf8', timeout: 120000 });
    return stdout + stderr;
}

test('what should compile does, and what should not does not', () => {
    assert.equal(compile('types/client.ts'), '');
});

test('the examples are as the types want them', () => {
    const folder = join(root, 'web/client/examples');
    const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
    assert.ok(files.length > 5);
    assert.equal(compile(...files.map((name) => join(folder, name))), '');
});
