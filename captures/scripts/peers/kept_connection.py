#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""On one TCP connection to Tornado: a page, an upgrade refused for its version, the page again, and an
upgrade that is accepted, its first frame in the same segment as the request."""
import asyncio
import hashlib

import tornado_peers
from oracle import describe, write

HOST = "Host: 127.0.0.1:8888\r\n"
UPGRADE = "GET /plain HTTP/1.1\r\n" + HOST + (
    "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\nSec-WebSocket-Version: {}\r\n\r\n")


def frame(opcode, payload):
    mask = hashlib.sha256(payload).digest()[:4]
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked


async def answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line[15:]))
    return int(head.split()[1])


async def main():
    tornado_peers.listen()
    reader, writer = await asyncio.open_connection("127.0.0.1", 8888)
    port = writer.get_extra_info("sockname")[1]
    page = "GET / HTTP/1.1\r\n" + HOST + "\r\n"
    statuses = []
    for request in page, UPGRADE.format(6), page:
        writer.write(request.encode())
        statuses.append(await answer(reader))
    write(port=port, by="client", event="refused", path="/plain", status=statuses[1])
    write(port=port, by="client", event="sent", dir="c2s", frames=1, **describe("early"))
    write(port=port, by="client", event="sent", dir="c2s", frames=1, **describe("later"))
    writer.write(UPGRADE.format(13).encode() + frame(1, b"early"))
    statuses.append(await answer(reader))
    writer.write(frame(1, b"later"))
    await reader.readexactly(14)
    writer.write(frame(8, b"\x03\xe8"))
    await reader.read()
    writer.close()
    assert statuses == [200, 426, 200, 101], statuses
    await asyncio.sleep(0.2)


asyncio.run(main())
