#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Client and server of Tornado: without and with compression, pings by timer, a page on the same port."""
import asyncio

import tornado.httpclient
import tornado.web
import tornado.websocket

from oracle import describe, write


class Page(tornado.web.RequestHandler):
    def get(self):
        body = "an ordinary page\n"
        write(port=self.request.connection.context.address[1], by="server", event="request", method="GET",
              target=self.request.uri, status=200, length=len(body))
        self.finish(body)


class Echo(tornado.websocket.WebSocketHandler):
    def say(self, event, **more):
        write(port=self.port, by="server", event=event, **more)

    def get_compression_options(self):
        return {} if self.request.path == "/deflate" else None

    def select_subprotocol(self, offered):
        return "tornado.example" if "tornado.example" in offered else None

    def open(self):
        self.port = self.request.connection.context.address[1]
        self.say("open", path=self.request.path, subprotocol=self.selected_subprotocol or "",
                 extensions="permessage-deflate" if self.get_compression_options() is not None else "")

    async def on_message(self, message):
        self.say("received", dir="c2s", **describe(message))
        self.say("sent", dir="s2c", frames=1, **describe(message))
        await self.write_message(message, binary=isinstance(message, bytes))
        if message == "leave":
            self.close(4321, "as you wish")

    def on_pong(self, data):
        self.say("received", dir="c2s", **describe(data, "pong"))

    def on_close(self):
        self.say("closed", code=self.close_code, reason=self.close_reason)


def listen(**settings):
    tornado.web.Application([("/", Page), (".*", Echo)], **settings).listen(8888, "127.0.0.1")


async def converse(path, last):
    request = tornado.httpclient.HTTPRequest("ws://127.0.0.1:8888" + path, headers={"X-Example": "tornado"})
    socket = await tornado.websocket.websocket_connect(
        request, compression_options={} if path == "/deflate" else None,
        subprotocols=["tornado.example", "other"])
    port = socket.protocol.stream.socket.getsockname()[1]

    def say(event, **more):
        write(port=port, by="client", event=event, **more)

    say("open", path=path, subprotocol=socket.selected_subprotocol or "")
    for message in ["Hello, Tornado", "Hello, Tornado, once more", "ウェブソケット", b"\x00\xff" * 100, last]:
        say("sent", dir="c2s", frames=1, **describe(message))
        await socket.write_message(message, binary=isinstance(message, bytes))
        say("received", dir="s2c", **describe(await socket.read_message()))
    await asyncio.sleep(0.5)                                     # the server pings meanwhile
    if last != "leave":
        say("closing", code=1000, reason="enough")
        socket.close(1000, "enough")
    assert await socket.read_message() is None
    say("closed", code=socket.close_code, reason=socket.close_reason)


async def main():
    listen(websocket_ping_interval=0.3, websocket_ping_timeout=5)
    await tornado.httpclient.AsyncHTTPClient().fetch("http://127.0.0.1:8888/")
    await converse("/plain", "stay")
    await converse("/deflate", "leave")
    await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(main())
