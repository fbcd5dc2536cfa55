// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket client that costs next to nothing: frames are masked and laid out once and written as
// they are, so that what is measured is the server.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

function frame(text) {
    const payload = Buffer.from(text);
    const mask = randomBytes(4);
    const head = payload.length < 126 ? Buffer.from([0x81, 0x80 | payload.length])
        : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255]);
    const masked = Buffer.from(payload.map((byte, i) => byte ^ mask[i & 3]));
    return Buffer.concat([head, mask, masked]);
}

async function open(port, protocol) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
        `${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}\r\n`);
    const [head] = await once(socket, 'data');
    if (!String(head).startsWith('HTTP/1.1 101')) throw new Error(`refused: ${head}`);
    return socket;
}

// Sends `texts` over and over until `count` messages have gone, then `last`, and resolves with the
// seconds from the first byte to the first byte of an answer: everything before it has been handled
// by then, since one connection is read in order.
export async function flood({ port, protocol, texts, count, last }) {
    const socket = await open(port, protocol);
    const block = Buffer.concat(texts.map(frame));
    const answered = once(socket, 'data');
    const start = process.hrtime.bigint();
    for (let sent = 0; sent < count; sent += texts.length) {
        if (!socket.write(block)) await once(socket, 'drain');
    }
    socket.write(frame(last));
    await answered;
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    socket.destroy();
    return seconds;
}
