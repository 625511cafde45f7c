// SPDX-License-Identifier: MIT
// A server on port 8080 that refuses upgrades, each path in a way of its own; /welcome is an echo. With an
// argument it also plays the client of those that need one.
'use strict';
const crypto = require('crypto');
const http = require('http');
const WebSocket = require('ws');
const { write, watch, connect, next, pause } = require('./oracle');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const accept = (key) => crypto.createHash('sha1').update(key + GUID).digest('base64');

function answer(status, fields, body = '') {
    const head = [`HTTP/1.1 ${status}`, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`)];
    return head.join('\r\n') + '\r\n\r\n' + body;
}

const refusals = {
    '/401': () => answer('401 Unauthorized', { 'WWW-Authenticate': 'Basic realm="chat"', 'Content-Length': 0 }),
    '/403': () => answer('403 Forbidden', { 'Content-Type': 'text/plain', 'Content-Length': 8 }, 'members\n'),
    '/404': () => answer('404 Not Found', { 'Content-Length': 0 }),
    '/302': () => answer('302 Found', { Location: '/welcome', 'Content-Length': 0 }),
    '/503': () => answer('503 Service Unavailable', { 'Retry-After': 1, 'Transfer-Encoding': 'chunked' },
        '4\r\nfull\r\n0\r\n\r\n'),
    '/200': () => answer('200 OK', { 'Content-Length': 5 }, 'page\n'),
    '/wrong-accept': () => answer('101 Switching Protocols',
        { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': accept('another key') }),
    '/no-accept': () => answer('101 Switching Protocols', { Upgrade: 'websocket', Connection: 'Upgrade' }),
    '/no-upgrade': (key) => answer('101 Switching Protocols',
        { Connection: 'Upgrade', 'Sec-WebSocket-Accept': accept(key) }),
    '/extension-not-offered': (key) => answer('101 Switching Protocols',
        { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': accept(key),
            'Sec-WebSocket-Extensions': 'permessage-deflate' }),
    '/silence': () => '',
};

const server = http.createServer((request, response) => response.writeHead(426, { 'Content-Length': 0 }).end());
const sockets = new WebSocket.Server({ noServer: true });
server.on('upgrade', (request, socket, head) => {
    const refuse = refusals[request.url];
    socket.on('error', () => {});
    if (refuse) {
        socket.end(refuse(request.headers['sec-websocket-key']));
        return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
        watch(webSocket, 'server', socket.remotePort, request.url);
        webSocket.on('message', (data, binary) => webSocket.send(data, { binary }));
    });
});

server.listen(8080, '127.0.0.1', async () => {
    if (!process.argv[2]) return;
    for (const path of Object.keys(refusals)) {
        await connect('ws://127.0.0.1:8080' + path, [], { perMessageDeflate: false });
        await pause(30);
    }
    const client = await connect('ws://127.0.0.1:8080/welcome');
    client.send('at last');
    await next(client);
    client.close(1000);
    await next(client, 'close');
    write({ event: 'page-done' });
});
