// SPDX-License-Identifier: MIT
// Every way in which a WebSocket connection ends, one connection each, between node ws and itself. The path
// names the ending. Where a rule has to be broken, the bytes are written past the library.
'use strict';
const WebSocket = require('ws');
const { write, describe, watch, connect, next, pause } = require('./oracle');

// Bytes of the application's own making, straight to TCP; logged when they are a message that the wire shows.
function smuggle(client, port, bytes, kind, payload) {
    if (kind) write({ port, by: 'client', event: 'sent', dir: 'c2s', kind, frames: 1, ...describe(payload) });
    client._socket.write(Buffer.from(bytes));
}

const MASK = [0, 0, 0, 0];                                          // allowed, and leaves the bytes legible

const NO_TEXT = Buffer.from([0x61, 0xff, 0x62]);                    // not UTF-8

// For each ending what the server does on the message "go", and what the client does besides sending it.
const endings = {
    'client-1000': { client: (c) => c.close(1000, 'the client is done') },
    'server-1000': { server: (s) => s.close(1000, 'the server is done') },
    'server-1001': { server: (s) => s.close(1001, 'going away') },
    'server-1003': { server: (s) => s.close(1003, 'text is not for me') },
    'server-1008': { server: (s) => s.close(1008, 'against the house rules') },
    'server-1011': { server: (s) => s.close(1011, 'an error nobody expected') },
    'server-1012': { server: (s) => s.close(1012, 'back in a minute') },
    'client-3000': { client: (c) => c.close(3000, 'a registered code') },
    'client-4999': { client: (c) => c.close(4999, 'private, mit 123 Bytes: ' + '…'.repeat(33)) },
    'client-empty': { client: (c) => c.close() },
    'server-empty': { server: (s) => s.close() },
    'both-at-once': { server: (s) => s.close(1000, 'server'), client: (c) => c.close(1000, 'client') },
    'after-ping': { client: (c) => { c.ping('one last ping'); c.close(1000); } },
    'reserved-opcode-1002': { client: (c, port) => smuggle(c, port, [0x83, 0x80, ...MASK]) },
    'unmasked-1002': { client: (c, port) => smuggle(c, port, [0x81, 0x02, 0x68, 0x69], 'text', 'hi') },
    'rsv1-1002': { client: (c, port) => smuggle(c, port, [0xc1, 0x82, ...MASK, 0x68, 0x69], 'text', 'hi') },
    'fragmented-ping-1002': { client: (c, port) => smuggle(c, port, [0x09, 0x81, ...MASK, 0x70]) },
    'orphan-continuation-1002': { client: (c, port) => smuggle(c, port, [0x80, 0x81, ...MASK, 0x70]) },
    'not-utf8-1007': { client: (c, port) => smuggle(c, port, [0x81, 0x83, ...MASK, ...NO_TEXT], 'text', NO_TEXT) },
    'too-big-1009': { client: (c) => c.send('x'.repeat(70000)) },
    'server-fin': { server: (s) => s._socket.end() },
    'client-fin': { client: (c) => c._socket.end() },
    'server-destroys': { server: (s) => s.terminate() },
    'server-rst': { server: (s) => s._socket.resetAndDestroy() },
    'client-rst': { client: (c) => c._socket.resetAndDestroy() },
    'cut-inside-a-frame': {
        client: (c, port) => {
            smuggle(c, port, [0x81, 0x8a, ...MASK, 0x63, 0x75, 0x74]);
            c._socket.end();
        },
    },
};

const server = new WebSocket.Server({ port: 8080, host: '127.0.0.1', maxPayload: 65536 });
server.on('connection', (socket, request) => {
    watch(socket, 'server', request.socket.remotePort, request.url);
    const { server: act } = endings[request.url.slice(1)];
    socket.on('message', (data) => { if (act && data.toString() === 'go') act(socket); });
});

server.on('listening', async () => {
    for (const [name, { client: act }] of Object.entries(endings)) {
        const client = await connect('ws://127.0.0.1:8080/' + name);
        client.send('go');
        if (act) {
            if (name !== 'both-at-once') await pause(15);
            act(client, client._socket.localPort);
        }
        await next(client, 'close');
        await pause(15);
    }
    process.exit(0);
});
