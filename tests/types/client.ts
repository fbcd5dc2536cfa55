// SPDX-License-Identifier: GPL-3.0-or-later
// What the client library's types let through, and what they do not: compiled by
// client_types.test.mjs, never run.
import { CallError, connect } from '../../web/client/farfield.js';
import type { AudioStats, Buffer, Node, Status, Synthdef } from '../../web/client/farfield.js';

const farfield = connect('http://127.0.0.1:8080', { key: 'secret', name: 'types' });
const { synth, node, buffer, synthdef, recording, server, bundle } = farfield.commands;

// --- commands ---
const made: Node = await synth.new({ synthdef: 'sine', controls: { freq: 440, amps: [0.1, 0.2] } });
await node.set({ id: made.id, controls: { freq: 660 } }, { timeout: 2 });
const status: Status = await server.status();
const again: Node = await farfield.call('synth.new', { synthdef: 'sine' },
    { signal: AbortSignal.timeout(9) });
const defs: Synthdef[] = (await synthdef.add({ data: new Uint8Array(4) })).synthdefs;
const loaded: Buffer = await buffer.new({ name: 'kick', data: new Blob([]) });
const silent: Buffer = await buffer.new({ frames: 1024 });
const bytes: ArrayBuffer = await (await recording.audio({ id: 'x' })).arrayBuffer();
await bundle.send({ in: 1, commands: [{ method: 'synth.new', params: { synthdef: 'bell' } }] });
const address: string = farfield.url('recording.audio', { id: 'x' });

// @ts-expect-error: a SynthDef is needed
synth.new({});
// @ts-expect-error: it is not called so
synth.new({ synthdef: 'sine', control: {} });
// @ts-expect-error: a number is none of these
synth.new({ synthdef: 'sine', action: 3 });
// @ts-expect-error: there is no such command
synth.nwe({ synthdef: 'sine' });
// @ts-expect-error: nor here
farfield.call('synth.nwe', {});
// @ts-expect-error: parameters are needed
node.set();
// @ts-expect-error: a node has no such member
made.frequency;
// @ts-expect-error: bytes are needed
synthdef.add({});

// --- errors ---
try {
    await server.panic();
} catch (error) {
    if (error instanceof CallError && error.kind === 'refused') {
        const fields: string[] = error.errors.map(({ field, detail }) => `${field} ${detail}`);
        console.log(error.status + 1, fields, error.method);
        // @ts-expect-error: no such kind
        if (error.kind === 'lost') console.log();
    }
}

// --- events ---
const stop: () => void = farfield.on('node.started', ({ node: started, by, client, time }) => {
    console.log(started.synthdef, by?.length, client === farfield.client, time.toFixed());
});
stop();
farfield.rename('types again');
farfield.on('nodes', (params, event) => console.log(params.node, event.length));
for await (const { params } of farfield.events('node.ended')) console.log(params.id.toFixed());
farfield.on('connection', (state) => state === 'open');
farfield.on('meter', ({ peak: [left, right] }) => left + right);
// @ts-expect-error: no such event
farfield.on('node.strated', () => {});
// @ts-expect-error: nodes have no name "note"
farfield.on('node.started', ({ note }) => note);

// --- what the server knows ---
farfield.watch('buffers', (buffers, change) => {
    const one: Buffer | undefined = buffers.get(3);
    const was: Buffer | undefined = change?.before;
    const key: number | undefined = change?.key;
    return [one, was, key];
});
farfield.watch('server', (now) => now?.cpu.average.toFixed());
farfield.watch('log', (lines, change) => [lines.at(-1)?.message, change?.value?.level]);
const known: Map<number, Node> = farfield.nodes;
// @ts-expect-error: no such kind
farfield.watch('knobs', () => {});

// --- listening ---
const listening = farfield.listen('main', { onsamples: ({ left, rate }) => left.length / rate });
listening.mode = 'lowest';
listening.start();
const stats: AudioStats | null = listening.getAudioStats();
console.log(stats?.bitrate?.toFixed(), stats?.delay?.toFixed(3), stats?.kind === 'webrtc');
listening.output.volume = 0.5;
const [left]: number[] = listening.output.level().peak;
console.log(left, listening.output.tap?.numberOfOutputs);
const heard = farfield.heard(listening);
if (heard.hears(1000)) heard.stop();
// @ts-expect-error: it is of a listening
farfield.heard();
// @ts-expect-error: no such mode
listening.mode = 'fast';
await listening.stop();
farfield.close();

export { address, again, bytes, defs, known, loaded, silent, status };
