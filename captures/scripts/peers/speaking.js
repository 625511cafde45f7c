// SPDX-License-Identifier: MIT
// speaking.js graphql | stomp | mqtt5: libraries that speak a subprotocol, client and server; for MQTT the client alone.
// The log has the frames at each end that is a ws of node, and what the applications were told.
'use strict';
const http = require('http');
const WebSocket = require('ws');
const { write, watch, pause } = require('./oracle');

const told = (by, name, ...values) => write({ by, event: 'application', name, values });

// A client's WebSocket that is watched from its opening on.
class WatchedClient extends WebSocket {
    constructor(url, protocols, options) {
        super(url, protocols, options);
        let port;
        this.on('upgrade', (response) => { port = response.socket.localPort; });
        this.prependListener('open', () => watch(this, 'client', port, new URL(url).pathname));
    }
}

function listen(server, port) {
    return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

// Queries, a subscription that ends, one that the client ends, and one whose text is wrong.
async function graphql() {
    const { GraphQLSchema, GraphQLObjectType, GraphQLString, GraphQLInt } = require('graphql');
    const { createClient } = require('graphql-ws');
    const { useServer } = require('graphql-ws/use/ws');
    const schema = new GraphQLSchema({
        query: new GraphQLObjectType({ name: 'Query', fields: {
            hello: { type: GraphQLString, args: { name: { type: GraphQLString } },
                resolve: (_, { name }) => 'Hello, ' + name },
            broken: { type: GraphQLString, resolve: () => { throw new Error('this field always fails'); } } } }),
        subscription: new GraphQLObjectType({ name: 'Subscription', fields: {
            countdown: { type: GraphQLInt, args: { from: { type: GraphQLInt } },
                subscribe: async function* (_, { from }) {
                    for (let i = from; i >= 0; i--) { yield { countdown: i }; await pause(20); }
                } } } }),
    });
    const server = http.createServer();
    const sockets = new WebSocket.Server({ server, path: '/graphql',
        handleProtocols: () => 'graphql-transport-ws' });
    sockets.on('connection', (socket, request) =>
        watch(socket, 'server', request.socket.remotePort, '/graphql'));
    useServer({ schema, onConnect: (context) => told('server', 'connect', context.connectionParams) }, sockets);
    await listen(server, 4000);
    const client = createClient({ url: 'ws://127.0.0.1:4000/graphql', webSocketImpl: WatchedClient, lazy: false,
        connectionParams: { token: 'gallery' }, generateID: (() => { let id = 0; return () => String(++id); })() });
    const run = (payload, most = Infinity) => new Promise((resolve) => {
        let seen = 0;
        const stop = client.subscribe(payload, {
            next: (value) => { told('client', 'next', value); if (++seen === most) stop(); },
            error: (errors) => { told('client', 'error', String(errors[0] ? errors[0].message : errors)); resolve(); },
            complete: () => { told('client', 'complete'); resolve(); },
        });
    });
    await run({ query: 'query Greet($name: String) { hello(name: $name) }', variables: { name: 'Köln' },
        operationName: 'Greet' });
    await run({ query: '{ broken }' });
    await run({ query: 'subscription { countdown(from: 2) }' });
    await run({ query: 'subscription { countdown(from: 50) }' }, 2);
    await run({ query: '{ nothing }' });
    await client.dispose();
    await pause(100);
    server.close();
}

// One client listens and another speaks, since this broker tells nobody what it said itself; heart-beats, an orderly end.
async function stomp() {
    const { Client } = require('@stomp/stompjs');
    const Broker = require('stomp-broker-js');
    const server = http.createServer();
    const broker = new Broker({ server, path: '/stomp', heartbeat: [300, 300] });
    broker.on('connected', (_, headers) => told('server', 'connected', headers));
    await listen(server, 61614);
    const open = (login) => new Promise((resolve) => {
        const client = new Client({ connectHeaders: { login }, reconnectDelay: 0,
            heartbeatIncoming: 300, heartbeatOutgoing: 300, onConnect: () => resolve(client),
            webSocketFactory: () => new WatchedClient('ws://127.0.0.1:61614/stomp', ['v12.stomp', 'v11.stomp']) });
        client.activate();
    });
    const listener = await open('listener');
    const speaker = await open('speaker');
    const three = new Promise((resolve) => {
        let seen = 0;
        listener.subscribe('/topic/news', (message) => {
            told('client', 'message', message.body);
            if (++seen === 3) resolve();
        });
    });
    await pause(50);
    speaker.publish({ destination: '/topic/news', body: 'first' });
    speaker.publish({ destination: '/topic/news', body: 'Straße: 終', headers: { note: 'a:b' } });
    speaker.publish({ destination: '/topic/news', body: '{"price":1.25}',
        headers: { 'content-type': 'application/json' } });
    await Promise.race([three, pause(1500)]);
    await pause(500);                                            // heart-beats
    listener.unsubscribe('sub-0');
    await listener.deactivate();
    await speaker.deactivate();
    await pause(100);
    process.exit(0);
}

// Version 5: properties, each QoS, a will, a retained message, an alias, and why the server says no.
async function mqtt5() {
    const mqtt = require('mqtt');
    const client = mqtt.connect('ws://127.0.0.1:9001/mqtt', { protocolVersion: 5, clientId: 'gallery', clean: true,
        keepalive: 1, reconnectPeriod: 0, username: 'reader', password: 'not a secret',
        properties: { sessionExpiryInterval: 60, userProperties: { made: 'for a gallery' } },
        will: { topic: 'gone', payload: 'gallery', qos: 1, properties: { willDelayInterval: 5 } },
        createWebsocket: (url, protocols) => new WatchedClient(url, protocols) });
    client.on('message', (topic, payload, packet) =>
        told('client', 'message', topic, payload.toString(), packet.qos, packet.properties || {}));
    await new Promise((resolve) => client.on('connect', resolve));
    const call = (name, ...values) => new Promise((resolve) =>
        client[name](...values, (error, result) => { told('client', name, error ? error.message : 'done'); resolve(result); }));
    await call('subscribe', { 'weather/#': { qos: 2, nl: false, rap: true } },
        { properties: { subscriptionIdentifier: 7 } });
    await call('publish', 'weather/Köln', 'Regen', { qos: 0,
        properties: { payloadFormatIndicator: true, contentType: 'text/plain', userProperties: { by: 'hand' } } });
    await call('publish', 'weather/long', 'x'.repeat(300), { qos: 1, retain: true,
        properties: { messageExpiryInterval: 30, responseTopic: 'answers', correlationData: Buffer.from([1, 2]) } });
    await call('publish', 'weather/twice', 'exactly once', { qos: 2 });
    await pause(1500);                                           // PINGREQ
    await call('unsubscribe', ['weather/#', 'never/asked']);
    await call('end', false, { reasonCode: 4 });
    await pause(100);
    process.exit(0);
}

({ graphql, stomp, mqtt5 })[process.argv[2]]();
