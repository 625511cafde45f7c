// SPDX-License-Identifier: MIT
// survivor.js PATH: talks to a server that is about to die, and notes how its WebSocket ended. After three
// echoes it prints "now"; with the path /unread it sends once more after a line on its standard input.
'use strict';
const { connect, next } = require('./oracle');

(async () => {
    const path = process.argv[2];
    const client = await connect('ws://127.0.0.1:8080' + path);
    for (let n = 1; n <= 3; n++) {
        client.send('tick ' + n);
        await next(client);
    }
    console.log('now');
    if (path === '/unread') {
        await new Promise((resolve) => process.stdin.once('data', resolve));
        client.send('this arrives in a stopped process');
        setTimeout(() => console.log('sent'), 200);
    }
    await next(client, 'close');
    process.exit(0);
})();
