// SPDX-License-Identifier: MIT
// secure.js KEY CERTIFICATE: wss, node ws with itself, once with TLS 1.3 and once with TLS 1.2.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const https = require('https');
const WebSocket = require('ws');
const { watch, connect, next, pause } = require('./oracle');

const [key, cert] = process.argv.slice(2).map((name) => fs.readFileSync(name));
// Bytes that do not compress, the same every time.
function noise(length) {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, n) =>
        crypto.createHash('sha256').update(String(n)).digest());
    return Buffer.concat(blocks).subarray(0, length);
}

const server = https.createServer({ key, cert });
new WebSocket.Server({ server, perMessageDeflate: { threshold: 0 } }).on('connection', (socket, request) => {
    watch(socket, 'server', request.socket.remotePort, request.url);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
});

server.listen(8443, '127.0.0.1', async () => {
    for (const version of ['TLSv1.3', 'TLSv1.2']) {
        const client = await connect('wss://127.0.0.1:8443/' + version, ['secret.example'], {
            ca: cert, servername: 'chat.example', minVersion: version, maxVersion: version });
        for (const data of ['a secret', '{"secret":"机密"}', Buffer.alloc(300, 1)]) {
            client.send(data);
            await next(client);
        }
        client.send(noise(20000));                                  // longer than a TLS record
        await next(client);
        client.close(4001, 'kept');
        await next(client, 'close');
        await pause(50);
    }
    process.exit(0);
});
