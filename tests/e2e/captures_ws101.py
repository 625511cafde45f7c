#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What `ws101 json` says of each capture is what the peers themselves said.

Messages, pings and pongs, closes, the verdict on the handshake and every HTTP exchange of
captures/NAME.pcap are held against captures/NAME.log, connection by connection; a broken obligation is one
that a peer broke. Of a capture that the recorder left incomplete, each message that ws101 gives must have
been sent, and in that order: what cannot be known must not be invented."""
import base64
import hashlib
import json
import os
import subprocess
import sys

from captures_oracle import ROOT, Tally, all_captures, judge_http, judge_messages, log_of, logged, on_the_wire, tellers_of

WS101 = os.environ.get("WS101", str(ROOT / "build" / "ws101"))
tally = Tally()

# Which obligations were broken in which capture: on purpose, but for these: nginx passes the server's
# Upgrade on without Connection, and the client's other fields without Upgrade; Tornado and node ws answer 426
# without naming the protocol; paho answers Ping and Close without a mask. Nothing else may be called broken.
BROKEN = {
    "article-handshake.pcap": {"handshake-accept-wrong"},
    "demo.pcapng": {"frame-not-masked"},
    "endings.pcap": {"frame-continuation-orphan", "frame-control-fragmented", "frame-not-masked",
                     "frame-opcode-reserved", "frame-rsv-unagreed", "message-not-utf8"},
    "kept-connection.pcap": {"handshake-data-before-answer", "handshake-version-other", "http-upgrade-not-named"},
    "mixed.pcap": {"frame-not-masked"},
    "mqtt.pcap": {"frame-not-masked"},
    "nginx-plain.pcap": {"handshake-connection-missing", "handshake-http-version", "handshake-upgrade-missing",
                         "http-upgrade-not-in-connection"},
    "refusals.pcap": {"handshake-accept-missing", "handshake-accept-wrong", "handshake-answer-upgrade",
                      "handshake-extension-unoffered", "handshake-key-missing", "handshake-version-other",
                      "http-upgrade-not-named"},
    "subprotocols.pcap": {"handshake-protocol-unoffered"},
}


def events_of(capture):
    run = subprocess.run([WS101, "json", capture], capture_output=True, check=False)
    tally.check(f"{capture.name}: ws101 json ends with 0 ({run.stderr.decode()[:200]})", run.returncode == 0)
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


class Connection:
    """The events of one connection, in the shape that conversation.py gives."""

    def __init__(self, event):
        self.found = {"port": int(event["client"].rsplit(":", 1)[1]), "exchanges": [], "upgraded": False,
                      "said": []}
        self.midstream = event["midstream"]
        self.verdict, self.closes = None, []
        self.waiting = []
        self.unreadable = 0

    def on_http(self, event):
        if "request" in event:
            upgrade = any(name.lower() == "upgrade" for name, _ in event["headers"])
            request = event["request"]
            exchange = {"method": request["method"], "target": request["target"], "status": None,
                        "upgrade": upgrade}
            self.found["exchanges"].append(exchange)
            self.waiting.append(exchange)
        elif self.waiting and (event["response"]["status"] >= 200 or event["response"]["status"] == 101):
            self.waiting.pop(0)["status"] = event["response"]["status"]

    def on_handshake(self, event):
        self.verdict = event["verdict"]
        self.found["upgraded"] = event["verdict"] in ("accepted", "broken")

    def on_message(self, event):
        if event.get("complete") and not event.get("truncated"):
            data = event["text"].encode() if "text" in event else base64.b64decode(event["base64"])
            self.found["said"].append({"dir": event["dir"], "kind": event["name"], "length": event["length"],
                                       "sha256": hashlib.sha256(data).hexdigest()})

        else:
            self.unreadable += 1

    def on_close(self, event):
        self.closes.append({"client": event["api_code"], "server": event["server_api_code"],
                            "first": {"c2s": "client", "s2c": "server"}.get(event["first"])})


def judge_findings(capture, events):
    broken = {event["rule"] for event in events if event["type"] == "finding" and event["severity"] == "must"}
    tally.check(f"{capture.name}: broken obligations {sorted(broken)}",
                broken == BROKEN.get(capture.name, set()))


def connections_of(events):
    table = {}
    for event in events:
        if event["type"] == "connection":
            table.setdefault(event["conn"], Connection(event))
        elif event["conn"] in table:
            handler = getattr(table[event["conn"]], "on_" + event["type"], None)
            if handler:
                handler(event)
    return {connection.found["port"]: connection for connection in table.values()}


def is_subsequence(part, whole):
    rest = iter(whole)
    return all(item in rest for item in part)


def judge_incomplete(name, lines, connection, why):
    total = 0
    for direction in ("c2s", "s2c"):
        for kind in ("text", "binary"):
            given = on_the_wire(connection.found, direction, kind)
            tally.check(f"{name}: {direction} {kind}: {len(given)} given, each was sent",
                        is_subsequence(given, logged(lines, "sent", direction, kind)))
            total += len(given)
    if why not in ("encrypted", "over HTTP/2", "the recorder came in the middle of a frame"):
        tally.check(f"{name}: something was understood", total or connection.unreadable)
        judge_codes(name, lines, connection)


def judge_verdict(name, lines, connection):
    # That none of the offered subprotocols is chosen is within RFC 6455 4.2.2; node ws has a rule of its
    # own there.
    client_failed = any(line["event"] == "error" and line["by"] == "client" and "path" in line
                        and line["text"] != "Server sent no subprotocol" for line in lines)
    if "client" in tellers_of(lines):
        tally.check(f"{name}: accepted, as the client did ({connection.verdict})",
                    connection.verdict == "accepted")
    elif client_failed and connection.found["upgraded"]:
        tally.check(f"{name}: not accepted, as by the client ({connection.verdict})",
                    connection.verdict == "broken")


def judge_codes(name, lines, connection):
    """Each end's application was told the code that we say. One that failed the connection itself may be told
    1006 by its library, whatever came back."""
    if not connection.found["upgraded"]:
        return
    for line in (line for line in lines if line["event"] == "closed" and "code" in line):
        side = "server" if line["by"] == "server" else "client"
        for close in connection.closes:
            failed_itself = line["code"] == 1006 and close["first"] == side
            tally.check(f"{name}: the {side}'s application was told {line['code']}, not {close[side]}",
                        close[side] == line["code"] or failed_itself)


def judge(capture):
    recorded, lines = log_of(capture)
    events = events_of(capture)
    judge_findings(capture, events)
    found = connections_of(events)
    for port in sorted({line["port"] for line in lines if "port" in line}):
        name = f"{capture.name} port {port}"
        of_port = [line for line in lines if line.get("port") == port]
        tally.check(f"{name}: is there", port in found)
        if port not in found:
            continue
        if "incomplete" in recorded:
            judge_incomplete(name, of_port, found[port], recorded["incomplete"])
            continue
        if any(line["event"] == "open" for line in of_port):
            judge_messages(tally, name, of_port, found[port].found, ("text", "binary"))
            judge_codes(name, of_port, found[port])
        judge_http(tally, name, of_port, found[port].found)
        judge_verdict(name, of_port, found[port])


def main():
    for capture in all_captures():
        judge(capture)
    tally.end()


main()
