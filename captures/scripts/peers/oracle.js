// SPDX-License-Identifier: MIT
// What a node peer writes to the file $ORACLE: what its WebSocket told it, one JSON object per line.
'use strict';
const crypto = require('crypto');
const fs = require('fs');

function write(line) {
    fs.appendFileSync(process.env.ORACLE, JSON.stringify(line) + '\n');
}

// The payload's length in bytes, and the text itself where it is short text, else its hash.
function describe(data, binary) {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data);
    const short = !binary && bytes.length <= 120 && Buffer.from(bytes.toString()).equals(bytes);
    const body = short
        ? { text: bytes.toString() }
        : { sha256: crypto.createHash('sha256').update(bytes).digest('hex') };
    return { length: bytes.length, ...body };
}

// Logs everything that passes through `socket`, an open WebSocket of the ws package. `by` is the end that
// it stands for, `port` the TCP port of the client's end.
function watch(socket, by, port, path) {
    const [from, to] = by === 'client' ? ['s2c', 'c2s'] : ['c2s', 's2c'];
    const say = (event, more) => write({ port, by, event, ...more });
    say('open', { path, subprotocol: socket.protocol, extensions: socket.extensions });
    socket.on('message', (data, binary) =>
        say('received', { dir: from, kind: binary ? 'binary' : 'text', ...describe(data, binary) }));
    socket.on('ping', (data) => say('received', { dir: from, kind: 'ping', ...describe(data) }));
    socket.on('pong', (data) => say('received', { dir: from, kind: 'pong', ...describe(data) }));
    socket.on('error', (error) => say('error', { text: error.message }));
    socket.on('close', (code, reason) => say('closed', { code, reason: reason.toString() }));

    const { send, ping, pong, close } = socket;
    let fragments = [];
    socket.send = function (data, options, done) {
        if (typeof options === 'function') { done = options; options = undefined; }
        const binary = options && options.binary !== undefined ? options.binary : typeof data !== 'string';
        fragments.push(Buffer.from(data));
        if (!options || options.fin !== false) {
            const whole = Buffer.concat(fragments);
            say('sent', { dir: to, kind: binary ? 'binary' : 'text', frames: fragments.length,
                ...describe(whole, binary) });
            fragments = [];
        }
        return send.call(this, data, options || {}, done);
    };
    socket.ping = function (data = '', ...rest) {
        say('sent', { dir: to, kind: 'ping', ...describe(data) });
        return ping.call(this, data, ...rest);
    };
    socket.pong = function (data = '', ...rest) {
        say('sent', { dir: to, kind: 'pong', ...describe(data) });
        return pong.call(this, data, ...rest);
    };
    socket.close = function (code, reason) {
        const text = reason === undefined ? undefined : String(reason);
        if (socket.readyState === 1) say('closing', { code, reason: text });
        return close.call(this, code, reason);
    };
    return socket;
}

// A client of the ws package, watched from its opening on; resolves when open, or with null when refused.
function connect(url, protocols, options) {
    const WebSocket = require('ws');
    return new Promise((resolve) => {
        const client = new WebSocket(url, protocols, options);
        const path = new URL(url).pathname;
        let port;
        let opened = false;
        client.on('upgrade', (response) => { port = response.socket.localPort; });
        client.on('unexpected-response', (request, response) => {
            write({ port: request.socket.localPort, by: 'client', event: 'refused', path,
                status: response.statusCode });
            request.destroy();
            resolve(null);
        });
        client.on('open', () => {
            opened = true;
            resolve(watch(client, 'client', port, path));
        });
        client.on('error', (error) => {
            if (!opened) write({ port, by: 'client', event: 'error', path, text: error.message });
            resolve(null);
        });
    });
}

// Resolves with the next message (as a string) or event of this name.
function next(socket, event = 'message') {
    return new Promise((resolve) =>
        socket.once(event, (data) => resolve(data === undefined ? data : data.toString())));
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

module.exports = { write, describe, watch, connect, next, pause };
