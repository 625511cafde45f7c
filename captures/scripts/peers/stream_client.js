// SPDX-License-Identifier: MIT
// stream_client.js URL: sends forty messages of growing sizes without waiting for their echoes, which it
// awaits.
'use strict';
const { connect, next, pause } = require('./oracle');

(async () => {
    const client = await connect(process.argv[2]);
    let heard = 0;
    client.on('message', () => { heard++; });
    for (let n = 1; n <= 40; n++) {
        client.send(`message ${n} `.repeat(n * n % 97 + 1));
        await pause(10);
    }
    while (heard < 40) await pause(10);
    client.close(1000, 'all heard');
    await next(client, 'close');
})();
