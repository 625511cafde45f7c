#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""oracle_write.py SHOWS ORACLE SOFTWARE...: the log of a capture, from what its peers wrote.

The first line says what the capture shows and with which software it was made. The lines after it are the
peers', in the order they were written; an end that did not know its port is given that of the connection
it named by its path.
"""
import json
import sys


def main():
    shows, oracle, *software = sys.argv[1:]
    lines = [json.loads(line) for line in open(oracle, encoding="utf-8")]
    lines = [line for line in lines if line["event"] != "page-done"]
    ports = {line["path"]: line["port"] for line in lines if "port" in line and "path" in line}
    print(json.dumps({"event": "recorded", "shows": shows, "software": software}, ensure_ascii=False))
    for line in lines:
        if "port" not in line and line.get("path") in ports:
            line = {"port": ports[line["path"]], **line}
        print(json.dumps(line, ensure_ascii=False))


main()
