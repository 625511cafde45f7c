#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""oracle_write.py SHOWS FLAGS ORACLE CAPTURE SOFTWARE...: the log of a capture, from what its peers wrote.

The first line says what the capture shows and with which software it was made; FLAGS, if not empty, says
why the capture does not hold all that was said. The lines after it are the peers', in the order they were
written. An end whose interface does not tell its port is given that of the connection whose path it named:
from what the other end wrote, or else from the capture."""
import json
import sys

import conversation


def ports_by_path(lines, capture):
    ports = {line["path"]: line["port"] for line in lines if "port" in line and "path" in line}
    if any("path" in line and "port" not in line and line["path"] not in ports for line in lines):
        for found in conversation.read(capture):
            for exchange in found["exchanges"]:
                ports.setdefault(exchange["target"], found["port"])
    return ports


def main():
    shows, flags, oracle, capture, *software = sys.argv[1:]
    with open(oracle, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    lines = [line for line in lines if line["event"] != "page-done"]
    ports = ports_by_path(lines, capture)
    first = {"event": "recorded", "shows": shows, "software": software}
    if flags:
        first["incomplete"] = flags
    print(json.dumps(first, ensure_ascii=False))
    for line in lines:
        if "port" not in line and line.get("path") in ports:
            line = {"port": ports[line["path"]], **line}
        print(json.dumps(line, ensure_ascii=False))


main()
