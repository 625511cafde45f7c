// SPDX-License-Identifier: MIT
// transports.js SECONDS: takes the events of ws101-server for so long over five transports at once: polling
// twice a second on a kept connection, the same on a new connection each time, long polling, server-sent
// events, WebSocket. What each delivered goes to the log, with the number of the event.
'use strict';
const http = require('http');
const { write, connect, pause } = require('./oracle');

const seconds = Number(process.argv[2]);
const PORT = 8101;
let over = false;
const inFlight = new Set();

function tell(port, transport, text) {
    for (const { number, value } of [].concat(JSON.parse(text))) {
        write({ port, by: 'client', event: 'application', transport, number, value });
    }
}

// One GET; resolves with the answer's text, or null when time ran out before it came.
function get(path, agent, transport) {
    return new Promise((resolve) => {
        const request = http.get({ port: PORT, host: '127.0.0.1', path, agent }, (response) => {
            const port = response.socket.localPort;
            let text = '';
            response.setEncoding('utf8');
            response.on('data', (more) => { text += more; });
            response.on('end', () => {
                inFlight.delete(request);
                write({ port, by: 'client', event: 'request', method: 'GET', target: path,
                    status: response.statusCode, length: Buffer.byteLength(text) });
                tell(port, transport, text);
                resolve(text);
            });
        });
        inFlight.add(request);
        request.on('error', () => resolve(null));
    });
}

const lastOf = (text, before) => JSON.parse(text).reduce((_, { number }) => number, before);

async function poll(keepAlive, transport) {
    const agent = new http.Agent({ keepAlive, maxSockets: 1 });
    for (let after = 0; !over; await pause(500)) {
        const text = await get('/poll?after=' + after, agent, transport);
        if (text === null) break;
        after = lastOf(text, after);
    }
    agent.destroy();
}

async function longPoll() {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let after = 0; !over;) {
        const text = await get('/long?after=' + after, agent, 'long');
        if (text === null) break;
        after = lastOf(text, after);
    }
    agent.destroy();
}

function stream() {
    return new Promise((resolve) => {
        const target = { port: PORT, host: '127.0.0.1', path: '/events', headers: { Accept: 'text/event-stream' } };
        const request = http.get(target, (response) => {
            const port = response.socket.localPort;
            let text = '';
            response.setEncoding('utf8');
            response.on('data', (more) => {
                const parts = (text + more).split('\n\n');
                text = parts.pop();
                for (const part of parts) {
                    const data = part.split('\n').find((line) => line.startsWith('data: '));
                    if (data) tell(port, 'sse', data.slice(6));
                }
            });
            response.on('error', () => {});
        });
        inFlight.add(request);
        request.on('error', () => {});
        request.on('close', resolve);
    });
}

async function webSocket() {
    const client = await connect(`ws://127.0.0.1:${PORT}/feed`, [], { perMessageDeflate: false });
    const port = client._socket.localPort;
    client.on('message', (data) => tell(port, 'websocket', data.toString()));
    while (!over) await pause(50);
    client.close(1000, 'time is up');
    await new Promise((resolve) => client.once('close', resolve));
}

setTimeout(() => {
    over = true;
    for (const request of inFlight) if (!request.path.startsWith('/poll')) request.destroy();
}, seconds * 1000);
Promise.all([poll(true, 'poll'), poll(false, 'poll-close'), longPoll(), stream(), webSocket()]);
