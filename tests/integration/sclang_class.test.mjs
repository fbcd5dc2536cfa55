// SPDX-License-Identifier: GPL-3.0-or-later
// The class library for sclang: a real sclang plays a real Farfield, which is heard.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, root, startFarfield } from '../lib/farfield.mjs';
import { sclang } from '../lib/sclang.mjs';
import { level } from '../lib/sound.mjs';
import { waitFor } from '../lib/wait.mjs';

const KEY = 'a key, with "quotes" and a \\ in it';

let farfield;
before(async () => { farfield = await startFarfield({ key: KEY }); });
after(() => farfield.stop());

const quoted = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;
const connect = (key = KEY) => `f = Farfield(${quoted(farfield.base)}, ${quoted(key)});`;
const play = (code, options) => sclang(connect() + code, options);
const nodes = async () => (await farfield.api('GET', '/v1/nodes')).body.nodes;
const nodeOf = async (id) => (await farfield.api('GET', `/v1/nodes/${id}`)).body;

const chord = (listener, tones) => waitFor('a chord', async () => {
    const { left } = await listener.hear(0.5);
    return tones.every((hz) => level(left, hz) > 0.02);
});

const TONE = `SynthDef(\\tone, { |freq = 300, pan = 0, gate = 1|
    var env = EnvGen.kr(Env.asr(0.01, 1, 0.05), gate, doneAction: 2);
    Out.ar(0, Pan2.ar(SinOsc.ar(freq, 0, 0.3) * env, pan))
}).addTo(f);`;

test('a definition is uploaded, played, set, paused and released, and is heard', async () => {
    const listener = await farfield.listen();
    const hear = {
        made: () => listener.pitched(310),
        set: () => listener.pitched(620),
        paused: () => listener.silent(),
        running: () => listener.pitched(620),
        released: () => listener.silent(),
    };
    const { told } = await play(`${TONE}
        x = f.synth(\\tone, [freq: 310]);
        f.sync; ~tell.(\\made);
        x.set(\\freq, 620, \\pan, 0.5);
        f.sync; ~tell.(\\set);
        x.run(false);
        f.sync; ~tell.(\\paused);
        x.run;
        f.sync; ~tell.(\\running);
        x.release;
        f.sync; ~tell.(\\released);
    `, { onTell: (what) => hear[what]() });
    assert.deepEqual(told, Object.keys(hear));
});

test('groups hold what they are told to, in the order of the add actions', async () => {
    const { told: [[g, a, b, c]] } = await play(`${TONE}
        g = f.group;
        a = f.synth(\\tone, (freq: 200), g);
        b = f.synth(\\tone, nil, g, \\addToTail);
        c = f.synth(\\tone, [\\freq, 250], a, \\addAfter);
        f.sync; ~tell.([g, a, b, c].collect(_.id));
        g.free; f.sync;
    `, { onTell: async ([group, first, last, middle]) => {
        const inside = (await nodes()).filter(({ parent }) => parent === group);
        assert.deepEqual(inside.map(({ id }) => id), [first, middle, last]);
        assert.deepEqual(inside.map(({ controls }) => controls.freq), [200, 250, 300]);
    } });
    assert.ok(new Set([g, a, b, c]).size === 4);
    assert.ok(!(await nodes()).some(({ id }) => id === g));
});

test('in a Routine questions return the answer, else it goes to the function', async () => {
    const { told: [status, ready, names, byFunction, shown] } = await play(`
        ~tell.(f.status);
        ~tell.(f.ready[\\ready]);
        ~tell.(f.synthDefs.collect(_[\\name]));
        AppClock.sched(0, { f.status { |answer, problem| ~answer = [answer[\\state], problem] } });
        while { ~answer.isNil } { 0.01.wait };
        ~tell.(~answer);
        x = f.synth(\\sine, [freq: 333]);
        ~tell.(x.show[\\controls][\\freq]);
        x.free; f.sync;
    `);
    assert.equal(status.state, 'running');
    assert.equal(ready, true);
    assert.ok(names.includes('sine') && names.includes('default'));
    assert.deepEqual(byFunction, ['running', null]);
    assert.equal(shown, 333);
});

test('a bundle happens together at its time, and its parts know each other', async () => {
    const listener = await farfield.listen();
    const { told: [at, early] } = await play(`${TONE}
        f.sync;
        ~from = Date.getDate.rawSeconds;
        f.bundle(1.5, {
            g = f.group;
            x = f.synth(\\tone, [freq: 505], g);
            y = f.synth(\\silent_one, [freq: 2], g);
        });
        f.bundle(1.5, {
            g = f.group;
            x = f.synth(\\tone, [freq: 300], g);
            x.set(\\freq, 505);
            y = f.synth(\\tone, [freq: 505], x, \\addAfter);
        }, { |result| ~sent = result });
        f.sync;
        ~tell.(~sent[\\at] - ~from);
        ~tell.([g, x, y].collect(_.id));
    `, { onTell: async (what) => {
        if (!Array.isArray(what)) return;
        const [group, first, second] = what;
        await listener.pitched(505);
        const inside = (await nodes()).filter(({ parent }) => parent === group);
        assert.deepEqual(inside.map(({ id, controls }) => [id, controls.freq]),
            [[first, 505], [second, 505]]);
    } });
    assert.ok(Math.abs(at - 1.5) < 0.5, `${at} s`);
    assert.equal(early.length, 3);
    await farfield.api('POST', '/v1/server/panic');
});

test('controls read buses that are mapped to them', async () => {
    const listener = await farfield.listen();
    const { told } = await play(`${TONE}
        b = f.controlBus(1, 410);
        x = f.synth(\\tone, [freq: b]);
        y = f.synth(\\tone, [freq: 200, pan: 0]);
        f.sync; y.free;
        f.sync; ~tell.(\\mapped);
        b.set(820);
        ~values = b.get;
        ~tell.(~values);
        x.set(\\freq, 300);
        f.sync; ~tell.(\\set);
        b.free; x.free; f.sync;
    `, { onTell: (what) => listener.pitched(
        what === 'mapped' ? 410 : what === 'set' ? 300 : 820) });
    assert.deepEqual(told, ['mapped', [820], 'set']);
});

test('buffers are sent, made, written, read and played', async () => {
    const { told: [sound, table, values, playing] } = await play(`
        b = f.readBuffer(Platform.resourceDir +/+ "sounds/a11wlk01.wav");
        c = f.buffer(8);
        c.set(2, [0.5, -0.25]);
        ~sound = b.show; ~tell.(~sound);
        d = f.buffer(512);
        d.sine1([1, 0.5]);
        ~table = d.show; ~tell.(~table);
        ~values = c.get(0, 4); ~tell.(~values);
        x = f.synth(\\player_mono, [buf: b, loop: 1]);
        ~playing = x.show; ~tell.([~playing[\\controls][\\buf], b.id]);
        x.free; [b, c, d].do(_.free); f.sync;
    `);
    assert.equal(sound.name, 'a11wlk01.wav');
    assert.equal(sound.channels, 1);
    assert.ok(sound.frames > 100000);
    assert.equal(table.frames, 512);
    assert.deepEqual(values, [0, 0, 0.5, -0.25]);
    assert.equal(playing[0], playing[1]);
});

test('panic silences all', async () => {
    await play('f.synth(\\drone); f.sync; f.panic; f.sync;');
    assert.deepEqual((await nodes()).filter(({ kind, system }) => kind === 'synth' && !system), []);
});

// --- what goes wrong ----------------------------------------------------------------------------

test('what is wrong is said in clear words, and what depends on it is left out', async () => {
    const { told, posted } = await play(`
        x = f.synth(\\sin, [freq: 1]) ;
        x.set(\\freq, 2);
        y = f.synth(\\sine);
        y.set(\\nonsense, 1);
        f.call('node.set', (id: y, controls: (freq: inf)));
        f.sync;
        ~tell.([x.id, y.id.isInteger]);
        y.free; f.sync;
    `);
    assert.deepEqual(told, [[null, true]]);
    assert.match(posted, /synth\.new: .*\n.*there is no SynthDef "sin"; did you mean "sine"\?/);
    assert.match(posted, /node\.set: what this is about could not be made/);
    assert.match(posted, /controls\.nonsense/);
    assert.match(posted, /inf cannot be written as JSON/);
});

test('a function that fails does not hold up what is behind it', async () => {
    const { told, posted } = await play(`
        f.status { Error("my own mistake").throw };
        f.call('node.set', (id: 1, controls: (freq: Object))) ;
        f.call('node.show', (id: 99), { Error("another").throw });
        f.sync; ~tell.(\\done);
    `);
    assert.deepEqual(told, ['done']);
    assert.match(posted, /my own mistake/);
    assert.match(posted, /another/);
});

test('a wrong key, an absent server and one that is no Farfield are told apart', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const { told, posted } = await sclang(`
        var problem = { |f| var p; f.status { |answer, wrong| p = wrong }; f.sync; p };
        var words;
        ~tell.(problem.(${connect('wrong').slice(4, -1)})[\\status]);
        ~tell.(problem.(Farfield(${quoted(nowhere)}))[\\detail]);
        words = try { Farfield("ftp://x"); 1 } { |error| error.errorString };
        ~tell.(words);
    `);
    assert.equal(told[0], 401);
    assert.match(told[1], /connect/i);
    assert.match(told[2], /ftp:\/\/x is not the address/);
    assert.match(posted, /server\.status: the key .* is missing or wrong/);
});

test('names and keys reach no shell and no list of processes', async () => {
    const trap = '$(touch TRAP)`touch TRAP`";touch TRAP;\\"\n';
    const seen = [];
    const { told } = await play(`
        f.synth(${quoted(trap)}); f.removeSynthDef(${quoted(trap)}); f.sync;
        20.do { f.status({}) };
        ~tell.(\\asked);
        f.sync;
        ~tell.(File.exists("TRAP") or: { File.exists(Platform.userHomeDir +/+ "TRAP") });
    `, { onTell: async (what) => {
        if (what !== 'asked') return;
        for (let i = 0; i < 200; i++) {
            for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
                try {
                    const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
                    if (line.startsWith('curl\0')) seen.push(line);
                } catch {
                    // it has ended
                }
            }
        }
    } });
    assert.equal(told[1], false);
    assert.ok(seen.length > 0, 'curl was seen at work');
    for (const line of seen) {
        assert.ok(!line.includes('quotes') && !line.includes('Bearer'), line);
    }
});

// --- the documentation --------------------------------------------------------------------------

test('the lines of docs/sclang.md do what they say', async () => {
    const text = readFileSync(join(root, 'docs/sclang.md'), 'utf8');
    const blocks = [...text.matchAll(/```sclang\n(.*?)```/gs)].map(([, code]) => code
        .replace('"http://127.0.0.1:8080", "the key"', `${quoted(farfield.base)}, ${quoted(KEY)}`)
        .replace(/^\($|^\)$/gm, ''));
    assert.equal(blocks.length, 5);
    const listener = await farfield.listen();
    const [lines, together, buses, buffers, asking] = blocks;
    const upTo = (code, end) => code.slice(0, code.indexOf(end));
    const from = (code, start) => code.slice(code.indexOf(start));
    const { posted } = await sclang(`
        ${upTo(lines, 'x.set')} f.sync; ~tell.(300);
        ${upTo(from(lines, 'x.set'), 'x.release')} f.sync; ~tell.(400);
        ${from(lines, 'x.release')} f.sync; ~tell.(nil);
        ${upTo(together, 'f.bundle(2')} f.sync; ~tell.([300, 375, 450]);
        ${from(together, 'f.bundle(2')} f.sync; ~tell.(nil);
        ${upTo(buses, 'b.set')} f.sync; ~tell.(350);
        ${upTo(from(buses, 'b.set'), 'x.set')} f.sync; ~tell.(500);
        ${upTo(from(buses, 'x.set'), 'x.free')} f.sync; ~tell.(400);
        ${from(buses, 'x.free')} f.sync; ~tell.(nil);
        ${buffers}
        ${asking}
        1.wait; f.sync;
    `, { onTell: (hz) => (Array.isArray(hz) ? chord(listener, hz)
        : hz ? listener.pitched(hz) : listener.silent()) });
    assert.doesNotMatch(posted, /ERROR|WARNING/);
    assert.match(posted, /^4[78]\d{3}/m);
    assert.match(posted, /sine/);
    assert.match(posted, /'average'/);
});
