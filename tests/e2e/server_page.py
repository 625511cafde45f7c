#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The reference server's page in headless Chromium, driven over the DevTools protocol: every transport counts
events, echo and chat work, and the console stays clean. SCREENSHOTS=DIR keeps pictures, light and dark."""
import base64
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from urllib.parse import urlparse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "server"))
from harness import Client, Server, run, test, wait_for  # noqa: E402
import socket  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
         "--window-size=1280,1000"]


class Browser:
    """One page of a browser that nothing else uses."""

    def __init__(self):
        self.profile = tempfile.mkdtemp()
        self.process = subprocess.Popen([CHROMIUM, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"],
                                        env=dict(os.environ, XDG_CONFIG_HOME=self.profile),
                                        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def visit(self, address):
        for line in self.process.stderr:
            found = re.search(rb"ws://127\.0\.0\.1:(\d+)/", line)
            if found:
                break
        port = int(found.group(1))
        pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
        page = next(page for page in pages if page["type"] == "page")
        self.client = Client(socket.create_connection(("127.0.0.1", port), timeout=20))
        self.client.shake(urlparse(page["webSocketDebuggerUrl"]).path, host="127.0.0.1")
        self.numbers, self.complaints = itertools.count(1), []
        for method in "Runtime.enable", "Log.enable", "Page.enable":
            self.call(method)
        self.call("Page.navigate", url=address)
        wait_for(lambda: self.value("document.readyState") == "complete")

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.client.send(0x81, json.dumps({"id": number, "method": method, "params": parameters}).encode())
        while True:
            message = json.loads(self.client.receive()[1])
            if message.get("id") == number:
                return message.get("result", message)
            if message["method"] == "Runtime.exceptionThrown" or (
                    message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error"):
                self.complaints.append(json.dumps(message["params"])[:300])

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def click(self, selector):
        self.value(f"document.querySelector({json.dumps(selector)}).click()")

    def count(self, transport, what):
        text = self.value(f"document.querySelector('#{transport} [data-count={what}]').textContent")
        return float(re.sub(r"[^0-9.]", "", text) or 0)

    def screenshot(self, name, scheme):
        directory = os.environ.get("SCREENSHOTS")
        if directory:
            self.call("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme}])
            time.sleep(0.5)
            with open(os.path.join(directory, f"{name}-{scheme}.png"), "wb") as picture:
                picture.write(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()
        shutil.rmtree(self.profile, ignore_errors=True)


if not CHROMIUM:
    print("skipped: no Chromium here (apt-get install chromium)\n0 passed, 0 failed")
    sys.exit(0)
browser = Browser()


@test
def transports():
    """every transport counts events, with plausible latencies"""
    browser.click("[data-all=start]")
    names = "poll", "long", "events", "feed"
    assert wait_for(lambda: all(browser.count(name, "messages") >= 20 for name in names), 20)
    for name in names:
        assert 40 < browser.count(name, "each") < 1500, name
        assert browser.count(name, "slowest") < 5000, name
    assert browser.count("feed", "requests") == browser.count("events", "requests") == 1
    assert browser.count("long", "requests") > browser.count("poll", "requests") > 1
    assert browser.count("feed", "median") <= browser.count("poll", "median")


@test
def consoles():
    """echo and chat show open, message, and close with its code, reason and wasClean"""
    for name in "echo", "chat":
        browser.click(f"#{name} [data-do=open]")
        assert wait_for(lambda: browser.value(f"document.querySelector('#{name} output').value") == "open")
        browser.click(f"#{name} .talk button")
        browser.value(f"document.querySelector('#{name} .link input').value = 4001")
        time.sleep(0.2)
        browser.click(f"#{name} [data-do=close]")
        log = f"document.querySelector('#{name} .log').innerText"
        assert wait_for(lambda: "close:" in browser.value(log))
        text = browser.value(log)
        assert f"subprotocol {name}, extensions permessage-deflate" in text, text
        assert "Hello\nHello" in text and 'code 4001, reason "", wasClean true' in text, text


@test
def pictures():
    """the page fits its window, light and dark"""
    browser.screenshot("page", "light")
    browser.screenshot("page", "dark")
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")


@test
def stops():
    """stopped transports stand still"""
    browser.click("[data-all=stop]")
    time.sleep(0.5)
    before = [browser.count(name, "messages") for name in ("poll", "long", "events", "feed")]
    time.sleep(0.7)
    assert before == [browser.count(name, "messages") for name in ("poll", "long", "events", "feed")]


@test
def clean():
    """the browser had nothing to complain about"""
    assert not browser.complaints, browser.complaints


try:
    with Server("--feed", 10) as server:
        browser.visit(f"http://127.0.0.1:{server.port}/")
        run()
finally:
    browser.close()
