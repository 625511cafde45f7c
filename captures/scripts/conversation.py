#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""conversation.py CAPTURE: what the two sides of each connection said, in the words of the logs.

A second, slow and simple reader of captures, for traffic that is well-formed: it holds each capture and its
log against each other, so that the log can be trusted as the judge of an analyzer. Everything of a capture
is in memory at once: first whole streams, then HTTP, then frames.
"""
import hashlib
import ipaddress
import json
import re
import struct
import sys
import zlib

KINDS = {1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


ETHERNET_BEFORE = {4: bytes(12) + b"\x08\x00", 6: bytes(12) + b"\x86\xdd"}


def packets(data):
    """The Ethernet frames of a pcap (microseconds, little endian) or pcapng (little endian) file; packets
    that are raw IP, or of Linux's second cooked form, are given an Ethernet header."""
    if data[:4] == b"\xd4\xc3\xb2\xa1":
        cut = {1: 0, 101: 0, 276: 20}[struct.unpack_from("<I", data, 20)[0]]
        ethernet = data[20] == 1
        at = 24
        while at + 16 <= len(data):
            (captured,) = struct.unpack_from("<I", data, at + 8)
            packet = data[at + 16 + cut:at + 16 + captured]
            yield (b"" if ethernet else ETHERNET_BEFORE[packet[0] >> 4]) + packet
            at += 16 + captured
        return
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            (captured,) = struct.unpack_from("<I", data, at + 20)
            yield data[at + 28:at + 28 + captured]
        at += length


def segments(data):
    """(source, destination, sequence number, flags, payload) of each TCP segment over Ethernet."""
    for frame in packets(data):
        ethertype, ip = frame[12:14], frame[14:]
        if ethertype == b"\x08\x00" and ip[9] == 6:
            header = (ip[0] & 15) * 4
            source, target, tcp = ip[12:16], ip[16:20], ip[header:struct.unpack_from(">H", ip, 2)[0]]
        elif ethertype == b"\x86\xdd" and ip[6] == 6:
            source, target, tcp = ip[8:24], ip[24:40], ip[40:40 + struct.unpack_from(">H", ip, 4)[0]]
        else:
            continue
        from_port, to_port, seq, _, offset, flags = struct.unpack_from(">HHIIBB", tcp)
        yield ((str(ipaddress.ip_address(source)), from_port), (str(ipaddress.ip_address(target)), to_port),
               seq, flags, tcp[(offset >> 4) * 4:])


class Stream:
    """One direction: bytes by their place after the first sequence number seen."""

    def __init__(self, first):
        self.first, self.pieces, self.ends = first, [], set()

    def add(self, seq, flags, payload):
        place = (seq - self.first) & 0xffffffff
        if payload and place < 1 << 31:
            self.pieces.append((place, payload))
        self.ends |= {name for bit, name in ((1, "fin"), (4, "rst")) if flags & bit}

    def bytes(self):
        whole = b""
        for place, payload in sorted(self.pieces, key=lambda piece: piece[0]):
            if place > len(whole):
                raise ValueError(f"{place - len(whole)} bytes missing after {len(whole)}")
            whole += payload[len(whole) - place:]
        return whole


def connections(data):
    """Each connection: client, server, and its two streams. The one that sends SYN is the client, or, where
    none was seen, the one with the higher port."""
    table, order = {}, []
    for source, target, seq, flags, payload in segments(data):
        key = frozenset((source, target))
        syn = flags & 2
        if key not in table or (syn and not flags & 16 and table[key].get("c2s") and table[key]["c2s"].ends):
            client_first = not flags & 16 if syn else source[1] > target[1]
            client, server = (source, target) if client_first else (target, source)
            table[key] = {"client": client, "server": server}
            order.append(table[key])
        side = table[key]
        direction = "c2s" if source == side["client"] else "s2c"
        stream = side.setdefault(direction, Stream(seq + 1 if syn else seq))
        stream.add(seq + 1 if syn else seq, flags, payload)
    return order


class Http:
    """Heads and bodies of one direction, one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def head(self):
        end = self.data.find(b"\r\n\r\n", self.at)
        if end < 0:
            return None
        first, *lines = self.data[self.at:end].decode("latin-1").split("\r\n")
        self.at = end + 4
        fields = {}
        for line in lines:
            name, value = line.split(":", 1)
            name = name.lower()
            fields[name] = fields[name] + ", " + value.strip() if name in fields else value.strip()
        return first, fields

    def line(self):
        end = self.data.index(b"\r\n", self.at)
        line, self.at = self.data[self.at:end], end + 2
        return line

    def body(self, fields, until_close=False):
        if "chunked" in fields.get("transfer-encoding", ""):
            length = 0
            while size := int(self.line().split(b";")[0], 16):
                self.at += size + 2
                length += size
            while self.line():
                pass
            return length
        length = int(fields.get("content-length", len(self.data) - self.at if until_close else 0))
        self.at += length
        return length


def frames(data):
    at = 0
    while at + 2 <= len(data):
        first, second = data[at], data[at + 1]
        length, at = second & 127, at + 2
        if length >= 126:
            width = 2 if length == 126 else 8
            length, at = int.from_bytes(data[at:at + width], "big"), at + width
        mask = b""
        if second & 128:
            mask, at = data[at:at + 4], at + 4
        payload, at = data[at:at + length], at + length
        if len(payload) < length:
            return                                                      # cut by the end of the connection
        if mask:
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        yield bool(first & 128), bool(first & 64), first & 15, payload


def messages(data, extension, side):
    """(kind, payload, number of frames, compressed) of each message and control frame in its order."""
    takeover = extension is not None and side + "_no_context_takeover" not in extension
    window = zlib.decompressobj(-15)
    kind, compressed, parts = None, False, []
    for fin, rsv1, opcode, payload in frames(data):
        if opcode >= 8:
            yield KINDS.get(opcode, str(opcode)), payload, 1, False
            continue
        if opcode:
            kind, compressed, parts = KINDS.get(opcode, str(opcode)), rsv1, []
        if kind is None:
            continue                                                    # continues nothing
        parts.append(payload)
        if fin:
            whole = b"".join(parts)
            if compressed and extension is not None:
                whole = window.decompress(whole + b"\0\0\xff\xff")
                if not takeover:
                    window = zlib.decompressobj(-15)
            yield kind, whole, len(parts), compressed
            kind = None


def websocket(connection, requests, answers, extension):
    for direction, stream, side in (("c2s", requests, "client"), ("s2c", answers, "server")):
        for kind, payload, count, compressed in messages(stream.data[stream.at:], extension, side):
            item = {"dir": direction, "kind": kind, "length": len(payload), "frames": count,
                    "compressed": compressed, "sha256": hashlib.sha256(payload).hexdigest()}
            if kind == "close":
                item["code"] = int.from_bytes(payload[:2], "big") if payload else 1005
                item["reason"] = payload[2:].decode(errors="replace")
            connection["said"].append(item)


def joined_late(data):
    """Whether what a client said, from wherever on it was recorded, looks like a masked frame."""
    return len(data) > 6 and data[0] & 0x70 in (0, 0x40) and data[0] & 15 in KINDS and data[1] & 0x80


def converse(side):
    """One connection as a dictionary: its exchanges of HTTP, and what was said after an upgrade."""
    empty = Stream(0)
    requests, answers = Http(side.get("c2s", empty).bytes()), Http(side.get("s2c", empty).bytes())
    found = {"port": side["client"][1],
             "client": "%s:%d" % side["client"], "server": "%s:%d" % side["server"],
             "exchanges": [], "upgraded": False, "said": [],
             "ends": {name: sorted(side[name].ends) for name in ("c2s", "s2c") if name in side}}
    if not re.match(rb"[A-Z]+ [^ ]+ HTTP/1", requests.data):
        found["upgraded"] = bool(joined_late(requests.data))
        if found["upgraded"]:
            websocket(found, requests, answers, None)
        return found
    while request := requests.head():
        method, target, _ = request[0].split(" ", 2)
        requests.body(request[1])
        answer = answers.head()
        while answer and answer[0].split(" ")[1] == "100":
            answer = answers.head()
        if not answer:
            found["exchanges"].append({"method": method, "target": target, "status": None,
                                       "upgrade": "upgrade" in request[1]})
            break
        status = int(answer[0].split(" ")[1])
        exchange = {"method": method, "target": target, "status": status, "upgrade": "upgrade" in request[1]}
        found["exchanges"].append(exchange)
        if status == 101:
            found["upgraded"] = True
            found["subprotocol"] = answer[1].get("sec-websocket-protocol", "")
            websocket(found, requests, answers, answer[1].get("sec-websocket-extensions"))
            break
        bodiless = method == "HEAD" or status in (204, 304)
        exchange["length"] = 0 if bodiless else answers.body(answer[1], until_close=True)
    return found


def read(path):
    with open(path, "rb") as file:
        return [converse(side) for side in connections(file.read())]


if __name__ == "__main__":
    for conversation in read(sys.argv[1]):
        print(json.dumps(conversation, ensure_ascii=False))
