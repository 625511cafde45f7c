// SPDX-License-Identifier: MIT
// The handshake that an article prints as its sample: a key with a slip of the pen in it ("the sampue
// nonce"), and the Accept that belongs to RFC 6455's key ("the sample nonce"). The client is node ws, made
// to draw that key.
'use strict';
const crypto = require('crypto');
const http = require('http');

const KEY = 'dGhlIHNhbXB1ZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const { randomBytes } = crypto;
crypto.randomBytes = (size, ...rest) => size === 16 ? Buffer.from(KEY, 'base64') : randomBytes(size, ...rest);
const { connect, pause } = require('./oracle');

const server = http.createServer();
server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`);
});

server.listen(8080, '127.0.0.1', async () => {
    await connect('ws://127.0.0.1:8080/chat');
    await pause(50);
    process.exit(0);
});
