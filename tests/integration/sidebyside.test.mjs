// SPDX-License-Identifier: GPL-3.0-or-later
// sclang and Farfield allocate and play on one scsynth for a minute: neither gets what the other has.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startFarfield } from '../lib/farfield.mjs';
import { level } from '../lib/sound.mjs';
import { waitFor, within } from '../lib/wait.mjs';

const SECONDS = 60;
let farfield, rpc, port;
before(async () => {
    farfield = await startFarfield();
    rpc = await farfield.rpc();
    ({ port } = await rpc.call('server.status', {}));
});
after(() => farfield.stop());

// Takes buses, a buffer and nodes, writes to them, looks whether they are as written, gives them
// back; and says which it had.
const THEIRS = () => `
    s = Server.remote(\\farfield, NetAddr("127.0.0.1", ${port}));
    OSCdef(\\fail, { |m| if (m[1].asString.beginsWith("/notify").not) { ("FAIL" + m).postln } },
        '/fail');
    s.doWhenBooted { fork {
        var hum = Synth(\\default, [freq: 1500, amp: 0.05], s);
        "PLAYING".postln;
        while { thisThread.seconds < ${SECONDS + 10} } {
            var control = Bus.control(s, 4), audio = Bus.audio(s, 2), group = Group(s);
            var buffer = Buffer.alloc(s, 256), value = 1000.rand;
            var synths = 5.collect { Synth(\\sine, [amp: 0, freq: value + 100], group) };
            s.sync;
            control.setn([value, value, value, value]);
            buffer.fill(0, 256, value);
            synths.do { |x| x.map(\\freq, control) };
            s.sync; 0.05.wait;
            control.getn(4, { |v| if (v.any { |each| each != value }) {
                "WRONG bus % is %, not %".format(control.index, v, value).postln } });
            buffer.get(100, { |v| if (v != value) {
                "WRONG buffer % is %, not %".format(buffer.bufnum, v, value).postln } });
            s.sync;
            "HAD c% a% b% n%".format(control.index, audio.index, buffer.bufnum,
                synths[0].nodeID).postln;
            group.free; control.free; audio.free; buffer.free;
        };
        hum.release; s.sync;
        "DONE".postln;
        0.exit;
    } };
    fork { ${SECONDS + 40}.wait; "TOO LATE".postln; 1.exit };
`;

async function ours(until, had) {
    let value = 0;
    while (Date.now() < until) {
        value = (value + 7) % 1000;
        const bus = await rpc.call('bus.new', { channels: 4, values: [value, value, value, value] });
        const audio = await rpc.call('bus.new', { rate: 'audio', channels: 2 });
        const buffer = await rpc.call('buffer.new', { frames: 256, channels: 1 });
        const group = await rpc.call('group.new', {});
        const made = await Promise.all(Array.from({ length: 5 }, () => rpc.call('synth.new',
            { synthdef: 'sine', controls: { amp: 0 }, map: { freq: bus.id }, target: group.id })));
        await rpc.call('buffer.write', { id: String(buffer.id), start: 0,
            values: new Array(256).fill(value) });
        const { values } = await rpc.call('bus.show', { id: bus.id });
        assert.deepEqual(values, [value, value, value, value]);
        const read = await rpc.call('buffer.read', { id: String(buffer.id), start: 0, count: 256 });
        assert.ok(read.samples.every((each) => each === value), `buffer ${buffer.id} has another's`);
        for (const node of made) assert.equal(node.parent, group.id);
        had.control.add(bus.index).add(bus.index + 3);
        had.audio.add(audio.index);
        had.buffer.add(buffer.id);
        had.node.add(made[0].id);
        await rpc.call('node.free', { id: group.id });
        for (const { id } of [bus, audio]) await rpc.call('bus.free', { id });
        await rpc.call('buffer.free', { id: String(buffer.id) });
    }
}

test(`sclang and Farfield side by side for ${SECONDS} seconds`, async () => {
    const script = join(farfield.dataDir, 'beside.scd');
    writeFileSync(script, THEIRS());
    const sclang = spawn('timeout', [String(SECONDS + 60), 'sclang', '-D', script], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, QTWEBENGINE_DISABLE_SANDBOX: '1', QT_QPA_PLATFORM: 'offscreen' } });
    let said = '';
    for (const stream of [sclang.stdout, sclang.stderr])
        stream.on('data', (data) => { said += data; });
    const gone = once(sclang, 'close');
    const had = { control: new Set(), audio: new Set(), buffer: new Set(), node: new Set() };
    try {
        await waitFor('sclang to play', () => said.includes('PLAYING'), { timeout: 50000 })
            .catch((error) => { throw new Error(`${error.message}\n${said}`); });
        const { id: hum } = await rpc.call('synth.new',
            { synthdef: 'sine', controls: { freq: 700, amp: 0.1 } });
        const listener = await farfield.listen();
        await ours(Date.now() + SECONDS * 1000, had);
        const { left } = await listener.hear(1);
        const heard = [700, 1500].map((hz) => level(left, hz));
        assert.ok(heard[0] > 0.02 && heard[1] > 0.002, `both are heard: ${heard}`);
        assert.ok((await rpc.call('node.show', { id: hum })).running);
        await listener.close();
        await within('end of sclang', 60000, gone);
    } finally {
        sclang.kill('SIGTERM');
        await within('end of sclang', 10000, gone);
    }
    assert.match(said, /DONE/);
    assert.doesNotMatch(said, /WRONG|TOO LATE|FAIL/, said.slice(-2000));
    const theirs = [...said.matchAll(/HAD c(\d+) a(\d+) b(\d+) n(\d+)/g)];
    assert.ok(theirs.length > 50 && had.control.size > 0, `${theirs.length} rounds of sclang`);
    for (const [, control, audio, buffer, node] of theirs) {
        assert.ok(!had.control.has(Number(control)) && !had.audio.has(Number(audio)));
        assert.ok(!had.buffer.has(Number(buffer)) && !had.node.has(Number(node)));
    }
});
