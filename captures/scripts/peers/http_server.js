// SPDX-License-Identifier: MIT
// A small HTTP server on port 8080 with an answer of each form that HTTP/1.1 has for where a body ends.
'use strict';
const http = require('http');
const { write, pause } = require('./oracle');

const answers = {
    // A poll: usually nothing new.
    '/poll'(request, response, query) {
        const after = Number(query.get('after'));
        const body = JSON.stringify(after % 2 ? { events: [{ number: after + 1 }] } : { events: [] });
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
        response.end(body);
        return body.length;
    },
    '/length'(request, response) {
        response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 12 });
        response.end(request.method === 'HEAD' ? '' : 'twelve bytes');
        return request.method === 'HEAD' ? 0 : 12;
    },
    async '/chunked'(request, response) {
        response.writeHead(200, { 'Content-Type': 'text/plain', Trailer: 'X-Sum' });
        for (const chunk of ['one', 'twenty-two', 'x'.repeat(333)]) {
            response.write(chunk);
            await pause(20);
        }
        response.addTrailers({ 'X-Sum': '346' });
        response.end();
        return 346;
    },
    '/empty'(request, response) {
        response.writeHead(204).end();
        return 0;
    },
    '/unchanged'(request, response) {
        const fresh = request.headers['if-none-match'] === '"v1"';
        response.writeHead(fresh ? 304 : 200, { ETag: '"v1"', 'Content-Length': 9 });
        response.end(fresh ? '' : 'unchanged');
        return fresh ? 0 : 9;
    },
    async '/upload'(request, response) {
        let length = 0;
        for await (const part of request) length += part.length;
        const body = `got ${length}\n`;
        response.writeHead(201, { 'Content-Length': body.length }).end(body);
        return body.length;
    },
    // A body that ends where the connection ends.
    '/until-close'(request, response) {
        response.useChunkedEncodingByDefault = false;
        response.shouldKeepAlive = false;
        response.writeHead(200, { 'Content-Type': 'text/plain' });
        response.end('read me until the connection ends\n');
        return 34;
    },
    '/moved'(request, response) {
        response.writeHead(302, { Location: '/length', 'Content-Length': 0 }).end();
        return 0;
    },
};

async function answer(request, response) {
    const url = new URL(request.url, 'http://localhost');
    const port = request.socket.remotePort;
    const length = await (answers[url.pathname] || answers['/empty'])(request, response, url.searchParams);
    write({ port, by: 'server', event: 'request', method: request.method, target: request.url,
        status: response.statusCode, length });
}

const server = http.createServer(answer);
server.on('checkContinue', (request, response) => {
    response.writeContinue();
    answer(request, response);
});
server.listen(8080, '127.0.0.1');
