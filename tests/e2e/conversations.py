#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plays every script in tests/conversations and compares what ws101 says of it with what the script promises.

The comments at the head of a script are the promise:
    # expect: RULE SIDE     a finding; or none
    # options: ...          for ws101 when it reads the capture: limits, which cost something
    # gap: why              bytes are lost on the way or to a limit
    # total: PATH N         a number of `stats --json`, as c2s.frames.text
Frames and messages are worked out here from the statements, by nothing of ws101's: every script whose bytes
all arrive must show just these, in this order.
"""

import base64
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "..", "conversations")
WS101 = os.environ.get("WS101", "build/ws101")

OPCODES = {"text": 1, "binary": 2, "continue": 0, "close": 8, "ping": 9, "pong": 10}
DIRECTIONS = {"client": "c2s", "server": "s2c"}
# With these in a script, what arrives is not what its statements say one by one.
INEXACT = re.compile(r"^\s*((client|server) (bytes|unseen|lose|again|segment|syn|sequence|response 1)"
                     r"|established|snap|reopen|packet|connection)|announce|only|deflate final", re.M)
ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "e": b"\033", "0": b"\0", "\\": b"\\", '"': b'"'}
WORDS = re.compile(r'"((?:[^"\\]|\\.)*)"|#.*|([^\s"]+)')


def unescape(text):
    def one(match):
        code = match.group(1)
        if code[0] == "x":
            return bytes([int(code[1:], 16)]).decode("latin-1")
        if code[0] == "u":
            return chr(int(code[2:-1], 16)).encode("utf-8", "surrogatepass").decode("latin-1")
        return ESCAPES[code].decode("latin-1")
    raw = text.encode("utf-8").decode("latin-1")
    return re.sub(r"\\(x..|u\{[^}]*\}|.)", one, raw).encode("latin-1")


def words_of(line):
    """(is a string, its bytes or the word), one per word."""
    found = []
    for match in WORDS.finditer(line):
        if match.group(0).startswith("#"):
            break
        if match.group(0).startswith('"'):
            found.append((True, unescape(match.group(1))))
        else:
            found.append((False, match.group(2)))
    return found


def random_bytes(count):
    state, out = 101, bytearray()
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(state >> 24)
    return bytes(out)


FILLERS = {
    "zeros": bytes,
    "letters": lambda n: bytes(97 + i % 26 for i in range(n)),
    "random": random_bytes,
}


def take_payload(words):
    out = b""
    while words and (words[0][0] or words[0][1] == "hex" or words[0][1] in FILLERS):
        string, word = words.pop(0)
        if string:
            piece = word
        elif word == "hex":
            digits = words.pop(0)[1]
            piece = bytes.fromhex(digits.decode() if isinstance(digits, bytes) else digits)
        else:
            piece = FILLERS[word](int(words.pop(0)[1]))
        if words and words[0] == (False, "*"):
            words.pop(0)
            piece *= int(words.pop(0)[1])
        out += piece
    return out


def numbers(words):
    out = []
    while words and not words[0][0] and words[0][1].isdigit():
        out.append(int(words.pop(0)[1]))
    return out


def frames_of_line(side, words):
    """The frames that one statement sends, as `json` would have them, and the clear payload."""
    verb = words.pop(0)[1]
    if verb == "frame":
        opcode = int(words.pop(0)[1])
    else:
        opcode = OPCODES[verb]
    code = b""
    if verb == "close" and words and not words[0][0] and words[0][1].isdigit():
        code = int(words.pop(0)[1]).to_bytes(2, "big")
    payload = code + take_payload(words)
    fin, deflate, sizes, times = True, False, [], 1
    while words:
        option = words.pop(0)[1]
        if option == "nofin":
            fin = False
        elif option == "deflate":
            deflate = True
            if words and words[0][1] in ("stored", "final"):
                words.pop(0)
        elif option == "fragments":
            sizes = numbers(words)
        elif option == "times":
            times = int(words.pop(0)[1])
        elif option == "mask" and words[0][1] == "hex":
            words[:2] = []
        else:
            words.pop(0)
    frames = []
    for size in sizes + [None]:
        # how the compressed bytes are cut is zlib's affair: only the first piece carries the clear payload
        piece = payload[:size] if not deflate else (payload if size == (sizes + [None])[0] else b"")
        payload = payload[len(piece):]
        frames.append({"dir": DIRECTIONS[side], "opcode": opcode if not frames else 0,
                       "fin": fin and size is None, "length": None if deflate else len(piece),
                       "clear": piece})
    return frames * times


def frames_of(script):
    frames = []
    for line in script.splitlines():
        words = words_of(line)
        if len(words) > 1 and words[0][1] in DIRECTIONS and words[1][1] in list(OPCODES) + ["frame"]:
            frames += frames_of_line(words[0][1], words[1:])
    return frames


def messages_of(frames):
    """Whole messages by direction, joined; messages that break the order of fragments make it give up."""
    open_messages, messages = {}, {"c2s": [], "s2c": []}
    for frame in frames:
        direction = frame["dir"]
        if frame["opcode"] >= 8:
            continue
        if (frame["opcode"] == 0) != (direction in open_messages):
            return None
        opcode, clear = open_messages.pop(direction, (frame["opcode"], b""))
        clear += frame["clear"]
        if frame["fin"]:
            messages[direction].append((opcode, clear))
        else:
            open_messages[direction] = (opcode, clear)
    return messages


def payload_of(message):
    return base64.b64decode(message["base64"]) if "base64" in message else message["text"].encode()


class Failure(Exception):
    pass


def compare(what, expected, found):
    if expected != found:
        raise Failure(f"{what}: expected {expected!r}, found {found!r}")


def run(arguments, statuses=(0,)):
    done = subprocess.run([WS101] + arguments, capture_output=True, timeout=120)
    if done.returncode not in statuses or b"Sanitizer" in done.stderr:
        raise Failure(f"{shlex.join(arguments)}: status {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return done.stdout.decode(), done.returncode


def promises(script, name):
    return re.findall(rf"^# {name}: *(.*?) *$", script, re.M)


def check_findings(script, events, status):
    findings = [event for event in events if event["type"] == "finding"]
    promised = {promise for promise in promises(script, "expect") if promise != "none"}
    compare("findings", sorted(promised), sorted({f"{f['rule']} {f['side']}" for f in findings}))
    compare("exit status of check", int(any(f["severity"] == "must" for f in findings)), status)


def check_stream(script, events):
    if INEXACT.search(script) or "101" not in {str(e["response"]["status"]) for e in events
                                               if e["type"] == "http" and "response" in e}:
        return
    promised = frames_of(script)
    for direction in ("c2s", "s2c"):
        expected = [frame for frame in promised if frame["dir"] == direction]
        found = [event for event in events if event["type"] == "frame" and event["dir"] == direction]
        compare(f"{direction} frames", [(f["opcode"], f["fin"]) for f in expected],
                [(f["opcode"], f["fin"]) for f in found])
        compare(f"{direction} lengths", [f["length"] for f in expected],
                [f["length"] if e["length"] is not None else None for e, f in zip(expected, found)])
    messages = messages_of(promised)
    if messages is None or promises(script, "expect") != ["none"]:
        return
    for direction in ("c2s", "s2c"):
        found = [event for event in events
                 if event["type"] == "message" and event["dir"] == direction and event["complete"]]
        compare(f"{direction} messages", messages[direction], [(m["opcode"], payload_of(m)) for m in found])


def check_totals(script, stats):
    for promise in promises(script, "total"):
        path, number = promise.split()
        value = stats
        for key in path.split("."):
            value = value.get(key, 0)
        compare(path, int(number), value)


def check(path, capture):
    with open(path, encoding="utf-8") as file:
        script = file.read()
    options = shlex.split(" ".join(promises(script, "options")))
    if not promises(script, "expect"):
        raise Failure("the script promises nothing")
    run(["play", path, "-w", capture])
    lines, _ = run(["json", *options, capture])
    events = [json.loads(line) for line in lines.splitlines()]
    _, status = run(["check", *options, capture], statuses=(0, 1))
    check_findings(script, events, status)
    if not options and not promises(script, "gap"):
        check_stream(script, events)
    if promises(script, "total"):
        stats, _ = run(["stats", "--json", *options, capture])
        check_totals(script, json.loads(stats))


def scripts(names):
    for folder, _, files in sorted(os.walk(FOLDER)):
        for file in sorted(files):
            if file.endswith(".conv") and (not names or any(name in file for name in names)):
                yield os.path.join(folder, file)


def outcome(path):
    """None where the script keeps its promises, else what is wrong."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as capture:
        try:
            check(path, capture.name)
        except (Failure, KeyError, ValueError) as failure:
            return f"{os.path.relpath(path, FOLDER)}: {failure}"
    return None


def main():
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(outcome, scripts(sys.argv[1:])))
    failures = [failure for failure in outcomes if failure]
    for failure in failures:
        print(failure)
    print(f"{len(outcomes) - len(failures)} passed, {len(failures)} failed")
    return bool(failures)


sys.exit(main())
