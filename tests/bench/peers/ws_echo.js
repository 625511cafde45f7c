// SPDX-License-Identifier: MIT
// An echo server with node's ws, without compression.
const { WebSocketServer } = require("ws");
const port = Number(process.argv[2]);
const server = new WebSocketServer({ host: "127.0.0.1", port, perMessageDeflate: false });
server.on("connection", socket => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
