#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Each capture and its log agree: what was delivered was on the wire, and what was on the wire had been sent.

Connections are matched by the client's port. For each kind of thing said and each direction,
delivered <= on the wire <= sent, where <= is "is the beginning of": an end that died may have sent more
than the other was given. Where both ends lived to tell it, the three are equal.
"""
import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "captures" / "scripts"))
import conversation  # noqa: E402

SENDER = {"c2s": "client", "s2c": "server"}
RECEIVER = {"c2s": "server", "s2c": "client"}


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, good):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("not so:", what)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(self.failed > 0 or self.passed == 0)


def all_captures():
    return sorted(path for path in (ROOT / "captures").iterdir() if path.suffix in (".pcap", ".pcapng"))


def log_of(capture):
    """What the log says of the recording, and what the peers said."""
    with capture.with_suffix(".log").open(encoding="utf-8") as log:
        recorded, *lines = [json.loads(line) for line in log]
    return recorded, lines


def identity(line):
    return line["length"], line.get("sha256") or hashlib.sha256(line["text"].encode()).hexdigest()


def tellers_of(lines):
    """The ends that wrote of this connection."""
    return {"client" if line["by"] == "browser" else line["by"] for line in lines if line["event"] == "open"}


def logged(lines, event, direction, kind):
    return [identity(line) for line in lines
            if (line["event"], line.get("dir"), line.get("kind")) == (event, direction, kind)]


def on_the_wire(wire, direction, kind):
    return [identity(item) for item in wire["said"] if (item["dir"], item["kind"]) == (direction, kind)]


def begins(whole, part):
    return whole[:len(part)] == part


def judge_messages(tally, name, lines, wire, kinds):
    tellers = tellers_of(lines)
    for direction in ("c2s", "s2c"):
        for kind in kinds:
            seen = on_the_wire(wire, direction, kind)
            if RECEIVER[direction] in tellers:
                tally.check(f"{name}: {direction} {kind}: what was received was on the wire",
                            begins(seen, logged(lines, "received", direction, kind)))
            if SENDER[direction] in tellers and kind in ("text", "binary"):
                tally.check(f"{name}: {direction} {kind}: what was on the wire had been sent",
                            begins(logged(lines, "sent", direction, kind), seen))


def judge_closes(tally, name, lines, wire):
    codes = {item["code"] for item in wire["said"] if item["kind"] == "close"} | {1006}
    for line in lines:
        if line["event"] == "closed" and line["code"] is not None:
            tally.check(f"{name}: {line['by']} saw {line['code']}, on the wire {codes}",
                        line["code"] in codes)


def judge_http(tally, name, lines, wire):
    """A log may leave out the query; what was never answered is in no log."""
    told = [(line["method"], line["target"], line["status"]) for line in lines if line["event"] == "request"]
    targets = {target for _, target, _ in told}
    seen = [(exchange["method"],
             exchange["target"] if exchange["target"] in targets else exchange["target"].split("?")[0],
             exchange["status"])
            for exchange in wire["exchanges"] if not exchange["upgrade"] and exchange["status"]]
    if told:
        tally.check(f"{name}: requests {seen} as logged {told}", sorted(seen) == sorted(told))
    for line in lines:
        if line["event"] == "refused":
            statuses = [exchange["status"] for exchange in wire["exchanges"]]
            tally.check(f"{name}: refused with {line['status']}, on the wire {statuses}",
                        line["status"] in statuses)


def judge_capture(tally, capture):
    recorded, lines = log_of(capture)
    if "incomplete" in recorded:
        return
    wire = {found["port"]: found for found in conversation.read(capture)}
    ports = {line["port"] for line in lines if "port" in line}
    tally.check(f"{capture.name}: every port of the log is in the capture", ports <= set(wire))
    for port in sorted(ports & set(wire)):
        of_port = [line for line in lines if line.get("port") == port]
        name = f"{capture.name} port {port}"
        if any(line["event"] == "open" for line in of_port):
            tally.check(f"{name}: was upgraded", wire[port]["upgraded"])
            judge_messages(tally, name, of_port, wire[port], ("text", "binary", "ping", "pong"))
            judge_closes(tally, name, of_port, wire[port])
        judge_http(tally, name, of_port, wire[port])
    upgraded = {port for port, found in wire.items() if found["upgraded"]}
    tally.check(f"{capture.name}: each WebSocket in it is in the log", upgraded <= ports)


def main():
    tally = Tally()
    for capture in all_captures():
        try:
            judge_capture(tally, capture)
        except (ValueError, IndexError, KeyError) as error:
            tally.check(f"{capture.name}: readable ({error!r})", False)
    tally.end()


if __name__ == "__main__":
    main()
