#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the manifest, the table in captures/README.md, from the captures and the first line of their logs."""
import hashlib
import json
import pathlib
import re
import struct

CAPTURES = pathlib.Path(__file__).resolve().parent.parent


def pcap_packets(data):
    count, at = 0, 24
    while at < len(data):
        (captured,) = struct.unpack_from("<I", data, at + 8)
        count, at = count + 1, at + 16 + captured
    return count


def pcapng_packets(data):
    count, at = 0, 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        count, at = count + (kind == 6), at + length
    return count


def row(capture):
    data = capture.read_bytes()
    packets = pcapng_packets(data) if capture.suffix == ".pcapng" else pcap_packets(data)
    with capture.with_suffix(".log").open(encoding="utf-8") as log:
        recorded = json.loads(log.readline())
    return "| `{}` | {} | {} | `scripts/{}.sh` | {} | `{}` |".format(
        capture.name, recorded["shows"], ", ".join(recorded["software"]), capture.stem, packets,
        hashlib.sha256(data).hexdigest())


def main():
    captures = sorted(list(CAPTURES.glob("*.pcap")) + list(CAPTURES.glob("*.pcapng")))
    table = ["| file | what it shows | software | made by | packets | sha256 |",
             "| --- | --- | --- | --- | --- | --- |"]
    table += [row(capture) for capture in captures]
    readme = CAPTURES / "README.md"
    text = readme.read_text(encoding="utf-8")
    marked = re.compile("(<!-- manifest -->\n).*(<!-- end of manifest -->\n)", re.S)
    readme.write_text(marked.sub(lambda m: m[1] + "\n".join(table) + "\n" + m[2], text), encoding="utf-8")
    print(f"{len(captures)} captures, {sum(c.stat().st_size for c in captures)} bytes")


main()
