#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""HTTP Archives: every bundled capture's is what the HAR 1.2 specification asks for, member by member, and holds
each message that `json` tells, as Chromium writes them. What the memory had no room for is told. faults 72."""
import base64
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WS101 = os.environ.get("WS101", os.path.join(ROOT, "build/ws101"))

passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {name}\n    {str(detail)[:600]}")


# --- the format, written from the specification: name, type, and whether it must be there -----------------------

def number(value):
    return type(value) in (int, float)


def size(value):
    return type(value) is int and value >= -1


def text(value):
    return isinstance(value, str)


def date(value):
    """ISO 8601: YYYY-MM-DDThh:mm:ss.sTZD."""
    return text(value) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value)


def url(value):
    """RFC 3986: absolute, and no character that a URL may not hold."""
    return text(value) and re.fullmatch(r"[a-z][a-z0-9+.-]*://[!-~]*", value) and not re.search(r'["<>\\^`{|}]', value)


def list_of(form):
    return lambda value: isinstance(value, list) and all(fits(item, form) for item in value)


def one_of(*words):
    return lambda value: value in words


PAIR = {"name": (text, True), "value": (text, True)}
COOKIE = dict(PAIR, path=(text, False), domain=(text, False), expires=(date, False))
REQUEST = {"method": (text, True), "url": (url, True), "httpVersion": (text, True), "cookies": (list_of(COOKIE), True),
           "headers": (list_of(PAIR), True), "queryString": (list_of(PAIR), True), "headersSize": (size, True),
           "bodySize": (size, True)}
CONTENT = {"size": (size, True), "mimeType": (text, True), "compression": (size, False), "text": (text, False),
           "encoding": (text, False)}
RESPONSE = {"status": (size, True), "statusText": (text, True), "httpVersion": (text, True),
            "cookies": (list_of(COOKIE), True), "headers": (list_of(PAIR), True), "content": (CONTENT, True),
            "redirectURL": (text, True), "headersSize": (size, True), "bodySize": (size, True)}
TIMINGS = {"blocked": (number, False), "dns": (number, False), "connect": (number, False), "send": (number, True),
           "wait": (number, True), "receive": (number, True), "ssl": (number, False)}
MESSAGE = {"type": (one_of("send", "receive"), True), "time": (number, True), "opcode": (size, True),
           "data": (text, True)}
ENTRY = {"pageref": (text, False), "startedDateTime": (date, True), "time": (number, True), "request": (REQUEST, True),
         "response": (RESPONSE, True), "cache": ({}, True), "timings": (TIMINGS, True),
         "serverIPAddress": (text, False), "connection": (text, False),
         "_resourceType": (one_of("websocket"), False), "_webSocketMessages": (list_of(MESSAGE), False)}
LOG = {"version": (one_of("1.2"), True), "creator": ({"name": (text, True), "version": (text, True)}, True),
       "entries": (list_of(ENTRY), True)}
ARCHIVE = {"log": (LOG, True)}

wrong = []


def fits(value, form):
    """An object of these members, and of no other; `comment` may stand everywhere."""
    if callable(form):
        return form(value)
    if not isinstance(value, dict):
        return False
    members = dict(form, comment=(text, False))
    for name in value:
        if name not in members or not fits(value[name], members[name][0]):
            wrong.append(f"{name}: {value[name]!r:.200}")
            return False
    missing = [name for name, (_, needed) in members.items() if needed and name not in value]
    wrong.extend(f"{name} is missing" for name in missing)
    return not missing


def total_is_right(entry):
    """time is the sum of the timings, those that do not apply (-1) left out."""
    return abs(entry["time"] - sum(part for part in entry["timings"].values() if part >= 0)) < 1e-3


# --- against what json tells ------------------------------------------------------------------------------------

def run(*arguments):
    return subprocess.run([WS101, *arguments], capture_output=True, cwd=ROOT, check=False)


def data_of(event):
    """What _webSocketMessages should say of the event."""
    payload = event.get("text", "").encode() if "text" in event else base64.b64decode(event.get("base64", ""))
    if event.get("opcode") == 8:
        payload = event["code"].to_bytes(2, "big") + event["reason"].encode() if "code" in event else b""
    data = event["text"] if event["opcode"] == 1 and "text" in event else base64.b64encode(payload).decode()
    return {"c2s": "send", "s2c": "receive"}[event["dir"]], event["time"], event["opcode"], data


def told_by_json(capture):
    """{connection: its messages and control frames}"""
    told = {}
    for line in run("json", "--only", "message,frame", capture).stdout.splitlines():
        event = json.loads(line)
        if event["type"] == "message" or event["opcode"] >= 8:
            told.setdefault(str(event["conn"]), []).append(data_of(event))
    return told


def told_by_har(archive, source):
    told = {}
    for entry, raw in zip(archive["log"]["entries"], source["log"]["entries"]):
        for message, with_text_times in zip(entry.get("_webSocketMessages", []), raw.get("_webSocketMessages", [])):
            told.setdefault(entry["connection"], []).append(
                (message["type"], with_text_times["time"], message["opcode"], message["data"]))
    return told


def requests(archive):
    return sum("comment" not in entry["request"] for entry in archive["log"]["entries"])


def same_messages(mine, theirs):
    """Text that is not UTF-8, or was cut, is compared by its place only."""
    return mine.keys() == theirs.keys() and all(
        len(mine[key]) == len(theirs[key]) and
        all(a[:3] == b[:3] and (a[3] == b[3] or a[2] == 1) for a, b in zip(mine[key], theirs[key])) for key in mine)


def test_captures():
    for capture in sorted(glob.glob(os.path.join(ROOT, "captures/*.pcap*"))):
        name = os.path.basename(capture)
        output = run("json", "--har", capture)
        archive = json.loads(output.stdout)
        del wrong[:]
        check(f"{name}: HAR 1.2", output.returncode == 0 and fits(archive, ARCHIVE), wrong)
        check(f"{name}: times add up", all(map(total_is_right, archive["log"]["entries"])))
        mine, theirs = told_by_har(archive, json.loads(output.stdout, parse_float=str)), told_by_json(capture)
        check(f"{name}: every message", same_messages(mine, theirs),
              f"{ {key: len(mine[key]) for key in mine} } {({key: len(theirs[key]) for key in theirs})}")
        stats = json.loads(run("stats", "--json", capture).stdout)
        check(f"{name}: every request", requests(archive) == stats["http"]["requests"],
              f"{requests(archive)}, but {stats['http']['requests']} requests")
        check(f"{name}: an answer to each", sum(entry["response"]["status"] > 0 for entry in archive["log"]["entries"])
              >= min(stats["http"]["requests"], stats["http"]["responses"]))


def play(script, capture):
    """The capture of a conversation that is written as text."""
    path = os.path.join(capture + ".ws")
    with open(path, "w") as file:
        file.write(script)
    result = run("play", path, "-w", capture)
    check("the script plays", result.returncode == 0, result.stderr)


def test_memory():
    """What had no room is told, on standard error and in the archive."""
    with tempfile.TemporaryDirectory() as directory:
        capture = os.path.join(directory, "long.pcap")
        play("client upgrade /long\nserver accept\nclient text letters 3000 times 500\n", capture)
        output = run("json", "--har", "--memory", "2M", capture)
    log = json.loads(output.stdout)["log"]
    messages = sum(len(entry.get("_webSocketMessages", [])) for entry in log["entries"])
    gone = f"{500 - messages} messages are"
    check("gone: there was not room for all", 0 < messages < 500, messages)
    check("gone: standard error tells", gone in output.stderr.decode(), output.stderr)
    check("gone: the archive tells", gone in log.get("comment", ""), log.get("comment"))
    check("gone: so does the entry", any(gone in entry.get("comment", "") for entry in log["entries"]))


HOSTILE = r"""
client upgrade "/<script>\"\\?a=\e[2J&b"
    + Cookie: one="; two=}]; three
    ! "X-Steer: \e]0;owned\x07\x9b31m\u{202E}\r\n"
server accept
client text "\e[31m\"}],\u{202E}</script>\0\n\u{9B}"
client binary hex "00 1b ff 22"
server text "\xff\"\\"
server close 1000 "\u{2066}\e"
"""


def test_hostile():
    """faults 72: whatever is said, the archive is JSON, and nothing in it could steer a terminal."""
    with tempfile.TemporaryDirectory() as directory:
        capture = os.path.join(directory, "hostile.pcap")
        play(HOSTILE, capture)
        output = run("json", "--har", capture).stdout
    archive = json.loads(output)
    del wrong[:]
    check("hostile: HAR 1.2", fits(archive, ARCHIVE), wrong)
    clean = output.decode()
    check("hostile: nothing to obey", not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", clean),
          clean)
    messages = archive["log"]["entries"][0]["_webSocketMessages"]
    check("hostile: nothing is lost", messages[0]["data"] == "\x1b[31m\"}],\u202e</script>\0\n\x9b", messages[0])
    check("hostile: binary is base64", messages[1]["data"] == "ABv/Ig==", messages[1])
    check("hostile: what is no UTF-8 is told", "not UTF-8" in messages[2].get("comment", ""), messages[2])


for test in [value for name, value in list(globals().items()) if name.startswith("test_")]:
    test()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
