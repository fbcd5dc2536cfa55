// SPDX-License-Identifier: GPL-3.0-or-later
// The client library's connection: it comes back by itself, a call ends well or in words, nothing
// that a server says brings it down, and close() leaves nothing.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import WebSocket from 'ws';
import { CallError, connect } from '../../web/client/farfield.js';
import { freePort, root, startFarfield } from '../lib/farfield.mjs';
import { startScripted } from '../lib/scripted.mjs';
import { waitFor, within } from '../lib/wait.mjs';

const KEY = 'no bird sings';
const opened = [];
let farfield;
let unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

before(async () => {
    farfield = await startFarfield({ key: KEY });
});
afterEach(() => {
    for (const client of opened.splice(0)) client.close();
    const told = unhandled;
    unhandled = [];
    assert.deepEqual(told, [], 'nothing is left to nobody');
});
after(() => farfield.stop());

function open(base, options = {}) {
    const client = connect(base, { WebSocket, ...options });
    opened.push(client);
    return client;
}

const reach = (client, state) => waitFor(`connection ${state}`, () => client.connection === state,
    { every: 10 });

// How a promise fails.
async function failure(promise) {
    const outcome = await promise.then((value) => ({ value }), (error) => ({ error }));
    assert.ok(outcome.error, `it succeeded: ${JSON.stringify(outcome.value)}`);
    return outcome.error;
}

async function refused(promise, kind, words) {
    const error = await failure(promise);
    assert.ok(error instanceof CallError, error.stack);
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, words);
    return error;
}

// --- keys ---

test('a key is asked for, refused, and accepted, for files as well', async () => {
    const states = [];
    const client = open(farfield.base);
    await refused(client.ready(), 'key', /wants a key/);
    client.on('connection', (state) => states.push(state));
    client.useKey('a guess');
    await waitFor('the refusal', () => states.join() === 'connecting,key');
    await refused(client.ready(), 'key', /wants a key/);
    await refused(client.commands.server.status(), 'key', /wants a key/);
    client.useKey(KEY);
    await client.ready();
    assert.equal((await client.commands.server.status()).state, 'running');
    assert.match(await (await client.commands.stats.metrics()).text(), /farfield_scsynth_up 1/);
    assert.equal((await fetch(client.url('recording.audio', { id: 'none' }))).status, 401);
});

// --- commands ---

test('what the server refuses is told by status, field and words, by either way', async () => {
    const client = open(farfield.base, { key: KEY });
    await client.ready();
    const { commands } = client;
    const sin = await refused(commands.synth.new({ synthdef: 'sin', action: 'up' }), 'refused',
        /did you mean|must be/);
    assert.equal(sin.status, 422);
    assert.equal(sin.code, -32602);
    assert.equal(sin.method, 'synth.new');
    assert.deepEqual(sin.errors.map(({ field }) => field), ['action']);
    const gone = await refused(commands.node.show({ id: 77 }), 'refused', /no node 77/);
    assert.deepEqual([gone.status, gone.errors], [404, []]);
    // By HTTP.
    const none = await refused(commands.recording.audio({ id: 'none' }), 'refused', /./);
    assert.deepEqual([none.status, none.method], [404, 'recording.audio']);
    const bytes = new Uint8Array(40);
    const bad = await refused(commands.synthdef.add({ data: bytes }), 'refused', /byte/);
    assert.equal(bad.status, 422);
});

test('a command that there is not is told of, and nothing is sent', async () => {
    const server = await startScripted();
    const client = open(server.base);
    await client.ready();
    await refused(client.call('synth.nwe', {}), 'unknown', /"synth\.nwe"; there are synth\.hold, synth\.new$/);
    await refused(client.call('constructor'), 'unknown', /no command "constructor"/);
    assert.equal(client.commands.synth.nwe, undefined);
    assert.throws(() => client.on('nodez', () => {}), /no event "nodez": topics are nodes, /);
    assert.throws(() => client.watch('knobs', () => {}), /nothing called "knobs"/);
    assert.deepEqual(server.calls, []);
    await server.stop();
});

test('a call that is not answered ends in time, by signal too, and a late answer is nobody\'s',
    async () => {
        const held = [];
        const server = await startScripted({ answer: (call) => { held.push(call); } });
        const client = open(server.base);
        await client.ready();
        const begun = performance.now();
        await refused(client.commands.clock.show({}, { timeout: 0.2 }), 'timeout',
            /did not answer clock\.show within 0\.2 s/);
        assert.ok(performance.now() - begun < 2000);
        const giveUp = new AbortController();
        const call = client.commands.clock.show({}, { signal: giveUp.signal });
        giveUp.abort(new Error('never mind'));
        assert.equal((await failure(call)).message, 'never mind');
        const later = client.commands.clock.show({}, { signal: giveUp.signal });
        assert.equal((await failure(later)).message, 'never mind');
        await waitFor('both to have come', () => held.length === 2);
        for (const { id } of held) server.say(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
        const last = client.commands.clock.show();
        await waitFor('the third', () => held.length === 3);
        server.say(JSON.stringify({ jsonrpc: '2.0', id: held[2].id, result: { beat: 7 } }));
        assert.deepEqual(await last, { beat: 7 });
        await server.stop();
    });

test('a thousand calls at once are all answered; there is a bound', async () => {
    const client = open(farfield.base, { key: KEY });
    await client.ready();
    const answers = await Promise.all(Array.from({ length: 1000 },
        (_, i) => client.commands.bus.new({ rate: 'control' }).then(({ id }) => [i, id])));
    assert.equal(new Set(answers.map(([, id]) => id)).size, 1000);
    await Promise.all(answers.map(([, id]) => client.commands.bus.free({ id })));

    const held = [];
    const server = await startScripted({ answer: (call) => { held.push(call.id); } });
    const other = open(server.base);
    await other.ready();
    const calls = Array.from({ length: 5001 }, () => other.commands.clock.show());
    await refused(calls.pop(), 'busy', /5000 calls wait/);
    await waitFor('all to have come', () => held.length === 5000);
    for (const id of held) server.say(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
    await Promise.all(calls);
    assert.equal(held.length, 5000, 'the one beyond was never sent');
    await server.stop();
});

// --- coming and going ---

test('a server that comes later is found; meanwhile calls fail at once', async () => {
    const port = await freePort();
    const client = open(`http://127.0.0.1:${port}`);
    await reach(client, 'lost');
    await refused(client.commands.clock.show(), 'away', /not connected/);
    await refused(client.commands.stats.metrics(), 'away', /cannot be reached/);
    await refused(client.ready({ timeout: 0.1 }), 'timeout', /no connection .* within 0\.1 s/);
    const server = await startScripted({ port });
    await client.ready();
    assert.deepEqual(await client.commands.clock.show(), {});
    await server.stop();
});

test('what waits when the connection goes is told so; topics are asked for anew', async () => {
    const server = await startScripted({
        answer: ({ method }) => (method === 'synth.new' ? undefined : {}),
    });
    const client = open(server.base);
    await client.ready();
    const seen = [];
    const stop = client.on('node.ended', ({ id }) => seen.push(id));
    client.on('buses', () => {});
    const call = client.commands.synth.new({ synthdef: 'sine' });
    await waitFor('the call', () => server.calls.length === 3);
    server.drop();
    await refused(call, 'away', /was lost/);
    await reach(client, 'open');
    await waitFor('the topics', () => server.calls.length === 4);
    assert.deepEqual(server.calls[3].params, { topics: ['nodes', 'buses'] });
    server.tell('node.ended', { id: 5 });
    await waitFor('the event', () => seen.length === 1);
    stop();
    stop(); // means nothing
    await waitFor('the end of the topic', () => server.calls.at(-1).method === 'unsubscribe');
    assert.deepEqual(server.calls.at(-1).params, { topics: ['nodes'] });
    server.drop();
    await reach(client, 'lost');
    await reach(client, 'open');
    await waitFor('the topics', () => server.calls.at(-1).method === 'subscribe');
    assert.deepEqual(server.calls.at(-1).params, { topics: ['buses'] });
    await server.stop();
});

test('events as an iterator: the newest thousand wait, and the topic ends with the loop', async () => {
    const server = await startScripted();
    const client = open(server.base);
    await client.ready();
    const taken = [];
    const loop = (async () => {
        for await (const { event, params } of client.events('nodes')) {
            taken.push([event, params.id]);
            if (params.id === 0) {
                // All the others come while this one is looked at.
                for (let id = 1; id <= 1500; id++) server.tell('node.ended', { id });
                await client.commands.clock.show();
            }
            if (params.id === 1500) break;
        }
    })();
    await waitFor('the topic', () => server.calls.length === 1);
    server.tell('node.ended', { id: 0 });
    await loop;
    assert.equal(taken.length, 1001);
    assert.deepEqual(taken.slice(0, 2), [['node.ended', 0], ['node.ended', 501]]);
    await waitFor('the end of the topic', () => server.calls.at(-1).method === 'unsubscribe');
    const ended = (async () => {
        for await (const { event } of client.events('nodes')) assert.fail(event);
    })();
    client.close();
    await ended;
    await server.stop();
});

test('a handler that throws keeps no other from hearing', async () => {
    const server = await startScripted();
    const client = open(server.base);
    await client.ready();
    const thrown = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error.message));
    const seen = [];
    client.on('nodes', () => { throw new Error('mine'); });
    client.on('nodes', ({ id }) => seen.push(id));
    server.tell('node.ended', { id: 5 });
    await waitFor('the second', () => seen.length === 1);
    await waitFor('the report', () => thrown.length === 1);
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
    assert.deepEqual(thrown, ['mine']);
    assert.equal(client.connection, 'open');
    await server.stop();
});

test('another key at any time makes one new connection, and leaves none', async () => {
    const server = await startScripted();
    const client = open(server.base);
    await client.ready();
    client.useKey('a');
    client.useKey('b');
    client.useKey('c');
    await client.ready();
    await waitFor('one socket', () => server.sockets.size === 1);
    await client.commands.clock.show();
    assert.equal(server.sockets.size, 1);
    const keys = server.calls.filter(({ method }) => method === 'auth').map(({ params }) => params.key);
    assert.equal(keys.at(-1), 'c');
    await server.stop();
});

test('of two attempts at once the last one counts, whichever is answered first', async () => {
    for (const slow of ['first', 'second']) {
        let asked = 0;
        let answered = 0;
        const subscribed = new Set();
        const server = await startScripted({
            async onask() {
                const isSlow = (slow === 'first') === (++asked === 1);
                if (isSlow) await new Promise((done) => { setTimeout(done, 300); });
                answered++;
                if (isSlow && slow === 'first') throw new Error('and it fails');
            },
            answer({ method }, socket) {
                if (method === 'subscribe') subscribed.add(socket);
                return {};
            },
        });
        const client = open(server.base);
        const states = [];
        const ended = [];
        client.on('connection', (state) => states.push(state));
        client.on('node.ended', ({ id }) => ended.push(id));
        await waitFor('the first', () => asked === 1, { every: 1 });
        client.useKey('x');
        await waitFor('both answers', () => answered === 2);
        await client.ready();
        await client.commands.clock.show();
        const [socket, ...others] = await waitFor('one socket, with its topics', () =>
            [...server.sockets].every((one) => subscribed.has(one)) && [...server.sockets]);
        assert.deepEqual(others, []);
        socket.send('{"jsonrpc":"2.0","method":"node.ended","params":{"id":5}}');
        await waitFor('the event', () => ended.length === 1);
        client.connect(); // means nothing now
        await client.commands.clock.show();
        assert.deepEqual([asked, states, client.connection], [2, ['open'], 'open'], slow);
        assert.ok(server.sockets.has(socket));
        client.close();
        await server.stop();
    }
});

test('a list that is slow to come is awaited, however often the status comes', async (t) => {
    let lists = 0;
    const server = await startScripted({
        async answer({ method }) {
            if (method === 'server.status') return { epoch: 1, state: 'running' };
            if (method !== 'bus.list') return {};
            lists++;
            await new Promise((done) => { setTimeout(done, 300); });
            return { buses: [{ id: 'c1' }] };
        },
    });
    const client = open(server.base);
    await client.ready();
    const known = new Promise((resolve) => { client.watch('buses', resolve); });
    const beat = setInterval(() => server.tell('server.status', { epoch: 1, state: 'running' }), 20);
    t.after(() => clearInterval(beat));
    assert.deepEqual([...(await within('the list', 5000, known)).keys()], ['c1']);
    clearInterval(beat);
    assert.equal(lists, 1);
    server.tell('server.status', { epoch: 2, state: 'running' });
    await waitFor('the list of another epoch', () => lists === 2);
    await server.stop();
});

test('each line of the log is there once, in order, and none is missing', async () => {
    let lines = [];
    const line = (number) => ({ number, message: `line ${number}` });
    const server = await startScripted({
        answer({ method }) {
            return method === 'log.list' ? { lines } : {};
        },
    });
    const client = open(server.base);
    await client.ready();
    lines = [line(3), line(4)];
    const told = [];
    client.watch('log', (log, change) => told.push(change?.value.number ?? null));
    await waitFor('the list', () => told.length === 1);
    for (const number of [3, 4, 5, 5, 4, 6]) server.tell('log', line(number));
    await client.commands.clock.show();
    assert.deepEqual(told, [null, 5, 6]);
    assert.deepEqual(client.log.map(({ number }) => number), [3, 4, 5, 6]);
    // More than the connection took: the newest comes first.
    lines = [3, 4, 5, 6, 7, 8, 9].map(line);
    for (const number of [9, 7, 8]) server.tell('log', line(number));
    await waitFor('the list anew', () => client.log.length === 7);
    assert.deepEqual(client.log, lines);
    server.tell('log', line(10));
    await waitFor('the next', () => told.at(-1) === 10);
    assert.equal(client.log.length, 8);
    await server.stop();
});

// --- nonsense ---

test('nonsense from the server is passed over', async () => {
    const server = await startScripted();
    const client = open(server.base);
    await client.ready();
    const seen = [];
    for (const kind of ['nodes', 'buses', 'server', 'listeners', 'bundles', 'clock', 'log']) {
        client.watch(kind, (value, change) => seen.push([kind, change]));
    }
    for (const text of ['', '{', 'null', '7', '"x"', '[]', '[1]', '{}', '{"id":null}',
        '{"id":99,"result":1}', '{"id":{},"error":7}', '{"method":7}', '{"method":"x"}', '\u0000']) {
        server.say(text);
    }
    for (const method of ['node.started', 'node.changed', 'node.ended', 'bus.changed', 'bus.removed',
        'server.status', 'listener.changed', 'listener.stats', 'bundle.done', 'clock.beat', 'log',
        'webrtc.candidate', '__proto__', 'constructor']) {
        for (const params of [undefined, null, 7, 'x', [], {}, { node: 7 }, { node: {} },
            { listeners: [null, 7, { id: 3 }] }, { bus: null }]) server.tell(method, params);
    }
    for (const socket of server.sockets) socket.send(Buffer.from([0, 255, 7]));
    assert.deepEqual(await client.commands.clock.show(), {}, 'it still works');
    await server.stop();
});

test('nonsense where the server should say where it is: it is asked again', async () => {
    for (const about of ['', 'null', '{"websocket":7}', '{"websocket":"gopher://x"}', '<html>']) {
        const server = await startScripted({ about });
        const client = open(server.base);
        await reach(client, 'lost');
        client.close();
        await server.stop();
    }
});

// --- the end ---

test('close() ends what waits, and a closed one says so', async () => {
    const server = await startScripted({ answer: () => undefined });
    const client = open(server.base);
    await client.ready();
    const calls = [client.commands.clock.show(), client.call('clock.show')];
    await waitFor('both', () => server.calls.length === 2);
    client.close();
    for (const call of calls) await refused(call, 'closed', /was closed/);
    await refused(client.commands.clock.show(), 'closed', /was closed/);
    await refused(client.commands.stats.metrics(), 'closed', /was closed/);
    await refused(client.ready(), 'closed', /was closed/);
    client.useKey('x');
    client.close();
    assert.equal(client.connection, 'closed');
    await waitFor('the socket to go', () => server.sockets.size === 0);
    await server.stop();
});

test('a file is stopped halfway by signal and by close(), and begins in time', async () => {
    const begun = []; // answers that have begun, and go on
    const server = createServer((request, response) => {
        if (request.url === '/metrics') return undefined; // taken, and never answered
        if (request.url === '/v1') return response.writeHead(500).end();
        response.writeHead(200, { 'content-type': 'audio/flac' });
        response.write('some');
        return begun.push(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = open(`http://127.0.0.1:${server.address().port}`);
    const { recording, stats } = client.commands;
    await refused(stats.metrics({}, { timeout: 0.2 }), 'timeout', /stats\.metrics within 0\.2 s/);
    const giveUp = new AbortController();
    const first = await recording.audio({ id: 'x' }, { signal: giveUp.signal });
    const second = await recording.audio({ id: 'x' }, { timeout: 5 });
    const texts = [first.text(), second.text()];
    giveUp.abort(new Error('never mind'));
    assert.equal((await within('its end', 2000, failure(texts[0]))).message, 'never mind');
    const whole = await recording.audio({ id: 'x' });
    assert.equal(whole.headers.get('content-type'), 'audio/flac');
    begun[2].end(' more');
    assert.equal(await within('the whole', 2000, whole.text()), 'some more');
    client.close();
    await within('its end', 2000, refused(texts[1], 'closed', /was closed/));
    await waitFor('the server to see both go', () => begun.every(({ destroyed }) => destroyed));
    server.closeAllConnections();
    server.close();
});

test('a listening that is stopped leaves nothing, and none begins after close()', async () => {
    const server = await startScripted({ answer: () => undefined });
    const client = open(server.base);
    await client.ready();
    const count = () => getEventListeners(client.rpc, 'state').length;
    const had = count();
    const hear = () => client.listen('main', { onsamples() {} });
    for (let i = 0; i < 5; i++) {
        const listening = hear();
        assert.equal(count(), had, 'one that was not started');
        listening.start();
        assert.ok(count() > had);
        await listening.stop();
        assert.equal(count(), had, 'one that was');
    }
    client.close();
    const listening = hear();
    listening.start();
    assert.deepEqual([listening.state, listening.error, count()],
        ['idle', 'the connection was closed', had]);
    await server.stop();
});

// A program of its own that runs this text, and has to end by itself.
function run(text, ...args) {
    const module = pathToFileURL(join(root, 'web/client/farfield.js')).href;
    const help = pathToFileURL(join(root, 'tests/lib/websocket.mjs')).href;
    return spawnSync(process.execPath, ['--import', help, '--input-type=module', '--eval',
        `import { connect } from '${module}';\n${text}`, ...args],
    { encoding: 'utf8', timeout: 15000 });
}

test('after close() nothing keeps a program running, wherever it was', async () => {
    const away = `http://127.0.0.1:${await freePort()}`;
    const slow = createServer(() => {}); // takes the question and never answers
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const programs = {
        'at once': [away, 'connect(base).close();'],
        'while it is tried again': [away, `const f = connect(base);
            f.ready({ timeout: 0.3 }).catch(() => f.close());`],
        'while nobody answers': [`http://127.0.0.1:${slow.address().port}`, `const f = connect(base);
            f.ready({ timeout: 0.3 }).catch(() => f.close());`],
        'in the middle of it': [farfield.base, `const f = connect(base, { key: '${KEY}' });
            await f.ready();
            f.watch('nodes', () => {});
            f.on('meter', () => {});
            const { id } = await f.commands.synth.new({ synthdef: 'sine' });
            await f.commands.node.free({ id });
            await f.commands.stats.metrics();
            const listening = f.listen('main', { onsamples() {} });
            listening.addEventListener('state', ({ detail }) => {
                if (detail === 'connected') f.close();
            });
            listening.start();`],
    };
    for (const [when, [base, text]] of Object.entries(programs)) {
        const program = `const [base] = process.argv.slice(1);\n${text}`;
        const { status, signal, stderr } = run(program, base);
        assert.deepEqual([status, signal, stderr], [0, null, ''], when);
    }
    slow.closeAllConnections();
    slow.close();
});

test('without a WebSocket it is said what to do', () => {
    const had = globalThis.WebSocket;
    globalThis.WebSocket = undefined;
    try {
        assert.throws(() => connect(farfield.base), /hand one in, as in connect\(base, \{ WebSo/);
    } finally {
        globalThis.WebSocket = had;
    }
});
