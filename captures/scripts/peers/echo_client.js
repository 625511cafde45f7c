// SPDX-License-Identifier: MIT
// echo_client.js URL [idle]: says three things to an echo server and closes; with "idle" it says nothing
// more and waits until someone else ends the connection.
'use strict';
const { connect, next } = require('./oracle');

(async () => {
    const [url, idle] = process.argv.slice(2);
    const client = await connect(url);
    if (!client) return;
    for (const text of ['first', '{"second":2}', 'troisième']) {
        client.send(text);
        await next(client);
    }
    if (!idle) client.close(1000, 'that was all');
    await next(client, 'close');
})();
