// SPDX-License-Identifier: MIT
// node's ws against the reference server: node client_test.js ws://HOST:PORT
const assert = require("assert");
const WebSocket = require("ws");
const address = process.argv[2];

function open(path, options = {}) {
  const socket = new WebSocket(address + path, options.protocols ?? [], options);
  const messages = [], waiting = [];
  socket.on("message", (data, binary) => {
    const message = binary ? data : data.toString();
    waiting.length ? waiting.shift()(message) : messages.push(message);
  });
  socket.next = () => messages.length ? messages.shift() : new Promise(resolve => waiting.push(resolve));
  socket.closed = new Promise(resolve => socket.on("close", code => resolve(code)));
  return new Promise((resolve, reject) => {
    socket.on("open", () => resolve(socket));
    socket.on("unexpected-response", (_, response) => reject(response.statusCode));
    socket.on("error", reject);
  });
}

async function echoes(perMessageDeflate) {
  const socket = await open("/echo", { perMessageDeflate, protocols: ["x", "echo"] });
  assert.equal(socket.protocol, "echo");
  assert.equal(socket.extensions, perMessageDeflate ? "permessage-deflate" : "");
  for (const text of ["Hello", "", "ü".repeat(70000), "x".repeat(500000), "Hello"]) {
    socket.send(text);
    assert.equal(await socket.next(), text);
  }
  const bytes = Buffer.from(Array.from({ length: 100000 }, (_, i) => i * 7919 % 256));
  socket.send(bytes);
  assert.deepEqual(await socket.next(), bytes);
  socket.send("in ", { fin: false });
  socket.send("pieces");
  assert.equal(await socket.next(), "in pieces");
  const pong = new Promise(resolve => socket.on("pong", data => resolve(data.toString())));
  socket.ping("ping");
  assert.equal(await pong, "ping");
  socket.close(4001, "done");
  assert.equal(await socket.closed, 4001);
}

(async () => {
  await echoes(false);
  await echoes(true);
  const feed = await open("/feed");
  const first = JSON.parse(await feed.next()), second = JSON.parse(await feed.next());
  assert.equal(second.number, first.number + 1);
  feed.close();
  await feed.closed;
  const big = await open("/echo", { perMessageDeflate: false });
  big.send(Buffer.alloc(2 << 20));
  assert.equal(await big.closed, 1009);
  await assert.rejects(open("/echo", { origin: "http://evil.example" }), code => code === 403);
  await assert.rejects(open("/nothing"), code => code === 404);
  process.exit(0);
})().catch(error => { console.error(error); process.exit(1); });
