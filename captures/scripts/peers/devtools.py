#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""devtools.py URL [SECONDS SCRIPT]...: has the Chromium that listens for its developer tools on port 9222
visit a page and run each script there after so many seconds, and writes down what its Network panel would
have shown: requests, WebSockets, their messages."""
import asyncio
import base64
import json
import sys
import urllib.parse
import urllib.request

import websockets

from oracle import describe, write


def path_of(url):
    parts = urllib.parse.urlsplit(url)
    return parts.path + ("?" + parts.query if parts.query else "")


class Panel:
    def __init__(self):
        self.paths, self.requests = {}, {}

    def say(self, event, identity, **more):
        write(path=self.paths[identity], by="browser", event=event, **more)

    def said(self, event, direction, message):
        frame = message["response"]
        if frame["opcode"] in (1, 2):
            text = frame["payloadData"]
            data = text if frame["opcode"] == 1 else base64.b64decode(text)
            self.say(event, message["requestId"], dir=direction, **describe(data))

    def take(self, method, message):
        """One event of the protocol's domain Network."""
        identity = message.get("requestId")
        if method == "Network.webSocketCreated":
            self.paths[identity] = path_of(message["url"])
        elif method == "Network.webSocketHandshakeResponseReceived":
            fields = {name.lower(): value for name, value in message["response"]["headers"].items()}
            self.say("open", identity, subprotocol=fields.get("sec-websocket-protocol", ""))
        elif method == "Network.webSocketFrameReceived":
            self.said("received", "s2c", message)
        elif method == "Network.webSocketFrameSent":
            self.said("sent", "c2s", message)
        elif method == "Network.requestWillBeSent":
            self.requests[identity] = message["request"]["method"]
        elif method == "Network.responseReceived" and message["response"]["url"].startswith("http"):
            write(by="browser", event="request", method=self.requests.get(identity, "GET"),
                  target=path_of(message["response"]["url"]), status=message["response"]["status"])


async def visit(url, steps):
    with urllib.request.urlopen("http://127.0.0.1:9222/json") as answer:
        target = next(page for page in json.load(answer) if page["type"] == "page")
    panel = Panel()
    async with websockets.connect(target["webSocketDebuggerUrl"], max_size=None) as tools:

        async def command(number, method, **parameters):
            await tools.send(json.dumps({"id": number, "method": method, "params": parameters}))

        async def listen():
            async for text in tools:
                message = json.loads(text)
                if message.get("method", "").startswith("Network."):
                    panel.take(message["method"], message["params"])

        listener = asyncio.create_task(listen())
        await command(1, "Network.enable")
        await command(2, "Page.navigate", url=url)
        for number, (seconds, script) in enumerate(steps, 3):
            await asyncio.sleep(float(seconds))
            await command(number, "Runtime.evaluate", expression=script)
        await asyncio.sleep(0.5)
        listener.cancel()


asyncio.run(visit(sys.argv[1], list(zip(sys.argv[2::2], sys.argv[3::2]))))
