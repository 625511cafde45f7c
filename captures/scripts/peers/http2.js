// SPDX-License-Identifier: MIT
// WebSocket over HTTP/2 without TLS (RFC 8441): node's http2 makes the stream, node ws speaks on it at both
// ends. Beside it, on the same connection, an ordinary request.
'use strict';
const http2 = require('http2');
const WebSocket = require('ws');
const { write, watch, next, pause } = require('./oracle');

// A stream of HTTP/2 in the place of ws's TCP socket.
function webSocketOn(stream, isServer) {
    stream.setNoDelay = () => {};
    const socket = new WebSocket(null);
    socket._isServer = isServer;
    socket.setSocket(stream, Buffer.alloc(0), { maxPayload: 1 << 20, skipUTF8Validation: false });
    return socket;
}

const server = http2.createServer({ settings: { enableConnectProtocol: true } });
server.on('stream', (stream, headers) => {
    const port = stream.session.socket.remotePort;
    if (headers[':method'] !== 'CONNECT') {
        stream.respond({ ':status': 200, 'content-type': 'text/plain' });
        stream.end('an ordinary answer\n');
        write({ port, by: 'server', event: 'request', method: headers[':method'], target: headers[':path'],
            status: 200 });
        return;
    }
    stream.respond({ ':status': 200 });
    const socket = watch(webSocketOn(stream, true), 'server', port, headers[':path']);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
});

server.listen(8080, '127.0.0.1', () => {
    const session = http2.connect('http://127.0.0.1:8080');
    session.once('remoteSettings', async () => {
        const port = session.socket.localPort;
        const page = session.request({ ':path': '/' });
        page.resume();
        await new Promise((resolve) => page.on('end', resolve));
        const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat',
            'sec-websocket-version': '13' }, { endStream: false });
        await new Promise((resolve) => stream.on('response', resolve));
        const client = watch(webSocketOn(stream, false), 'client', port, '/chat');
        for (const data of ['one stream among many', '二', Buffer.from([1, 2, 3])]) {
            client.send(data);
            await next(client);
        }
        client.close(1000, 'the stream ends, the connection stays');
        await next(client, 'close');
        session.close();
        await pause(100);
        process.exit(0);
    });
});
