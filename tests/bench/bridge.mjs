// SPDX-License-Identifier: GPL-3.0-or-later
// The peer: what one writes in an evening, a WebSocket-to-OSC bridge with `ws` and `osc`. Each
// message is a JSON {id, controls}; each leaves as one /n_set.
import { createSocket } from 'node:dgram';
import osc from 'osc';
import { WebSocketServer } from 'ws';

const [scsynthPort] = process.argv.slice(2).map(Number);
const udp = createSocket('udp4');
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
    console.log(server.address().port);
});
server.on('connection', (socket) => {
    socket.on('message', (data) => {
        const { method, params } = JSON.parse(data);
        if (method !== 'node.set') {
            socket.send(JSON.stringify({ result: {} }));
            return;
        }
        const args = [{ type: 'i', value: params.id }];
        for (const [name, value] of Object.entries(params.controls)) {
            args.push({ type: 's', value: name }, { type: 'f', value });
        }
        udp.send(osc.writePacket({ address: '/n_set', args }, { metadata: true }), scsynthPort,
            '127.0.0.1');
    });
});
