// SPDX-License-Identifier: MIT
// faulty_client.js URL: says one thing as it should, and then sends a frame without a mask (RFC 6455 5.1).
'use strict';
const { write, describe, connect, next } = require('./oracle');

(async () => {
    const client = await connect(process.argv[2]);
    const port = client._socket.localPort;
    client.send('this frame is masked');
    await next(client);
    const text = 'and this one is not';
    write({ port, by: 'client', event: 'sent', dir: 'c2s', kind: 'text', frames: 1, ...describe(text) });
    client._socket.write(Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]));
    await next(client, 'close');
})();
