// SPDX-License-Identifier: GPL-3.0-or-later
// together.mjs [ADDRESS]: two clients. What one does, the other sees as it happens.
import { connect } from 'farfield';

const [base = 'http://127.0.0.1:8080'] = process.argv.slice(2);
const ann = connect(base, { name: 'Ann' });
const ben = connect(base, { name: 'Ben' });
await Promise.all([ann.ready(), ben.ready()]);

/**
 * Resolves when `accept` likes a change of what Ben knows of the nodes.
 * @param {(change: import('farfield').ChangeOf<'nodes'>) => unknown} accept
 * @returns {Promise<import('farfield').ChangeOf<'nodes'>>}
 */
const benSees = (accept) => new Promise((resolve) => {
    const stop = ben.watch('nodes', (nodes, change) => {
        if (!change || !accept(change)) return;
        stop();
        resolve(change);
    });
});

await new Promise((known) => { ben.watch('nodes', known); });
const started = benSees(({ value, before }) => value && !before);
const { id } = await ann.commands.synth.new({ synthdef: 'sine', controls: { freq: 330 } });
console.log(`Ann plays ${id}, Ben sees ${(await started).key}`);

const turned = benSees(({ key, value }) => key === id && value?.controls?.freq === 495);
await ann.commands.node.set({ id, controls: { freq: 495 } });
console.log(`Ann turns it up, Ben sees ${(await turned).value?.controls?.freq} Hz`);

const ended = benSees(({ key, value }) => key === id && !value);
await ben.commands.node.release({ id });
await ended;
console.log(`Ben ends it: ${ben.nodes.has(id) ? 'still there' : 'gone'}`);
ann.close();
ben.close();
