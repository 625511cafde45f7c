// SPDX-License-Identifier: MIT
// socketio.js SCENARIO: socket.io, server and client, or a plain WebSocket client against its server.
// Besides the frames of the WebSocket and the HTTP requests below it, the log has the events that the
// applications saw.
'use strict';
const http = require('http');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');
const { write, watch, connect, next, pause } = require('./oracle');

// The ws server inside Engine.IO, each of its sockets watched.
class WatchedServer extends require(require.resolve('ws', { paths: [require.resolve('engine.io')] })).Server {
    handleUpgrade(request, socket, head, done) {
        super.handleUpgrade(request, socket, head, (webSocket) =>
            done(watch(webSocket, 'server', request.socket.remotePort, request.url.split('?')[0])));
    }
}

const server = http.createServer();
const application = new Server(server, { wsEngine: WatchedServer, pingInterval: 700, pingTimeout: 2000 });
server.on('request', (request, response) => {
    response.on('finish', () => write({ port: request.socket.remotePort, by: 'server', event: 'request',
        method: request.method, target: request.url.split('?')[0], status: response.statusCode }));
});

const saw = (by, namespace, name, ...values) => write({ by, event: 'application', namespace, name,
    values: values.map((value) => Buffer.isBuffer(value) ? { binary: value.toString('hex') } : value) });

application.of('/').on('connection', (socket) => {
    saw('server', '/', 'connection');
    socket.on('question', (text, answer) => {
        saw('server', '/', 'question', text);
        answer('answer to ' + text);
    });
    socket.on('disconnect', (why) => saw('server', '/', 'disconnect', why));
});
application.of('/admin').on('connection', (socket) => {
    saw('server', '/admin', 'connection');
    socket.on('upload', (name, data) => {
        saw('server', '/admin', 'upload', name, data);
        socket.emit('stored', name, Buffer.from([...data].reverse()));
    });
});

function ask(socket, name, ...values) {
    return new Promise((resolve) => socket.emit(name, ...values, resolve));
}

async function converse(transports) {
    const root = io('http://127.0.0.1:3000/', { transports, reconnection: false });
    const admin = io('http://127.0.0.1:3000/admin', { transports, reconnection: false });
    admin.on('stored', (name, data) => saw('client', '/admin', 'stored', name, data));
    root.on('disconnect', (why) => saw('client', '/', 'disconnect', why));
    await next(root, 'connect');
    saw('client', '/', 'answer', await ask(root, 'question', 'early'));
    await pause(400);                                            // the upgrade, where there is one
    saw('client', '/', 'answer', await ask(root, 'question', 'late, 終'));
    admin.emit('upload', 'a file', Buffer.from([1, 2, 3, 250]));
    await next(admin, 'stored');
    await pause(1200);                                           // a ping of Engine.IO
    admin.disconnect();
    root.disconnect();
    await pause(300);
}

// A WebSocket client that knows nothing of socket.io: first at a path of its own, then at Engine.IO's,
// where its first word is not one of Engine.IO's packets.
async function plain() {
    await connect('ws://127.0.0.1:3000/chat');
    const client = await connect('ws://127.0.0.1:3000/socket.io/?EIO=4&transport=websocket');
    client.send('Hello?');
    await next(client, 'close');
    await pause(100);
}

const scenarios = {
    upgrade: () => converse(['polling', 'websocket']),
    polling: () => converse(['polling']),
    plain,
};

server.listen(3000, '127.0.0.1', async () => {
    await scenarios[process.argv[2]]();
    process.exit(0);
});
