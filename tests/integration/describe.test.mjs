// SPDX-License-Identifier: GPL-3.0-or-later
// The descriptions that Farfield serves of itself: they are well made, and they are true. Every
// example in them is run, by REST and by JSON-RPC, and what is answered is what they promise.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import openRpc from '@open-rpc/meta-schema';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { root, startFarfield } from '../lib/farfield.mjs';
import { answersOf, operationsOf, schemasOf } from '../lib/openapi.mjs';
import { scsyndef } from '../lib/scgf.mjs';
import { waitFor } from '../lib/wait.mjs';

let farfield;
let openapi;
let openrpc;
before(async () => {
    farfield = await startFarfield();
    openapi = (await farfield.api('GET', '/v1/openapi.json')).body;
    const rpc = await farfield.rpc();
    openrpc = await rpc.call('rpc.discover');
});
after(() => farfield.stop());

// Debian 12 has Node 18, where redocly does not run.
const [major, minor] = process.versions.node.split('.').map(Number);
const skip = (major < 20 || (major === 20 && minor < 19)) && 'redocly needs Node 20.19';

test('redocly finds nothing wrong with the OpenAPI document', { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'farfield-openapi-'));
    try {
        const file = join(folder, 'openapi.json');
        writeFileSync(file, JSON.stringify(openapi));
        const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'redocly', 'lint',
            '--extends=recommended', '--format=json', file], {
            cwd: join(root, 'tests'),
            encoding: 'utf8',
            timeout: 60000,
            env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
        });
        assert.equal(status, 0, stdout + stderr);
        const { totals, problems } = JSON.parse(stdout.slice(stdout.indexOf('{')));
        assert.deepEqual([totals, problems], [{ errors: 0, warnings: 0, ignored: 0 }, []]);
    } finally {
        rmSync(folder, { recursive: true });
    }
});

test('the OpenRPC document is one', () => {
    // What is a JSON Schema is judged where its examples are run.
    const anySchema = { definitions: { JSONSchemaObject: { properties: { $ref: true } } } };
    const { definitions, ...meta } = openRpc.openrpcDocument;
    const validate = addFormats(new Ajv({ strict: false }))
        .addSchema(anySchema, 'https://meta.json-schema.tools/')
        .compile({ ...meta, $schema: undefined, definitions: { ...definitions, JSONSchema: true } });
    assert.ok(validate(openrpc), JSON.stringify(validate.errors, null, 1));
});

// --- the examples -------------------------------------------------------------------------------

// A WAV file of that many frames, mono, 16 bit.
function wav(frames) {
    const head = Buffer.alloc(44);
    head.write('RIFF', 0);
    head.writeUInt32LE(36 + 2 * frames, 4);
    head.write('WAVEfmt ', 8);
    head.writeUInt32LE(16, 16);
    [1, 1].forEach((value, i) => head.writeUInt16LE(value, 20 + 2 * i));
    [48000, 96000].forEach((value, i) => head.writeUInt32LE(value, 24 + 4 * i));
    [2, 16].forEach((value, i) => head.writeUInt16LE(value, 32 + 2 * i));
    head.write('data', 36);
    head.writeUInt32LE(2 * frames, 40);
    return Buffer.concat([head, Buffer.alloc(2 * frames, 7)]);
}

let epoch; // before a restart

const api = (...args) => farfield.api(...args);
const made = async (path, body) => {
    const answer = await api('POST', path, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
};
const synth = async () => ({ id: (await made('/v1/nodes', { synthdef: 'sine' })).id });
const group = async () => ({ id: (await made('/v1/groups', {})).id });
const buffer = async () => {
    await made('/v1/buffers', { frames: 1024, channels: 1, name: 'table' });
    return {};
};
const bundle = async () => {
    const { body } = await api('POST', '/v1/bundles', { in: 60,
        commands: [{ method: 'synth.new', params: { synthdef: 'bell' } }] });
    return { bundle: body.bundle };
};
const bus = async () => ({ id: (await made('/v1/buses', {})).id });
const preset = async () => {
    await api('PUT', '/v1/synthdefs/sine/presets/soft', { controls: { amp: 0.02 } });
    return {};
};
const scene = async () => {
    await api('PUT', '/v1/scenes/evening', {});
    return {};
};
const renamed = async () => {
    await api('DELETE', '/v1/scenes/dusk');
    return scene();
};
const upload = async () => {
    await made('/v1/synthdefs', scsyndef({ mine: { freq: 440 } }));
    return {};
};

const relay = async () =>
    ({ id: (await made('/v1/relays', { host: '127.0.0.1', port: 5002 })).id });
const recording = async () => ({ id: (await made('/v1/recordings', {})).id });
const recorded = async () => {
    const { id } = await recording();
    await api('POST', `/v1/recordings/${id}/stop`);
    return { id };
};

// What has to be there before an example can be run; numbers that scsynth or Farfield gave take the
// place of those in the example.
const given = {
    'buffer.audio': buffer,
    'buffer.peaks': buffer,
    'buffer.free': buffer,
    'buffer.generate': buffer,
    'buffer.read': buffer,
    'buffer.show': buffer,
    'buffer.write': buffer,
    'bundle.cancel': bundle,
    'bundle.show': bundle,
    'bus.free': bus,
    'bus.set': bus,
    'bus.show': bus,
    'group.deep_free': group,
    'group.free_all': group,
    'node.fill': synth,
    'node.free': synth,
    'node.hold': synth,
    'node.unhold': synth,
    'node.map': async () => ({ ...await synth(), controls: { freq: (await bus()).id } }),
    'node.move': async () => ({ ...await synth(), target: (await made('/v1/groups', {})).id }),
    'node.query': synth,
    'node.release': synth,
    'node.run': synth,
    'node.set': synth,
    'node.show': synth,
    'preset.delete': preset,
    'preset.show': preset,
    'recording.audio': recorded,
    'recording.delete': recorded,
    'recording.link': recorded,
    'recording.show': recorded,
    'recording.stop': recording,
    'relay.free': relay,
    'relay.show': relay,
    'scene.delete': scene,
    'scene.rename': renamed,
    'scene.show': scene,
    'server.restart': async () => {
        ({ epoch } = (await api('GET', '/v1/server')).body);
        return {};
    },
    'synth.hold': synth,
    'synthdef.delete': upload,
};
// What has to be done behind one.
const behind = {
    'server.restart': () => waitFor('another epoch', async () => {
        const { body } = await api('GET', '/v1/server');
        return body.state === 'running' && body.epoch !== epoch;
    }),
    'webrtc.listen': ({ listener }, rpc) => rpc.call('webrtc.bye', { listener }),
};

// Those that change everything come last.
const LAST = ['server.panic', 'server.restart'];
const inOrder = (list, name) => [...list]
    .sort((a, b) => LAST.indexOf(name(a)) - LAST.indexOf(name(b)));
const exampleOf = (params) => Object.fromEntries(params
    .filter(({ schema }) => schema.examples).map(({ name, schema }) => [name, schema.examples[0]]));

// {params by place} of an operation, or undefined where it has no example.
function requestOf({ parameters, requestBody }, values) {
    const at = (place) => parameters.filter((p) => p.in === place);
    const missing = [...parameters].some((p) => p.required && !p.schema.examples);
    const media = requestBody?.content['application/json'];
    if (missing || (requestBody?.required && media?.example === undefined)) return undefined;
    const path = { ...exampleOf(at('path')), ...values };
    const query = new URLSearchParams(exampleOf(at('query'))).toString();
    const body = media?.example && { ...media.example };
    for (const name of Object.keys(body ?? {})) body[name] = values?.[name] ?? body[name];
    return { path, query: query && `?${query}`, body };
}

test('every example runs by REST, and is answered as described', async () => {
    const check = answersOf(openapi);
    let count = 0;
    for (const operation of inOrder(operationsOf(openapi), ({ method }) => method)) {
        const { method, verb, path } = operation;
        if (!requestOf(operation)) continue;
        const request = requestOf(operation, await given[method]?.());
        const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(
            request.path[name]));
        const answer = await api(verb, filled + request.query, request.body);
        assert.ok(answer.status < 400, `${method}: ${JSON.stringify(answer.body)}`);
        check(method, answer);
        await behind[method]?.(answer.body);
        count++;
    }
    assert.ok(count >= 20, `${count} examples`);
});

test('every example runs by JSON-RPC, and is answered as described', async () => {
    const rpc = await farfield.rpc();
    const valid = schemasOf(openrpc);
    let count = 0;
    for (const { name, result, 'x-example': example } of inOrder(openrpc.methods, (m) => m.name)) {
        if (!example) continue;
        const answer = await rpc.call(name, { ...example, ...await given[name]?.() })
            .catch((error) => assert.fail(`${name}: ${JSON.stringify(error.data)}`));
        valid(result.schema, answer, name);
        await behind[name]?.(answer, rpc);
        count++;
    }
    assert.ok(count >= 25, `${count} examples`);
});

// --- what examples do not show ------------------------------------------------------------------

test('uploads and listeners are answered as described', async () => {
    const check = answersOf(openapi);
    const bytes = scsyndef({ mine: { freq: 440 } });
    check('synthdef.add', await api('POST', '/v1/synthdefs', bytes));
    check('synthdef.put', await api('PUT', '/v1/synthdefs/mine', bytes));
    const listener = await farfield.listen();
    const { body: { listeners } } = await api('GET', '/v1/listeners');
    check('listener.list', await api('GET', '/v1/listeners'));
    check('listener.show', await api('GET', `/v1/listeners/${listeners[0].id}`));
    await listener.leave?.();
});

test('sounds are answered as described, as bytes and as JSON', async () => {
    const check = answersOf(openapi);
    const added = await api('POST', '/v1/assets?name=short', wav(480), { 'content-type': 'audio/wav' });
    check('asset.add', added);
    check('buffer.new', await api('POST', '/v1/buffers', { asset: added.body.asset, name: 'one' }));
    check('buffer.new', await api('POST', '/v1/buffers?name=two', wav(960),
        { 'content-type': 'audio/wav' }));
    check('asset.list', await api('GET', '/v1/assets'));
    check('buffer.list', await api('GET', '/v1/buffers'));
    check('asset.audio', await api('GET', `/v1/assets/${added.body.asset}/audio`));
    check('buffer.free', await api('DELETE', '/v1/buffers/one'));
    check('asset.delete', await api('DELETE', `/v1/assets/${added.body.asset}`));
});

test('refusals are answered as described', async () => {
    const check = answersOf(openapi);
    check('node.show', await api('GET', '/v1/nodes/99'));
    check('synth.new', await api('POST', '/v1/nodes', { synthdef: 7 }));
    check('synth.new', await api('POST', '/v1/nodes', '{', { 'content-type': 'text/html' }));
    check('synth.new', await api('POST', '/v1/nodes', '{', { 'content-type': 'application/json' }));
    check('server.about', await api('GET', '/v1', undefined, { origin: 'http://elsewhere.test' }));
});

test('/v1 leads to the description, which needs no key', async () => {
    const { body } = await api('GET', '/v1');
    assert.deepEqual((await api('GET', body.links.openapi)).body, openapi);
    const { security } = openapi.paths['/v1/openapi.json'].get;
    assert.deepEqual(security, []);
});
