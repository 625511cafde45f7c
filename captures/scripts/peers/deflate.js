// SPDX-License-Identifier: MIT
// deflate.js VARIANT: one connection of node ws with itself under permessage-deflate. Repetitive texts go
// both ways, so that with context takeover every message after the first leans on those before it.
'use strict';
const WebSocket = require('ws');
const { watch, connect, next, pause } = require('./oracle');

const variants = {
    'takeover': {},
    'server-no-takeover': { server: { serverNoContextTakeover: true } },
    'client-no-takeover': { server: { clientNoContextTakeover: true } },
    'no-takeover': { server: { serverNoContextTakeover: true, clientNoContextTakeover: true } },
    'window': {
        server: { serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
        client: { clientMaxWindowBits: true },
    },
    'threshold': { server: { threshold: 40 }, client: { threshold: 40 } },
    'fragments': {},
    'declined': { server: false },
};

const variant = process.argv[2];
const { server: serverDeflate = {}, client: clientDeflate = {} } = variants[variant];
const withThreshold = (options) => options && { threshold: 0, ...options };

const price = (n) => JSON.stringify({
    event: 'price', number: n, symbol: ['ABC', 'XYZ'][n % 2],
    bid: 100 + n / 8, ask: 100.5 + n / 8, venue: 'example' });

const server = new WebSocket.Server({
    port: 8080,
    host: '127.0.0.1',
    perMessageDeflate: withThreshold(serverDeflate),
});
server.on('connection', (socket, request) => {
    watch(socket, 'server', request.socket.remotePort, request.url);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
});

async function repetitive(client) {
    for (let n = 1; n <= 6; n++) {
        client.send(price(n));
        await next(client);
    }
    client.send('');
    await next(client);
    client.send(Buffer.alloc(2000, 7));
    await next(client);
    client.send(Array.from({ length: 60 }, (_, n) => price(n)).join('\n'));   // longer than a small window
    await next(client);
    client.send('tiny');
    await next(client);
    client.send('plain: the sender may leave a message uncompressed', { compress: false });
    await next(client);
    client.send(price(7));
    await next(client);
}

// A compressed message in four fragments, with a ping and its pong between them, twice.
async function fragmented(client) {
    for (let n = 1; n <= 2; n++) {
        client.send(price(n), { fin: false });
        await pause(20);
        client.ping('between fragments');
        await next(client, 'pong');
        client.send(price(n + 1), { fin: false });
        client.send('', { fin: false });
        client.send(' – the end, 終', { fin: true });
        await next(client);
    }
    client.send('one piece');
    await next(client);
}

server.on('listening', async () => {
    const client = await connect('ws://127.0.0.1:8080/' + variant, [],
        { perMessageDeflate: withThreshold(clientDeflate) });
    await (variant === 'fragments' ? fragmented : repetitive)(client);
    client.close(1000, 'done');
    await next(client, 'close');
    await pause(50);
    process.exit(0);
});
