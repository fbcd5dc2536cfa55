// SPDX-License-Identifier: GPL-3.0-or-later
// follow.mjs [ADDRESS]: tells what others play, until Ctrl-C, whatever becomes of the connection.
import { connect } from 'farfield';

const [base = 'http://127.0.0.1:8080'] = process.argv.slice(2);
const farfield = connect(base);
farfield.on('connection', (state) => console.log(`connection: ${state}`));
farfield.watch('nodes', (nodes, change) => {
    if (!change) console.log(`${nodes.size} nodes`);
});
farfield.on('node.started', ({ node }) => console.log(`+ ${node.synthdef ?? node.kind} ${node.id}`));
farfield.on('node.changed', ({ node }) => {
    console.log(`  ${node.id} ${JSON.stringify(node.controls)}`);
});
farfield.on('node.ended', ({ id }) => console.log(`- ${id}`));
process.on('SIGINT', () => farfield.close()); // nothing is left then, and the program ends
