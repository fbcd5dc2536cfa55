// SPDX-License-Identifier: GPL-3.0-or-later
// node generate.mjs FILE: writes the table of UGens (controller/core/synthdefs/ugens.tab) from what is
// installed here: the class library, asked by sclang (probe.scd), and scsynth, asked which of its
// plugins brings each; rules.tab says what neither can.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync,
    writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2];
const PLUGINS = '/usr/lib/SuperCollider/plugins';
const work = mkdtempSync(join(tmpdir(), 'farfield-ugens-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

function run(program, args, env = {}) {
    const { status, stdout, stderr, error } = spawnSync(program, args,
        { encoding: 'utf8', timeout: 120000, env: { ...process.env, ...env }, input: '' });
    if (status !== 0) {
        console.error(`${program} ${args.join(' ')}: ${error ?? `status ${status}`}`);
        console.error(`${stdout}${stderr}`.slice(-2000));
        process.exit(1);
    }
    return stdout;
}

// A home of its own: nobody's extensions take part.
function probe() {
    const home = join(work, 'home');
    const file = join(work, 'probe.tsv');
    mkdirSync(join(home, 'run'), { recursive: true });
    chmodSync(join(home, 'run'), 0o700);
    run('sclang', ['-D', join(here, 'probe.scd'), file], {
        HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home,
        XDG_RUNTIME_DIR: join(home, 'run'), QT_QPA_PLATFORM: 'offscreen',
        QTWEBENGINE_DISABLE_SANDBOX: '1',
    });
    return readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split('\t'));
}

const text = (string) => Buffer.concat([Buffer.from([string.length]), Buffer.from(string)]);
const padded = (string) => Buffer.from(string.padEnd((string.length + 4) & ~3, '\0'));
function i32(...values) {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => bytes.writeInt32BE(value, 4 * i));
    return bytes;
}

// A definition of one unit, which scsynth need not understand to say whether it has its class.
function definition(name) {
    return Buffer.concat([Buffer.from('SCgf'), i32(2), Buffer.from([0, 1]), text('x'), i32(0, 0, 0, 1),
        text(name), Buffer.from([1]), i32(0, 0), Buffer.from([0, 0, 0, 0])]);
}

function receive(bytes) {
    const blob = Buffer.concat([i32(bytes.length), bytes, Buffer.alloc(-bytes.length & 3)]);
    const message = Buffer.concat([padded('/d_recv'), padded(',b'), blob]);
    return Buffer.concat([padded('#bundle'), i32(1, 0, message.length), message]);
}

// Which of these names scsynth knows with the plugins of one folder.
function known(names, folder) {
    const score = join(work, 'score.osc');
    const bundles = names.map((name) => receive(definition(name)));
    writeFileSync(score, Buffer.concat(bundles.flatMap((bytes) => [i32(bytes.length), bytes])));
    const said = run('scsynth', ['-N', score, '_', '/dev/null', '48000', 'WAV', 'int16',
        '-D', '0', '-U', folder]);
    const missing = new Set([...said.matchAll(/UGen '(.*)' not installed/g)].map(([, name]) => name));
    return names.filter((name) => !missing.has(name));
}

function findPlugins(names) {
    const found = new Map();
    const empty = join(work, 'empty');
    mkdirSync(empty);
    for (const name of known(names, empty)) found.set(name, '-');
    const files = readdirSync(PLUGINS).filter((file) => /(?<!_supernova)\.so$/.test(file)).sort();
    for (const file of files) {
        const folder = join(work, basename(file, '.so'));
        mkdirSync(folder);
        symlinkSync(join(PLUGINS, file), join(folder, file));
        for (const name of known(names, folder))
            if (!found.has(name)) found.set(name, basename(file, '.so'));
    }
    return found;
}

const range = (counts) => {
    const least = Math.min(...counts), most = Math.max(...counts);
    return least === most ? `${least}` : `${least}+`;
};

// {name: {rates, inputs, outputs, strict, rules}}
function gather(lines) {
    const rows = new Map();
    for (const [name, rate, inputs, outputs, strict] of lines) {
        const row = rows.get(name) ??
            { rates: new Set(), inputs: new Set(), outputs: new Set(), strict: new Set() };
        rows.set(name, row);
        row.rates.add(rate);
        row.inputs.add(Number(inputs));
        row.outputs.add(Number(outputs));
        for (const input of strict ? strict.split(',') : []) row.strict.add(Number(input));
    }
    return rows;
}

function readRules() {
    const lines = readFileSync(join(here, 'rules.tab'), 'utf8').split('\n');
    return new Map(lines.filter((line) => line && !line.startsWith('#'))
        .map((line) => line.trim().split(/\s+/)).map(([name, ...row]) => [name, row]));
}

const rules = readRules();
const prefix = [...rules.keys()].filter((name) => name.endsWith('*'));
const rulesOf = (name) => rules.get(name) ??
    rules.get(prefix.find((start) => name.startsWith(start.slice(0, -1)))) ?? [];
const rows = gather(probe());
const names = [...new Set([...rows.keys(), ...rules.keys()])].filter((name) => !name.endsWith('*')).sort();
const plugins = findPlugins(names);
const lines = [];
for (const name of names) {
    const row = rows.get(name);
    const [rates = '.', inputs = '.', outputs = '.', ...tokens] = rulesOf(name);
    if (!plugins.has(name)) continue;
    const own = row && {
        rates: ['s', 'c', 'a', 'd'].filter((rate) => row.rates.has(rate)).join(''),
        inputs: range(row.inputs),
        outputs: range(row.outputs),
    };
    const take = (value, key) => (value === '.' ? own?.[key] : value);
    const strict = row && !tokens.some((token) => /^a\d/.test(token))
        ? [...row.strict].sort((a, b) => a - b).map((input) => `a${input}`) : [];
    lines.push(`{"${name}", "${plugins.get(name)}", "${take(rates, 'rates')}", ` +
        `"${take(inputs, 'inputs')}", "${take(outputs, 'outputs')}", ` +
        `"${[...strict, ...tokens].join(' ')}"},`);
    const varies = own && /\+/.test(own.inputs + own.outputs);
    if ((varies || !own) && inputs === '.' && outputs === '.')
        console.error(`${name}: varies (${own?.inputs} inputs, ${own?.outputs} outputs); rules.tab?`);
}
writeFileSync(target, `// SPDX-License-Identifier: GPL-3.0-or-later
// Made by \`make ugens\`: name, plugin, rates, inputs, outputs, rules (controller/core/synthdefs/ugens.c).
${lines.join('\n')}
`);
