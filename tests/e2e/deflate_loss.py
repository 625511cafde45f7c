#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Faults 60 and 65: permessage-deflate with context takeover, and one segment that is missing.

The texts are alike and of one length, so that a decoder that goes on with a wrong window seems to be right.
Whatever is lost: each message shown is one that was sent, in order, or says that its window is lost.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

MESSAGES = 40
RESTART = 25            # the sender empties its window here, which it may: from here on all are right again
CLIENT, SERVER = (b"\x0a\x00\x00\x01", 40000), (b"\x0a\x00\x00\x02", 80)
SYN, FIN, ACK, PSH = 2, 1, 16, 8

REQUEST = (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
ANSWER = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
          b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")


def text_of(number):
    price = number * 7919 % 1000
    return '{"price":%03d,"text":"the same words again and again","tick":%03d}' % (price, number)


def frames():
    """One compressed text frame per message, from the server."""
    sender = zlib.compressobj(6, zlib.DEFLATED, -15)
    for number in range(MESSAGES):
        if number == RESTART:
            sender = zlib.compressobj(6, zlib.DEFLATED, -15)
        payload = (sender.compress(text_of(number).encode()) + sender.flush(zlib.Z_SYNC_FLUSH))[:-4]
        yield bytes([0xC1, len(payload)]) + payload


class Capture:
    """Raw IPv4 packets of one connection; a segment that is lost moves the sequence number all the same."""

    def __init__(self):
        self.packets = []
        self.next = {CLIENT: 1000, SERVER: 5000}

    def send(self, source, payload=b"", flags=ACK, lost=False):
        target = SERVER if source is CLIENT else CLIENT
        tcp = struct.pack(">HHIIBBHHH", source[1], target[1], self.next[source], self.next[target], 0x50,
                          flags, 65535, 0, 0) + payload
        header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0,
                             source[0], target[0])
        self.next[source] += len(payload) + (flags & (SYN | FIN) != 0)
        if not lost:
            self.packets.append(header + tcp)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
            for i, packet in enumerate(self.packets):
                file.write(struct.pack("<IIII", 1000 + i, 0, len(packet), len(packet)) + packet)


def capture_without(lost):
    capture = Capture()
    capture.send(CLIENT, flags=SYN)
    capture.send(SERVER, flags=SYN | ACK)
    capture.send(CLIENT)
    capture.send(CLIENT, REQUEST, ACK | PSH)
    capture.send(SERVER, ANSWER, ACK | PSH)
    for number, frame in enumerate(frames()):
        capture.send(SERVER, frame, ACK | PSH, lost=number == lost)
        capture.send(CLIENT)
    for side in CLIENT, SERVER:
        capture.send(side, flags=FIN | ACK)
    return capture


def events_of(path):
    done = subprocess.run([os.environ["WS101"], "json", path], check=True, capture_output=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def judge(lost, events):
    """What is wrong, or None."""
    messages = [event for event in events if event["type"] == "message"]
    findings = [event["rule"] for event in events if event["type"] == "finding"]
    sent = [number for number in range(MESSAGES) if number != lost]
    unread = [message for message in messages if message.get("text") not in map(text_of, sent)]
    shown = [message["text"] for message in messages if message not in unread]
    if len(messages) != len(sent):
        return "%d messages of %d" % (len(messages), len(sent))
    if findings.count("message-window-lost") != len(unread):
        return "%d messages cannot be read, and the findings are %s" % (len(unread), findings)
    if not all(message["truncated"] for message in unread):
        return "one that cannot be read is said to be whole"
    costs = RESTART if lost is not None and lost < RESTART else MESSAGES
    expected = [text_of(number) for number in sent if lost is None or number < lost or number >= costs]
    return None if shown == expected else "shown: %s" % shown


def main():
    failed = 0
    cases = [None, 0, 1, 5, 12, RESTART - 2, RESTART + 1]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "loss.pcap")
        for lost in cases:
            capture_without(lost).write(path)
            wrong = judge(lost, events_of(path))
            if wrong:
                failed += 1
                print("message %s lost: %s" % (lost, wrong))
    print("%d passed, %d failed" % (len(cases) - failed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
