#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Python's websockets against the reference server: client_test.py ws://HOST:PORT"""
import asyncio
import json
import os
import sys

import websockets


async def echoes(address, compression):
    async with websockets.connect(address + "/echo", compression=compression,
                                  subprotocols=["x", "echo"]) as socket:
        assert socket.subprotocol == "echo"
        assert bool(socket.extensions) == bool(compression)
        for message in "Hello", "", "ü" * 70000, "x" * 500000, os.urandom(100000), b"", "Hello":
            await socket.send(message)
            assert await socket.recv() == message
        await socket.send(["in ", "three ", "pieces"])
        assert await socket.recv() == "in three pieces"
        await asyncio.wait_for(await socket.ping(b"ping"), 5)
        await socket.close(4001, "done")
        assert socket.close_code == 4001


async def refused(address, status, **options):
    try:
        await websockets.connect(address, **options)
    except websockets.InvalidStatusCode as refusal:
        assert refusal.status_code == status
    else:
        raise AssertionError("was not refused")


async def main(address):
    await echoes(address, None)
    await echoes(address, "deflate")
    async with websockets.connect(address + "/feed") as feed:
        first, second = json.loads(await feed.recv()), json.loads(await feed.recv())
        assert second["number"] == first["number"] + 1
    async with websockets.connect(address + "/echo", compression=None) as socket:
        await socket.send(bytes(2 << 20))
        await socket.wait_closed()
        assert socket.close_code == 1009
    await refused(address + "/echo", 403, origin="http://evil.example")
    await refused(address + "/nothing", 404)


asyncio.run(main(sys.argv[1]))
