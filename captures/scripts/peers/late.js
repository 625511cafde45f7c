// SPDX-License-Identifier: MIT
// late.js [deflate]: a conversation of node ws with itself that prints "now" in its middle and goes on
// after a line on its standard input: for a recorder that comes late.
'use strict';
const WebSocket = require('ws');
const { watch, connect, next, pause } = require('./oracle');

const compression = process.argv[2] === 'deflate' && { threshold: 0 };
const news = (n) => JSON.stringify({
    event: 'news', number: n, headline: 'nothing has happened', again: 'nothing has happened' });

const server = new WebSocket.Server({ port: 8080, host: '127.0.0.1', perMessageDeflate: compression });
server.on('connection', (socket, request) => {
    watch(socket, 'server', request.socket.remotePort, request.url);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
});

server.on('listening', async () => {
    const client = await connect('ws://127.0.0.1:8080/late');
    for (let n = 1; n <= 3; n++) {
        client.send(news(n));
        await next(client);
    }
    console.log('now');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    for (let n = 4; n <= 9; n++) {
        client.send(news(n));
        await next(client);
    }
    client.ping('still there?');
    await next(client, 'pong');
    client.send('y'.repeat(500));
    await next(client);
    client.close(1000, 'late');
    await next(client, 'close');
    await pause(50);
    process.exit(0);
});
