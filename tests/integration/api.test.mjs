// SPDX-License-Identifier: GPL-3.0-or-later
// REST as anyone may use and misuse it, against the real thing.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { root, startFarfield } from '../lib/farfield.mjs';
import { answersOf } from '../lib/openapi.mjs';
import { waitFor, within } from '../lib/wait.mjs';

let farfield;
before(async () => { farfield = await startFarfield(); });
after(() => farfield.stop());

const api = (...args) => farfield.api(...args);
const play = (body) => api('POST', '/v1/nodes', { synthdef: 'sine', ...body });
const nodeIds = async () => (await api('GET', '/v1/nodes')).body.nodes.map(({ id }) => id);

// Bytes as they are, and what comes back until the other side closes or `enough` likes it.
function raw(bytes, { enough = () => false, port = farfield.httpPort, end = false } = {}) {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const answered = new Promise((resolve, reject) => {
        socket.on('error', (error) => (text ? resolve(text) : reject(error)));
        socket.on('close', () => resolve(text));
        socket.on('data', (data) => {
            text += data.toString('latin1');
            if (enough(text)) {
                socket.destroy();
                resolve(text);
            }
        });
    });
    socket.write(bytes);
    if (end) socket.end();
    return within('an answer', 20000, answered).finally(() => socket.destroy());
}

const whole = (text) => {
    const [head, body] = text.split('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(head ?? '')?.[1];
    return body !== undefined && length !== undefined && body.length >= Number(length);
};
const request = (line, headers = {}, body = '') =>
    `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
const status = (text) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
const ask = async (line, headers, body) => status(
    await raw(request(line, { ...headers, Connection: 'close' }, body), { enough: whole }));

function isProblem({ headers, body, status: code }, expected, detail = /./) {
    assert.equal(code, expected, JSON.stringify(body));
    assert.equal(headers.get('content-type'), 'application/problem+json');
    assert.match(body.type, /^urn:farfield:problem:[a-z-]+$/);
    assert.equal(body.status, expected);
    assert.equal(typeof body.title, 'string');
    assert.match(body.detail, detail);
}

// --- every command ------------------------------------------------------------------------------

const ROW = /^\| \[`([a-z_.]+)`\]\(#[a-z_]+\) \| (?:`([A-Z]+) (\/v1\S*)`)? ?\| [^|]* \|$/;
const rows = readFileSync(join(root, 'docs/reference.md'), 'utf8').split('\n')
    .map((line) => ROW.exec(line)).filter(Boolean)
    .map(([, method, verb, path]) => ({ method, verb, path }));

test('every REST path of the reference answers as it should', async () => {
    const { body: synth } = await play();
    const { body: doomed } = await play();
    const check = answersOf((await api('GET', '/v1/openapi.json')).body);
    const expected = {
        'group.new': [{}, 201],
        'health.live': [undefined, 200],
        'health.ready': [undefined, 200],
        'listener.list': [undefined, 200],
        'listener.show': [undefined, 404],
        'node.free': [undefined, 204, { id: doomed.id }],
        'node.list': [undefined, 200],
        'node.set': [{ controls: { freq: 500 } }, 200, { id: synth.id }],
        'node.show': [undefined, 200, { id: synth.id }],
        'node.release': [undefined, 204, { id: synth.id }],
        'openapi.show': [undefined, 200],
        'room.list': [undefined, 200],
        'room.show': [undefined, 200, { room: 'main' }],
        'server.about': [undefined, 200],
        'server.panic': [undefined, 200],
        'server.status': [undefined, 200],
        'synth.new': [{ synthdef: 'sine' }, 201],
        'synthdef.add': [Buffer.from('nonsense'), 422],
        'synthdef.delete': [undefined, 409, { name: 'sine' }],
        'synthdef.list': [undefined, 200],
        'synthdef.put': [Buffer.from('nonsense'), 422, { name: 'x' }],
        'synthdef.show': [undefined, 200, { name: 'sine' }],
        'whep.offer': ['v=0 this is no offer', 422, { room: 'main' }, 'application/sdp'],
        'whep.probe': [undefined, 204, { room: 'main' }],
        'whep.patch': ['', 404, { room: 'main', listener: 'x' },
            'application/trickle-ice-sdpfrag'],
        'whep.show': [undefined, 404, { room: 'main', listener: 'x' }],
        'whep.end': [undefined, 404, { room: 'main', listener: 'x' }],
    };
    const rest = rows.filter(({ path, method }) => path && method !== 'server.restart');
    assert.ok(rest.length >= 24, `${rest.length} rows`);
    for (const { method, verb, path } of rest) {
        const [body, code, params = {}, type] = expected[method] ?? [];
        const filled = path.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? 'x');
        const answer = await api(verb, filled, body, type && { 'content-type': type });
        check(method, answer);
        // What works is shown by describe.test.mjs; here, that nothing breaks by being asked.
        assert.ok(code ? answer.status === code : answer.status < 500,
            `${verb} ${filled}: ${answer.status} ${JSON.stringify(answer.body)}`);
        if (code >= 400) isProblem(answer, code);
        if (code === 201) assert.match(answer.headers.get('location'), /^\/v1\/nodes\/\d+$/);
        if (code === 204) assert.equal(answer.body, '');
    }
});

test('every method of the reference is known to JSON-RPC, or said to be HTTP alone', async () => {
    const rpc = await farfield.rpc();
    const { methods } = await rpc.call('rpc.discover');
    assert.ok(rows.length >= 33);
    for (const { method } of rows) {
        if (['server.restart', 'server.panic'].includes(method)) continue;
        const code = await rpc.call(method, { nonsense: 1 }).then(() => 0, (error) => error.code);
        assert.equal(code, methods.some(({ name }) => name === method) ? -32602 : -32601, method);
    }
});

test('a node is made, shown, set, paused, freed; Location leads to it', async () => {
    const made = await play({ controls: { freq: 300 } });
    assert.equal(made.status, 201);
    const path = made.headers.get('location');
    assert.deepEqual((await api('GET', path)).body, made.body);
    assert.equal((await api('PATCH', path, { controls: { freq: 301 } })).body.controls.freq, 301);
    assert.equal((await api('PATCH', `${path}?run=false`)).body.running, false);
    assert.equal((await api('HEAD', path)).status, 200);
    assert.equal((await api('POST', `${path}/free`)).status, 204);
    isProblem(await api('GET', path), 404, /there is no node/);
    isProblem(await api('PATCH', path, { run: true }), 404);
});

test('a thousand synths in one batch are all answered, and all there', async () => {
    const rpc = await farfield.rpc();
    const { id: group } = await rpc.call('group.new', {});
    const batch = Array.from({ length: 1000 }, (_, i) => ({ jsonrpc: '2.0', id: `b${i}`,
        method: 'synth.new', params: { synthdef: 'sine', target: group, action: 'tail' } }));
    const answer = new Promise((resolve) => {
        rpc.socket.on('message', (data) => {
            const message = JSON.parse(data);
            if (Array.isArray(message)) resolve(message);
        });
    });
    rpc.socket.send(JSON.stringify(batch));
    const answers = await within('the batch', 20000, answer);
    assert.equal(answers.length, 1000);
    assert.deepEqual(answers.filter(({ error }) => error), []);
    const { body: { nodes } } = await api('GET', '/v1/nodes');
    const inside = nodes.filter(({ parent }) => parent === group).map(({ id }) => id);
    assert.deepEqual(inside, answers.map(({ result }) => result.id).sort((a, b) => a - b));
    assert.equal((await api('GET', '/v1/server')).body.state, 'running');
    await rpc.call('node.free', { id: group });
    await waitFor('their end', async () => (await nodeIds()).length <= 5);
});

// --- what is wrong with a request ---------------------------------------------------------------

test('wrong fields are named, and change nothing', async () => {
    const before = await nodeIds();
    const answer = await api('POST', '/v1/nodes', { synthdef: 'sin', target: 'x', colour: 1 });
    isProblem(answer, 422);
    assert.deepEqual(answer.body.errors.map(({ field }) => field), ['target', 'colour']);
    for (const [body, field] of [
        [{}, 'synthdef'],
        [{ synthdef: 'sin' }, 'synthdef'],
        [{ synthdef: 'sine', controls: { frequency: 1 } }, 'controls.frequency'],
        [{ synthdef: 'sine', controls: { freq: '440' } }, 'controls.freq'],
        [{ synthdef: 'sine', controls: { freq: 1e39 } }, 'controls.freq'],
        [{ synthdef: 'sine', controls: { freq: [1, 2] } }, 'controls.freq'],
        [{ synthdef: 'sine', action: 'head|tail' }, 'action'],
        [{ synthdef: 'sine', action: 'sideways' }, 'action'],
        [{ synthdef: 'sine', room: 'attic' }, 'room'],
        [{ synthdef: 'sine', target: 4711 }, 'target'],
        [{ synthdef: 'sine', target: 2 ** 40 }, 'target'],
        [{ synthdef: 'farfield_guard' }, 'synthdef'],
    ]) {
        const wrong = await api('POST', '/v1/nodes', body);
        isProblem(wrong, 422);
        assert.ok(wrong.body.errors.some((error) => error.field === field),
            `${JSON.stringify(body)}: ${JSON.stringify(wrong.body)}`);
    }
    isProblem(await api('GET', '/v1/nodes/abc'), 422);
    isProblem(await api('PATCH', '/v1/nodes/0', { run: false }), 403);
    assert.deepEqual(await nodeIds(), before);
});

test('unknown paths are 404, wrong verbs 405 with Allow', async () => {
    for (const path of ['/v1/nothing', '/v1/', '/v1/nodes/', '/v1/nodes/1/2', '/v2', '/v1nodes'])
        isProblem(await api('GET', path), 404);
    const wrong = await api('PUT', '/v1/nodes');
    isProblem(wrong, 405);
    assert.deepEqual(wrong.headers.get('allow').split(', ').sort(), ['GET', 'POST']);
    isProblem(await api('BREW', '/v1/server'), 405);
    assert.equal(await ask('POST /index.html'), 405);
});

test('bodies of a wrong type are 415', async () => {
    isProblem(await api('POST', '/v1/nodes', '{}', { 'content-type': 'text/plain' }), 415);
    isProblem(await api('POST', '/v1/nodes', '<a/>', { 'content-type': 'application/xml' }), 415);
    isProblem(await api('POST', '/v1/synthdefs', '{}', { 'content-type': 'application/json' }), 415);
    isProblem(await api('POST', '/v1/rooms/main/whep', {}), 415);
});

test('bodies that are not JSON objects are 400', async () => {
    for (const body of ['{', '[]', '5', '"x"', 'null', '{"a":1,"a":2}', '{"synthdef":NaN}',
        '{"synthdef":Infinity}', '{"controls":{"freq":1e999}}', '{"a":"\\u0000"}', '{"a":1}{}',
        `${'['.repeat(5000)}`, `${'{"a":'.repeat(5000)}`, '{"a":0x10}', "{'a':1}", '\ufeff{}'])
        isProblem(await api('POST', '/v1/nodes', body, { 'content-type': 'application/json' }),
            400);
    const utf8 = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    isProblem(await api('POST', '/v1/nodes', utf8, { 'content-type': 'application/json' }), 400);
});

test('bodies may be as long as their bound, and no longer', async () => {
    const json = { 'content-type': 'application/json' };
    const mebibyte = 1024 * 1024;
    const fits = await api('POST', '/v1/groups', `{}${' '.repeat(mebibyte - 2)}`, json);
    assert.equal(fits.status, 201);
    isProblem(await api('POST', '/v1/groups', `{}${' '.repeat(mebibyte - 1)}`, json), 413);
    const bytes = { 'content-type': 'application/octet-stream' };
    isProblem(await api('POST', '/v1/synthdefs', Buffer.alloc(4 * mebibyte), bytes), 422);
    isProblem(await api('POST', '/v1/synthdefs', Buffer.alloc(4 * mebibyte + 1), bytes), 413);
    const sdp = { 'content-type': 'application/sdp' };
    isProblem(await api('POST', '/v1/rooms/main/whep', 'x'.repeat(65536), sdp), 422);
    isProblem(await api('POST', '/v1/rooms/main/whep', 'x'.repeat(65537), sdp), 413);
    // In pieces nobody says beforehand how long it will be.
    const chunk = ' '.repeat(65536);
    const chunks = `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
    const chunked = await raw(request('POST /v1/groups', { 'Transfer-Encoding': 'chunked' },
        `2\r\n{}\r\n${chunks.repeat(17)}0\r\n\r\n`), { enough: whole });
    assert.equal(status(chunked), 413);
    await api('DELETE', fits.headers.get('location'));
});

test('headers have their bound', async () => {
    assert.equal(await ask('GET /v1', { 'X-Long': 'x'.repeat(16000) }), 200);
    const long = await raw(request('GET /v1', { 'X-Long': 'x'.repeat(70000) }));
    assert.ok(long === '' || [413, 431].includes(status(long)), long.slice(0, 100));
    const target = await raw(request(`GET /${'x'.repeat(70000)}`));
    assert.ok(target === '' || [414, 413, 431].includes(status(target)), target.slice(0, 100));
    assert.equal(await ask('GET /v1/health/live'), 200);
});

test('a length that lies harms nobody', async () => {
    const before = await nodeIds();
    const body = '{"synthdef":"sine"}';
    // Longer than what comes: nothing is done.
    const cut = connect(farfield.httpPort, '127.0.0.1');
    cut.end(request('POST /v1/nodes', { 'Content-Length': body.length + 5 }, body));
    // Shorter: what is over is no request.
    const over = await raw(request('POST /v1/groups', { 'Content-Length': 2 }, '{}garbage\r\n\r\n'),
        { enough: (text) => (text.match(/HTTP\/1\.1/g) ?? []).length >= 2 });
    assert.equal(status(over), 201);
    for (const length of ['-1', 'abc', '5, 6', '99999999999999999999999999'])
        assert.ok([400, 413].includes(status(await raw(
            request('POST /v1/nodes', { 'Content-Length': length }, body), { enough: status }))),
        length);
    cut.destroy();
    const after = await nodeIds();
    assert.equal(after.length, before.length + 1, 'the group alone is new');
    const group = after.find((id) => !before.includes(id));
    await api('POST', `/v1/nodes/${group}/free`);
});

test('garbage is refused, and slow senders keep nobody waiting', async () => {
    const POST = 'POST /v1/nodes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{';
    const garbage = ['\r\n\r\n\r\n', 'GET\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00',
        'GET /v1 HTTP/9.9\r\n\r\n', 'GET /v1 HTTP/1.1\r\nNo colon\r\n\r\n', 'GET /v1 HTTP/1.1'];
    const sockets = [...garbage, ...Array(100).fill(POST)].map((bytes) => {
        const socket = connect(farfield.httpPort, '127.0.0.1');
        socket.on('error', () => {});
        socket.write(bytes, 'latin1');
        return socket;
    });
    const began = Date.now();
    for (let i = 0; i < 20; i++) assert.equal((await api('GET', '/v1/health/live')).status, 200);
    assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
    for (const socket of sockets) socket.destroy();
});

// --- paths and files ----------------------------------------------------------------------------

test('paths are decoded once, and never leave their place', async () => {
    assert.equal(await ask('GET /v1/rooms/m%61in'), 200);
    assert.equal(await ask('GET /v1/rooms/main%2fx'), 404);
    assert.equal(await ask('GET /v1/rooms/%00'), 404);
    assert.equal(await ask('GET /v1/rooms/%zz'), 404);
    assert.equal(await ask('GET /v1/rooms/m%2561in'), 404);
    for (const path of ['/../README.md', '/..%2fREADME.md', '/%2e%2e/README.md', '/./index.html',
        '//etc/passwd', '/..\\README.md', '/panel/../../README.md', '/.git/config',
        '/%2e%2e%2f%2e%2e%2fetc%2fpasswd', '/index.html%00.js', '/nothing.html', '/panel'])
        assert.equal(await ask(`GET ${path}`), 404, path);
});

test('the panel is served, and known by its ETag', async () => {
    const page = await api('GET', '/');
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type'), /^text\/html/);
    assert.match(page.headers.get('content-security-policy'), /default-src 'self'/);
    // With what opens nothing it would be heeded by nobody; a worker opens something.
    for (const [use, has] of [['script', false], ['style', false], ['worker', true]]) {
        const { headers } = await api('GET', '/panel/main.js', undefined,
            { 'sec-fetch-dest': use });
        assert.equal(headers.has('content-security-policy'), has, use);
    }
    assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
    const etag = page.headers.get('etag');
    assert.equal((await api('GET', '/', undefined, { 'if-none-match': etag })).status, 304);
    assert.equal((await api('HEAD', '/')).body, '');
});

// The body as it comes over the wire: fetch() would decompress it.
const fetchRaw = (path, headers = {}, method = 'GET') => new Promise((resolve, reject) => {
    httpRequest({ port: farfield.httpPort, host: '127.0.0.1', path, headers, method }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers,
            bytes: Buffer.concat(chunks) }));
    }).on('error', reject).end();
});

test('text comes compressed to who takes gzip, byte for byte what it was', async () => {
    for (const path of ['/', '/style.css']) {
        const plain = await fetchRaw(path);
        const file = readFileSync(join(root, 'web', path === '/' ? 'index.html' : path));
        assert.deepEqual(plain.bytes, file);
        assert.equal(plain.headers['content-encoding'], undefined);
        assert.equal(plain.headers.vary, 'Accept-Encoding');
        const packed = await fetchRaw(path, { 'Accept-Encoding': 'gzip, deflate, br' });
        assert.equal(packed.headers['content-encoding'], 'gzip');
        assert.equal(packed.headers['content-type'], plain.headers['content-type']);
        assert.equal(packed.headers.vary, 'Accept-Encoding');
        assert.deepEqual(gunzipSync(packed.bytes), file);
        assert.ok(packed.bytes.length < file.length * 0.6, `${packed.bytes.length} bytes`);
        assert.notEqual(packed.headers.etag, plain.headers.etag);

        // HEAD says the same, and sends nothing.
        const head = await fetchRaw(path, { 'Accept-Encoding': 'gzip' }, 'HEAD');
        assert.equal(head.bytes.length, 0);
        assert.equal(head.headers['content-length'], String(packed.bytes.length));
        assert.equal(head.headers.etag, packed.headers.etag);

        // Each form is known by its own tag.
        for (const [tag, encoding, code] of [
            [packed.headers.etag, 'gzip', 304], [packed.headers.etag, '', 200],
            [plain.headers.etag, '', 304], [plain.headers.etag, 'gzip', 200],
            [`"x", W/${packed.headers.etag}`, 'gzip', 304]]) {
            const answer = await fetchRaw(path,
                { 'If-None-Match': tag, 'Accept-Encoding': encoding });
            assert.equal(answer.status, code, `${tag} ${encoding}`);
            assert.equal(answer.headers.vary, 'Accept-Encoding');
        }
        for (const refusal of ['gzip;q=0', 'gzip;q=0, *', 'identity', 'br', '*;q=0']) {
            const answer = await fetchRaw(path, { 'Accept-Encoding': refusal });
            assert.deepEqual(answer.bytes, file, refusal);
        }
    }
    // As a person would.
    const { status: ended, stdout } = spawnSync('curl',
        ['--silent', '--fail', '--compressed', `${farfield.base}/`]);
    assert.equal(ended, 0);
    assert.deepEqual(stdout, readFileSync(join(root, 'web/index.html')));
});

// --- who may ask --------------------------------------------------------------------------------

test('pages of other origins are refused, and told nothing', async () => {
    const before = await nodeIds();
    for (const origin of ['http://evil.example', 'null', 'https://127.0.0.1.evil.example']) {
        const answer = await api('POST', '/v1/nodes', { synthdef: 'sine' }, { origin });
        isProblem(answer, 403, /pages of .* may not use this server/);
        assert.equal(answer.headers.get('access-control-allow-origin'), null);
    }
    // Another port of this machine may be another user's.
    const neighbour = await api('GET', '/v1', undefined, { origin: 'http://127.0.0.1:1' });
    assert.equal(neighbour.status, 403);
    const ours = await api('GET', '/v1', undefined, { origin: farfield.base });
    assert.equal(ours.status, 200);
    assert.deepEqual(await nodeIds(), before);
});

test('a name that a stranger lets point here is refused', async () => {
    for (const host of ['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', '[::2]'])
        assert.equal(status(await raw(
            `GET /v1/nodes HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
            { enough: whole })), 403, host);
    for (const host of ['127.0.0.1', 'localhost:1', '[::1]:8080'])
        assert.equal(status(await raw(
            `GET /v1/nodes HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
            { enough: whole })), 200, host);
});

test('preflight says what a WHEP player of our own origin may do and read', async () => {
    const origin = farfield.base;
    const flight = await api('OPTIONS', '/v1/rooms/main/whep', undefined, { origin,
        'access-control-request-method': 'POST' });
    assert.equal(flight.status, 200);
    assert.match(flight.headers.get('access-control-allow-methods'), /POST/);
    assert.match(flight.headers.get('access-control-allow-headers'), /Authorization/);
    assert.equal(flight.headers.get('access-control-allow-origin'), origin);
    assert.equal(flight.headers.get('accept-post'), 'application/sdp');
    const made = await api('POST', '/v1/nodes', { synthdef: 'sine' }, { origin });
    assert.match(made.headers.get('access-control-expose-headers'), /Location, Link/);
    assert.equal(made.headers.get('vary'), 'Origin');
    await api('DELETE', made.headers.get('location'));
    isProblem(await api('OPTIONS', '/v1/nothing'), 404);
});

test('with a key nothing goes without it, but what is open', async () => {
    const keyed = await startFarfield({ key: 'a long secret', wait: false, settings: {
        supervise: 'none', 'scsynth-port': 9, 'ice-servers': 'turn:u:p@turn.example:3478' } });
    try {
        await waitFor('it listens', async () =>
            (await keyed.api('GET', '/v1/health/live')).status === 200);
        const without = (path, headers = {}) => keyed.api('GET', path, undefined,
            { authorization: '', ...headers });
        const refused = await without('/v1/nodes');
        isProblem(refused, 401, /Authorization: Bearer KEY/);
        assert.equal(refused.headers.get('www-authenticate'), 'Bearer');
        for (const authorization of ['Bearer wrong', 'Bearer a long secre', 'Bearer a long secret ',
            'Basic YTpi', 'a long secret', 'Bearer'])
            assert.equal((await keyed.api('GET', '/v1/nodes', undefined, { authorization })).status,
                // trailing space is trimmed on the way
                authorization.endsWith(' ') ? 200 : 401, authorization);
        assert.equal((await without('/v1/nodes?key=a%20long%20secret')).status, 401);
        assert.equal((await keyed.api('GET', '/v1/nodes')).status, 200);
        const about = await without('/v1');
        assert.equal(about.status, 200);
        assert.equal(about.body.key_required, true);
        assert.doesNotMatch(JSON.stringify(about.body), /turn.example/);
        assert.equal((await without('/')).status, 200, 'the panel asks for the key itself');
        // By the key a name of any kind is as good as ours.
        assert.equal(status(await raw('GET /v1 HTTP/1.1\r\nHost: studio.example\r\n' +
            'Connection: close\r\n\r\n', { port: keyed.httpPort, enough: whole })), 200);
        // The key is compared whole, whatever its length.
        const rpc = await keyed.rpc({ key: undefined });
        await assert.rejects(rpc.call('node.list', {}), { message: 'call auth with the key first' });
        await assert.rejects(rpc.call('auth', { key: 'wrong' }), { message: 'that is not the key' });
        await rpc.call('auth', { key: 'a long secret' });
        await rpc.call('node.list', {});
        const header = await keyed.rpc({ key: undefined,
            headers: { authorization: 'Bearer a long secret' } });
        await header.call('node.list', {});
        await assert.rejects(keyed.rpc({ key: undefined,
            headers: { authorization: 'Bearer wrong' } }));
        assert.doesNotMatch(keyed.log, /a long secret/);
    } finally {
        await keyed.stop();
    }
});
