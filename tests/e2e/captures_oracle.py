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

passed = failed = 0


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("not so:", what)


def identity(line):
    digest = line.get("sha256") or hashlib.sha256(line["text"].encode()).hexdigest()
    return line["length"], digest


def begins(whole, part):
    return whole[:len(part)] == part


def judge_messages(name, lines, wire):
    teller = {"c2s": ("client", "server"), "s2c": ("server", "client")}
    tellers = {"client" if line["by"] == "browser" else line["by"] for line in lines if line["event"] == "open"}
    for direction in ("c2s", "s2c"):
        sender, receiver = teller[direction]
        for kind in ("text", "binary", "ping", "pong"):
            seen = [identity(item) for item in wire["said"] if (item["dir"], item["kind"]) == (direction, kind)]
            logged = {event: [identity(line) for line in lines
                              if (line["event"], line.get("dir"), line.get("kind")) == (event, direction, kind)]
                      for event in ("sent", "received")}
            if receiver in tellers:
                check(f"{name}: {direction} {kind}: what was received was on the wire",
                      begins(seen, logged["received"]))
            if sender in tellers and kind in ("text", "binary"):
                check(f"{name}: {direction} {kind}: what was on the wire had been sent", begins(logged["sent"], seen))


def judge_closes(name, lines, wire):
    codes = {item["code"] for item in wire["said"] if item["kind"] == "close"} | {1006}
    for line in lines:
        if line["event"] == "closed" and line["code"] is not None:
            check(f"{name}: {line['by']} saw {line['code']}, on the wire {codes}", line["code"] in codes)


def judge_http(name, lines, wire):
    logged = [(line["method"], line["target"], line["status"]) for line in lines if line["event"] == "request"]
    seen = [(e["method"], e["target"] if any(e["target"] == l[1] for l in logged) else e["target"].split("?")[0],
             e["status"]) for e in wire["exchanges"] if not e["upgrade"] and e["status"]]
    if logged:
        check(f"{name}: requests {seen} as logged {logged}", sorted(seen) == sorted(logged))
    for line in lines:
        if line["event"] == "refused":
            check(f"{name}: refused with {line['status']}",
                  line["status"] in [e["status"] for e in wire["exchanges"]])


def judge(capture):
    with capture.with_suffix(".log").open(encoding="utf-8") as log:
        recorded, *lines = [json.loads(line) for line in log]
    if "incomplete" in recorded:
        return
    wire = {found["port"]: found for found in conversation.read(capture)}
    ports = {line["port"] for line in lines if "port" in line}
    check(f"{capture.name}: every port of the log is in the capture", ports <= set(wire))
    for port in sorted(ports & set(wire)):
        of_port = [line for line in lines if line.get("port") == port]
        name = f"{capture.name} port {port}"
        if any(line["event"] == "open" for line in of_port):
            check(f"{name}: was upgraded", wire[port]["upgraded"])
            judge_messages(name, of_port, wire[port])
            judge_closes(name, of_port, wire[port])
        judge_http(name, of_port, wire[port])
    upgraded = {port for port, found in wire.items() if found["upgraded"]}
    check(f"{capture.name}: each WebSocket in it is in the log", upgraded <= ports)


def main():
    captures = sorted(list((ROOT / "captures").glob("*.pcap")) + list((ROOT / "captures").glob("*.pcapng")))
    for capture in captures:
        try:
            judge(capture)
        except (ValueError, IndexError, KeyError) as error:
            check(f"{capture.name}: readable ({error!r})", False)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or not captures)


main()
