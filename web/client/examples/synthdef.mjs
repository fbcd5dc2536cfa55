// SPDX-License-Identifier: GPL-3.0-or-later
// synthdef.mjs FILE [ADDRESS]: uploads a .scsyndef file, and plays what is in it for a second.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError, connect } from 'farfield';

const [file, base = 'http://127.0.0.1:8080'] = process.argv.slice(2);
const farfield = connect(base);
await farfield.ready();
const { synth, synthdef, node } = farfield.commands;
try {
    const { synthdefs } = await synthdef.add({ data: await readFile(file) });
    for (const { name, parameters } of synthdefs) {
        console.log(`${name}: ${parameters.map((parameter) => parameter.name).join(', ')}`);
        const { id } = await synth.new({ synthdef: name });
        await sleep(1000);
        await node.release({ id });
    }
} catch (error) {
    if (!(error instanceof CallError)) throw error;
    console.error(`${error.status}: ${error.message}`); // 422: the file is damaged
    process.exitCode = 1;
} finally {
    farfield.close();
}
