// SPDX-License-Identifier: GPL-3.0-or-later
// record.mjs FILE [ADDRESS]: records two seconds of the room to a WAV file.
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'farfield';

const [file, base = 'http://127.0.0.1:8080'] = process.argv.slice(2);
const farfield = connect(base);
await farfield.ready();
const { recording } = farfield.commands;

const { id } = await recording.start({ room: 'main', format: 'wav' });
await sleep(2000);
const { seconds } = await recording.stop({ id });
const sound = await recording.audio({ id }); // a Response, as fetch() gives it
await writeFile(file, Buffer.from(await sound.arrayBuffer()));
await recording.delete({ id });
console.log(`${seconds} s in ${file}`);
farfield.close();
