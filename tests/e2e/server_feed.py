#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The same events over every transport of the reference server."""
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "server"))
from harness import Server, run, test, wait_for  # noqa: E402


def values(events):
    return [(event["number"], event["value"]) for event in events]


def stream(server, n, headers=""):
    """The first n events of /events, each as its id and its object."""
    events, text = [], b""
    with server.connect() as s:
        s.sendall(f"GET /events HTTP/1.1\r\nHost: h\r\n{headers}\r\n".encode())
        while b"\r\n\r\n" not in text:
            text += s.recv(4096)
        head, _, text = text.partition(b"\r\n\r\n")
        assert b"Content-Type: text/event-stream" in head
        while len(events) < n:
            while b"\n\n" not in text:
                text += s.recv(4096)
            block, _, text = text.partition(b"\n\n")
            fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if not line.startswith(b":"))
            if fields:
                events.append((int(fields[b"id"]), json.loads(fields[b"data"])))
    return events


def poll(server, path):
    status, _, content = server.get(path)
    assert status == 200
    return json.loads(content)


@test
def every_transport_tells_the_same():
    """polling, long polling, server-sent events and WebSocket tell the same events"""
    told = {}
    with Server("--feed", 40) as server:
        def by_polling():
            seen = []
            while len(seen) < 30:
                seen += poll(server, f"/poll?after={seen[-1]['number'] if seen else 0}")
                time.sleep(0.02)
            told["poll"] = seen

        def by_long_polling():
            seen = []
            while len(seen) < 30:
                seen += poll(server, f"/long?after={seen[-1]['number'] if seen else 0}")
            told["long"] = seen

        def by_stream():
            told["events"] = [event for _, event in stream(server, 30, "Last-Event-ID: 0\r\n")]

        def by_websocket():
            client, told["feed"] = server.open("/feed"), []
            for _ in range(20):
                first, payload = client.receive()
                assert first == 0x81
                told["feed"].append(json.loads(payload))

        threads = [threading.Thread(target=f) for f in (by_polling, by_long_polling, by_stream, by_websocket)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    everything = {event["number"]: event for event in told["poll"] + told["long"] + told["events"]}
    for transport, events in told.items():
        numbers = [event["number"] for event in events]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), (transport, numbers)
        assert all(everything.get(event["number"], event) == event for event in events), transport
    assert told["poll"][0]["number"] == told["long"][0]["number"] == told["events"][0]["number"] == 1


@test
def seeds():
    """the seed decides the events"""
    def first(seed):
        with Server("--feed", 200, "--seed", seed) as server:
            return values(event for _, event in stream(server, 20, "Last-Event-ID: 0\r\n"))
    assert first(7) == first(7) != first(8)


@test
def rate():
    """events come at the rate asked for, and their times of birth are true"""
    with Server("--feed", 200) as server:
        start = time.time()
        events = [event for _, event in stream(server, 200)]
        took = time.time() - start
        assert 0.5 < took < 2, took
        born = [event["born"] / 1000 for event in events]
        assert born == sorted(born) and start - 0.1 <= born[0] and born[-1] <= time.time()


@test
def no_feed():
    """a feed of rate 0 is silent"""
    with Server("--feed", 0, "--wait", 0.5) as server:
        assert poll(server, "/poll") == []
        start = time.monotonic()
        assert poll(server, "/long") == []
        assert 0.4 < time.monotonic() - start < 2


@test
def polls():
    """a poll without a number gives the newest event, one with a number those after it"""
    with Server("--feed", 100) as server:
        assert wait_for(lambda: poll(server, "/poll") and poll(server, "/poll")[0]["number"] > 5)
        assert len(poll(server, "/poll")) <= 1
        assert poll(server, "/poll?after=3")[0]["number"] == 4
        assert poll(server, "/poll?after=1000000")[0]["number"] == 1, "a number from another server's life"


@test
def only_the_last_are_kept():
    """of many events the last 256 are kept"""
    with Server("--feed", 2000) as server:
        assert wait_for(lambda: poll(server, "/poll?after=0")[-1]["number"] > 600)
        events = poll(server, "/poll?after=0")
        assert len(events) == 256 and events[0]["number"] == events[-1]["number"] - 255


@test
def streams_resume():
    """a stream that is opened again with Last-Event-ID misses nothing"""
    with Server("--feed", 100) as server:
        first = stream(server, 5)
        time.sleep(0.1)
        again = stream(server, 5, f"Last-Event-ID: {first[-1][0]}\r\n")
        assert again[0][0] == first[-1][0] + 1
        assert all(number == event["number"] for number, event in first + again)


@test
def keep_alive():
    """polls share a connection, and long polls sent ahead are answered in turn"""
    with Server("--feed", 50) as server, server.connect() as s:
        s.sendall(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n" * 3 +
                  b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: s.recv(4096), b""))
        assert answer.count(b"HTTP/1.1 200 OK") == 3 and answer.count(b"HTTP/1.1 404") == 1
        contents = [part.split(b"\r\n\r\n")[1] for part in answer.split(b"HTTP/1.1 ")[1:4]]
        numbers = [json.loads(content)[0]["number"] for content in contents]
        assert numbers == sorted(set(numbers))


@test
def batches():
    """--batch collects events, whatever the transport"""
    with Server("--feed", 100, "--batch", 300) as server:
        client, arrivals = server.open("/feed"), []
        while not arrivals or arrivals[-1] - arrivals[0] < 1:
            client.receive()
            arrivals.append(time.monotonic())
        gaps = [b - a for a, b in zip(arrivals, arrivals[1:]) if b - a > 0.1]
        assert 2 <= len(gaps) <= 4 and all(0.2 < gap < 0.5 for gap in gaps), gaps
        newest = poll(server, "/poll")[0]["number"]
        assert len(poll(server, f"/long?after={newest}")) > 10


@test
def chat():
    """what one says in the chat, all hear"""
    with Server() as server:
        clients = [server.open("/chat") for _ in range(5)]
        clients[2].send(0x81, "grüß euch".encode())
        assert all(client.receive() == (0x81, "grüß euch".encode()) for client in clients)
        clients[2].send(0x88)
        clients[1].send(0x81, b"bye")
        assert all(client.receive() == (0x81, b"bye") for client in clients if client is not clients[2])


run()
