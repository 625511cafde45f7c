#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""compare.py OLD.log NEW.log: whether two recordings of one script show the same. Exit 1 where they do not.

The same connections (their ports apart), and on each the same handshake, messages in their order, closes
and errors; the same HTTP requests and answers over all. What differs from run to run is left out: ports,
the wording of errors, session identifiers, how often a timer fired, which kept connection a request took, where
MQTT, which is a stream, was cut into messages."""
import collections
import json
import re
import sys

VOLATILE = ("port", "extensions")


def settled(line):
    line = {key: value for key, value in line.items() if key not in VOLATILE}
    if line["event"] == "error":
        line.pop("text", None)
    if re.search(r'"sid":"', line.get("text", "")):
        line["text"] = re.sub(r'"sid":"[^"]*"', '"sid":""', line["text"])
    if "\nsession:" in line.get("text", ""):
        line["text"] = re.sub(r"\nsession:[^\n]*", "\nsession:", line["text"])
        line.pop("length")
    if "transport" in line or '"born":' in line.get("text", ""):       # how many is a matter of time
        line = {key: line.get(key) for key in ("by", "event", "dir", "transport")}
    if line["event"] == "request" and "?after=" in line["target"]:
        line["target"] = line["target"].split("?")[0]
        line.pop("length", None)
    return json.dumps(line, sort_keys=True, ensure_ascii=False)


def anywhere(line):
    """Whether it does not matter on which connection this was."""
    return line["event"] == "request" or "transport" in line


def shown(path):
    """The connections as a bag of texts, the requests and events as a set, the software."""
    with open(path, encoding="utf-8") as file:
        recorded, *lines = [json.loads(line) for line in file]
    requests = {settled(line) for line in lines if anywhere(line) and line.get("target") != "/favicon.ico"}
    connections = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in lines:
        if anywhere(line) or line.get("text") == "\n":                  # a heart-beat of STOMP
            continue
        kind = line["by"], line["event"], line.get("dir", ""), line.get("kind", "")
        track = connections[line.get("port")][kind]
        text = settled(line)
        if track[-1:] != [text]:
            track.append(text)
    for tracks in connections.values():
        if any('"subprotocol": "mqtt"' in text for track in tracks.values() for text in track):
            for kind in [kind for kind in tracks if kind[3] == "binary"]:
                tracks[kind] = ["%d bytes" % sum(json.loads(text)["length"] for text in tracks[kind])]
    bag = collections.Counter("\n".join("\n".join(track) for _, track in sorted(tracks.items()))
                              for tracks in connections.values())
    return bag, requests, recorded["software"]


def main():
    (old, old_requests, _), (new, new_requests, software) = shown(sys.argv[1]), shown(sys.argv[2])
    missing = [*(old - new).elements(), *(old_requests - new_requests)]
    added = [*(new - old).elements(), *(new_requests - old_requests)]
    for sign, texts in (("-", missing), ("+", added)):
        for text in texts:
            print("\n".join(sign + " " + line for line in text.split("\n")))
    if missing or added:
        print("with", ", ".join(software))
    sys.exit(bool(missing or added))


main()
