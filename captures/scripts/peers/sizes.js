// SPDX-License-Identifier: MIT
// Messages at the edges of the three forms of a frame's length, both ways, between node ws and itself; the
// last ones fill many segments.
'use strict';
const WebSocket = require('ws');
const { watch, connect, next, pause } = require('./oracle');

const server = new WebSocket.Server({ port: 8080, host: '127.0.0.1' });
server.on('connection', (socket, request) => {
    watch(socket, 'server', request.socket.remotePort, request.url);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
});

server.on('listening', async () => {
    const client = await connect('ws://127.0.0.1:8080/sizes');
    for (const size of [0, 1, 125, 126, 127, 65535, 65536]) {
        client.send(Buffer.from(Array.from({ length: size }, (_, n) => n * 7)));
        await next(client);
        if (size <= 125) {
            client.ping('p'.repeat(size));
            await next(client, 'pong');
        }
    }
    client.close(1000);
    await next(client, 'close');
    await pause(50);
    process.exit(0);
});
