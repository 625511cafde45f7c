// SPDX-License-Identifier: MIT
// What becomes of subprotocols, one connection each, between node ws and itself: the path names the case.
'use strict';
const WebSocket = require('ws');
const { watch, connect, next, pause } = require('./oracle');

// What the client offers, what the server answers.
const cases = {
    'agreed': { offer: ['graphql-transport-ws'], answer: 'graphql-transport-ws' },
    'second-of-three': {
        offer: ['v3.chat.example', 'v2.chat.example', 'v1.chat.example'],
        answer: 'v2.chat.example',
    },
    'none-offered': { offer: [], answer: false },
    'offered-and-none-taken': { offer: ['mqtt'], answer: false },
    'answer-was-not-offered': { offer: ['mqtt'], answer: 'stomp' },
    'answer-without-an-offer': { offer: [], answer: false, forced: 'wamp.2.json' },
};

const server = new WebSocket.Server({
    port: 8080,
    host: '127.0.0.1',
    handleProtocols: (offered, request) => cases[request.url.slice(1)].answer,
});
server.on('headers', (headers, request) => {
    const { forced } = cases[request.url.slice(1)];
    if (forced) headers.push('Sec-WebSocket-Protocol: ' + forced);
});
server.on('connection', (socket, request) => {
    watch(socket, 'server', request.socket.remotePort, request.url);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
});

server.on('listening', async () => {
    for (const [name, { offer }] of Object.entries(cases)) {
        const client = await connect('ws://127.0.0.1:8080/' + name, offer);
        if (client && client.readyState === 1) {
            client.send(JSON.stringify({ type: 'connection_init', case: name }));
            await next(client);
            client.send(Buffer.from([0xde, 0xad, 0xbe, 0xef]));
            await next(client);
            client.close(1000);
            await next(client, 'close');
        }
        await pause(30);
    }
    process.exit(0);
});
