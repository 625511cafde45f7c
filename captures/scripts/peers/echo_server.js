// SPDX-License-Identifier: MIT
// echo_server.js [ADDRESS [PORT [deflate]]]: node ws behind an ordinary HTTP server, with
// permessage-deflate if so told. /events is a stream of five server-sent events, an ordinary GET anywhere
// else is answered 426, and every WebSocket is an echo.
'use strict';
const http = require('http');
const WebSocket = require('ws');
const { write, watch, pause } = require('./oracle');

const [address = '127.0.0.1', port = '8080', compression] = process.argv.slice(2);

async function sendEvents(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    for (let n = 1; n <= 5; n++) {
        response.write(`id: ${n}\nevent: tick\ndata: {"number":${n}}\n\n`);
        await pause(300);
    }
    response.end();
}

const server = http.createServer((request, response) => {
    if (request.url === '/events') sendEvents(response);
    else response.writeHead(426, { Upgrade: 'websocket', Connection: 'Upgrade', 'Content-Length': 0 }).end();
    write({ port: request.socket.remotePort, by: 'server', event: 'request', method: request.method,
        target: request.url, status: response.statusCode });
});

const perMessageDeflate = compression === 'deflate' && { threshold: 0 };
new WebSocket.Server({ server, perMessageDeflate }).on('connection', (socket, request) => {
    watch(socket, 'server', request.socket.remotePort, request.url);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
});
server.listen(Number(port), address);
