// SPDX-License-Identifier: GPL-3.0-or-later
// A server that a test speaks for: what a client does when the other side says too little, too much
// or nonsense.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

// `answer(call, socket)` gives the result of {id, method, params}, or undefined to stay silent;
// `onask()`, awaited before the server says where it is, throws where it says nothing of use.
export async function startScripted({ answer = () => ({}), about = {}, port = 0,
    onask = () => {} } = {}) {
    const calls = []; // all that came
    const sockets = new Set();
    const http = createServer(async (request, response) => {
        const { port: own } = http.address();
        try {
            await onask();
        } catch {
            response.writeHead(500).end();
            return;
        }
        response.setHeader('content-type', 'application/json');
        response.end(typeof about === 'string' ? about : JSON.stringify({
            websocket: `ws://127.0.0.1:${own}/`, key_required: false, ...about }));
    });
    const server = new WebSocketServer({ server: http });
    server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('message', async (data) => {
            const call = JSON.parse(data);
            calls.push(call);
            const result = await answer(call, socket);
            if (result === undefined) return;
            socket.send(JSON.stringify({ jsonrpc: '2.0', id: call.id, result }));
        });
    });
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    return {
        calls,
        sockets,
        base: `http://127.0.0.1:${http.address().port}`,
        port: http.address().port,
        // Sends this text to all.
        say: (text) => sockets.forEach((socket) => socket.send(text)),
        tell: (method, params) => sockets.forEach((socket) =>
            socket.send(JSON.stringify({ jsonrpc: '2.0', method, params }))),
        drop: () => sockets.forEach((socket) => socket.terminate()),
        async stop() {
            sockets.forEach((socket) => socket.terminate());
            server.close();
            http.closeAllConnections();
            http.close();
            await once(http, 'close');
        },
    };
}
