// SPDX-License-Identifier: MIT
// mqtt_bridge.js: WebSocket with the subprotocol mqtt on port 9001, each connection carried on to an MQTT
// broker on port 1883. After a second it pings its client.
'use strict';
const net = require('net');
const WebSocket = require('ws');
const { watch } = require('./oracle');

const server = new WebSocket.Server({ port: 9001, host: '127.0.0.1' });
server.on('connection', (socket, request) => {
    watch(socket, 'server', request.socket.remotePort, request.url);
    const broker = net.connect(1883, '127.0.0.1');
    socket.on('message', (data) => broker.write(data));
    broker.on('data', (data) => { if (socket.readyState === 1) socket.send(data); });
    socket.on('close', () => broker.end());
    broker.on('close', () => socket.close());
    const timer = setTimeout(() => socket.ping('bridge'), 1000);
    socket.on('close', () => clearTimeout(timer));
});
