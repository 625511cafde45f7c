// SPDX-License-Identifier: MIT
// torrent.js [trickle]: a server of node ws that sends one long message after the other to a client that
// only listens; it prints "now" after the client has heard the third, and ends after sixty. With "trickle"
// TCP carries 600 bytes every two milliseconds, so that most segments begin in the middle of a frame.
'use strict';
const WebSocket = require('ws');
const { watch, connect, pause } = require('./oracle');

// What is written to this TCP socket from now on leaves it in small pieces, evenly.
function trickle(tcp) {
    const write = tcp.write;
    let waiting = Buffer.alloc(0);
    tcp.setNoDelay(true);
    tcp.write = (data, ...rest) => {
        waiting = Buffer.concat([waiting, Buffer.from(data)]);
        const done = rest.find((argument) => typeof argument === 'function');
        if (done) done();
        return true;
    };
    const timer = setInterval(() => {
        if (waiting.length) write.call(tcp, waiting.subarray(0, 600));
        waiting = waiting.subarray(600);
    }, 2);
    tcp.on('close', () => clearInterval(timer));
}

const server = new WebSocket.Server({ port: 8080, host: '127.0.0.1' });
server.on('connection', async (socket, request) => {
    watch(socket, 'server', request.socket.remotePort, request.url);
    const pieces = process.argv[2] === 'trickle';
    if (pieces) trickle(socket._socket);
    for (let n = 1; n <= 60; n++) {
        socket.send(`page ${n}: ` + 'lorem ipsum '.repeat(120));
        if (!pieces) await pause(5);
    }
    socket.close(1000, 'the end');
});

server.on('listening', async () => {
    const client = await connect('ws://127.0.0.1:8080/torrent');
    let heard = 0;
    client.on('message', () => { if (++heard === 3) console.log('now'); });
    client.on('close', async () => {
        await pause(50);
        process.exit(0);
    });
});
