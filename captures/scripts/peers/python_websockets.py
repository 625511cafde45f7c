#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Client and server of Python's websockets: without compression, then with its own defaults for it."""
import asyncio

import websockets

from oracle import describe, write

MESSAGES = [
    "Hello, Python",
    '{"type": "add", "a": 17, "b": 25}',
    "Καλημέρα 🐍",
    bytes(range(256)),
    "long " * 300,
    "",
]


async def serve(socket, path):
    port = socket.remote_address[1]

    def say(event, **more):
        write(port=port, by="server", event=event, **more)

    say("open", path=path, subprotocol=socket.subprotocol or "",
        extensions=", ".join(extension.name for extension in socket.extensions))
    try:
        async for message in socket:
            say("received", dir="c2s", **describe(message))
            say("sent", dir="s2c", frames=1, **describe(message))
            await socket.send(message)
            if message == "ping me":
                say("sent", dir="s2c", **describe("server's ping", "ping"))
                await (await socket.ping("server's ping"))
                say("received", dir="c2s", **describe("server's ping", "pong"))
            if message == "end":
                await socket.close(1011, "the server has had enough")
    except websockets.ConnectionClosedError:
        pass
    await socket.wait_closed()
    say("closed", code=socket.close_code, reason=socket.close_reason)


async def converse(path, compression, last):
    async with websockets.connect("ws://127.0.0.1:8765" + path, compression=compression,
                                  subprotocols=["sum.example"]) as socket:
        port = socket.local_address[1]

        def say(event, **more):
            write(port=port, by="client", event=event, **more)

        async def say_and_hear(message):
            pieces = message if isinstance(message, list) else [message]
            whole = pieces[0][:0].join(pieces)
            say("sent", dir="c2s", frames=len(pieces) + (len(pieces) > 1), **describe(whole))
            await socket.send(message)
            answer = await socket.recv()
            say("received", dir="s2c", **describe(answer))

        say("open", path=path, subprotocol=socket.subprotocol or "",
            extensions=", ".join(extension.name for extension in socket.extensions))
        for message in MESSAGES:
            await say_and_hear(message)
        await say_and_hear(["sent in ", "three ", "pieces"])
        say("sent", dir="c2s", **describe("client's ping", "ping"))
        await (await socket.ping("client's ping"))
        say("received", dir="s2c", **describe("client's ping", "pong"))
        await say_and_hear("ping me")
        await asyncio.sleep(0.1)
        if last == "end":
            await say_and_hear("end")
        else:
            say("closing", code=1000, reason=last)
            await socket.close(1000, last)
        await socket.wait_closed()
        say("closed", code=socket.close_code, reason=socket.close_reason)


async def main():
    async with websockets.serve(serve, "127.0.0.1", 8765, subprotocols=["sum.example"], ping_interval=None):
        await converse("/plain", None, "bye")
        await converse("/deflate", "deflate", "end")
        await asyncio.sleep(0.1)


asyncio.run(main())
