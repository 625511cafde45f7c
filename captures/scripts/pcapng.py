#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""pcapng.py PCAP PCAPNG: the same packets as pcapng, with nothing said about the machine that recorded them."""
import struct
import sys


def block(kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    (link_type,) = struct.unpack_from("<I", data, 20)
    out = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    out += block(1, struct.pack("<HHI", link_type, 0, 262144))
    at = 24
    while at < len(data):
        seconds, micros, captured, length = struct.unpack_from("<IIII", data, at)
        when = seconds * 1000000 + micros
        out += block(6, struct.pack("<IIIII", 0, when >> 32, when & 0xffffffff, captured, length)
                     + data[at + 16:at + 16 + captured])
        at += 16 + captured
    with open(sys.argv[2], "wb") as file:
        file.write(out)


main()
