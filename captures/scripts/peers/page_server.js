// SPDX-License-Identifier: MIT
// page_server.js ADDRESS: a page over HTTP and a chat over WebSocket on port 8080, for a browser. Below
// /chat/ the chat is not compressed, below /deflate/ it is. Port 8099, which is not recorded, takes what
// the page has to report.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');
const WebSocket = require('ws');
const { write, watch } = require('./oracle');

const [address] = process.argv.slice(2);

const server = http.createServer((request, response) => {
    const [target] = request.url.split('?');
    const page = fs.readFileSync(path.join(__dirname, 'page.html'));
    const [status, type, body] = {
        '/': [200, 'text/html; charset=utf-8', page],
        '/news': [200, 'application/json', JSON.stringify({ news: [], url: request.url })],
    }[target] || [404, 'text/plain', 'no such page\n'];
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
    write({ port: request.socket.remotePort, by: 'server', event: 'request', method: request.method,
        target: request.url, status, length: Buffer.byteLength(body) });
});

const chats = {
    chat: new WebSocket.Server({ noServer: true }),
    deflate: new WebSocket.Server({ noServer: true, perMessageDeflate: { threshold: 0 } }),
};

server.on('upgrade', (request, socket, head) => {
    const sockets = chats[request.url.split('/')[1]];
    if (!sockets) {
        write({ port: socket.remotePort, by: 'server', event: 'refused', path: request.url, status: 403 });
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n' +
            'Connection: close\r\n\r\nnot for you :(');
        return;
    }
    sockets.handleUpgrade(request, socket, head, (chat) => converse(chat, request));
});

// What the chat says to JSON of some type; it repeats everything else.
const replies = {
    join: ({ name }) => ({ type: 'welcome', name, people: ['Lin 林', 'Grace'] }),
    say: ({ text }) => ({ type: 'said', from: 'Lin 林', text: `Really? ${text} 😀` }),
    price: ({ symbol, number }) => ({ type: 'price', symbol, number,
        bid: 100 + number / 8, ask: 101 + number / 8 }),
};

function reply(text) {
    try {
        const asked = JSON.parse(text);
        return JSON.stringify(replies[asked.type](asked));
    } catch {
        return text;
    }
}

function converse(chat, request) {
    watch(chat, 'server', request.socket.remotePort, request.url);
    const commands = {
        '/fragments'() {
            for (const part of ['One message ', 'in four ', 'fragments, 四']) chat.send(part, { fin: false });
            chat.send('.', { fin: true });
        },
        '/ping'() {
            chat.ping('are you there?');
            chat.once('pong', () => chat.send('your pong came back'));
        },
        '/away'() { chat.close(1001, 'restarting'); },
        '/drop'() { chat.terminate(); },
    };
    chat.on('message', (data, binary) => {
        const command = commands[data.toString()];
        if (command) command();
        else chat.send(binary ? data : reply(data.toString()));
    });
}

server.listen(8080, address);

http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (more) => { body += more; });
    request.on('end', () => {
        for (const { base64, ...line } of JSON.parse(body)) {
            if (base64 !== undefined) {
                line.sha256 = crypto.createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex');
            }
            write(line);
        }
        write({ event: 'page-done' });
        response.end();
    });
}).listen(8099, address);
