#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ws101 play as people call it: mistakes and their exit status, and scripts on real sockets, against itself
and against the reference server."""

import glob
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

WS101 = os.environ.get("WS101", "build/ws101")
SERVER = os.environ.get("WS101_SERVER", "build/ws101-server")
CONVERSATIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conversations")
SCRATCH = tempfile.TemporaryDirectory()
passed = failed = 0

ECHO = """client upgrade /echo
server accept
client text "Hello"
server text "Hello"
"""
CLOSE = """client close 1000
server close 1000
server fin
client fin
"""


def expect(name, condition, shown=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"{name}: {shown}")


def script_file(text, name="script.conv"):
    path = os.path.join(SCRATCH.name, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def play(text, *arguments):
    return subprocess.run([WS101, "play", script_file(text), *arguments], capture_output=True, text=True,
                          errors="replace", timeout=60)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def test_mistakes():
    capture = os.path.join(SCRATCH.name, "out.pcap")
    done = play("client text \"a\"\nclient sing\n", "-w", capture)
    expect("a wrong word", done.returncode == 2, done)
    expect("one line with its place", re.fullmatch(r"\S*script\.conv:2: .*not sing\n", done.stderr), done)
    expect("no capture of a wrong script", not os.path.exists(capture))
    done = play("", "-w", "/nowhere/at/all.pcap")
    expect("a folder that is not there", done.returncode == 3 and done.stderr.count("\n") == 1, done)
    done = subprocess.run([WS101, "play", "/nowhere.conv", "-w", capture], capture_output=True, timeout=60)
    expect("a script that is not there", done.returncode == 3, done)
    expect("no place to play to", play("").returncode == 2)
    expect("two places", play("", "-w", capture, "--client", "127.0.0.1:1").returncode == 2)
    done = play("", "--client", "127.0.0.1:1")
    expect("nobody listens", done.returncode == 3 and "refused" in done.stderr, done)


def test_tshark():
    """Whatever a script does above TCP, tshark finds no checksum wrong and nothing malformed up to there; above,
    versions differ about what a frame may announce."""
    if not shutil.which("mergecap"):
        return
    captures = []
    for script in glob.glob(os.path.join(CONVERSATIONS, "scenarios", "*.conv")):
        with open(script, encoding="utf-8") as file:
            if re.search(r"^(link|snap|packet) ", file.read(), re.M):
                continue
        captures.append(os.path.join(SCRATCH.name, os.path.basename(script) + ".pcap"))
        subprocess.run([WS101, "play", script, "-w", captures[-1]], check=True, timeout=60)
    whole = os.path.join(SCRATCH.name, "all.pcap")
    subprocess.run(["mergecap", "-a", "-w", whole, *captures], check=True, timeout=60)
    shown = subprocess.run(["tshark", "-r", whole, "-o", "tcp.check_checksum:TRUE",
                            "-o", "ip.check_checksum:TRUE", "-Y", "tcp.checksum.status == 0 || ip.checksum.status == 0 || "
                                  "(_ws.malformed && !tcp.payload)"],
                           capture_output=True, text=True, errors="replace", timeout=120)
    expect("tshark finds the packets sound", shown.returncode == 0 and shown.stdout == "", shown)


def test_standard_output():
    done = subprocess.run([WS101, "play", script_file(ECHO), "-w", "-"], capture_output=True, timeout=60)
    expect("a capture on standard output", done.stdout[:4] == bytes.fromhex("4d3cb2a1"), done.stdout[:4])


def test_against_itself(text, statuses, name):
    """Both sides of one script on one socket."""
    port = free_port()
    server = subprocess.Popen([WS101, "play", script_file(text, "server.conv"), "--server", str(port)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    server.stdout.readline()
    client = play(text, "--client", f"127.0.0.1:{port}")
    shown, _ = server.communicate(timeout=60)
    expect(name, (client.returncode, server.returncode) == statuses, f"{client}\n{shown}")
    return client.stdout, shown


def test_sockets():
    test_against_itself(ECHO + CLOSE, (0, 0), "both sides of an echo")
    test_against_itself(ECHO.replace('client text "Hello"', 'client segments 1\nclient text "Hello" deflate')
                        + CLOSE, (0, 0), "segments of a byte, compressed")
    test_against_itself("client request GET /\nserver response\nchunk \"a\"\nchunk \"b\"\n" + ECHO + CLOSE,
                        (0, 0), "HTTP before the upgrade")
    client, _ = test_against_itself(ECHO + "server rst\n", (0, 0), "a reset")
    expect("a reset is seen", "reset" in client, client)
    test_against_itself("connection one\n" + ECHO + "connection two\n", (3, 3), "two connections on a socket")
    client, _ = test_against_itself("client upgrade\n    = Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\n"
                                    "server accept\n" + CLOSE, (0, 0), "another key")


def test_reference_server():
    port = free_port()
    server = subprocess.Popen([SERVER, "--port", str(port)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    address = f"127.0.0.1:{port}"
    try:
        wait_for(port)
        done = play(ECHO + CLOSE, "--client", address)
        expect("an echo by the server", done.returncode == 0 and "text, 5 bytes" in done.stdout, done)
        done = play("client upgrade /echo\nserver accept\nclient text \"x\" mask none\nserver close 1002\n",
                    "--client", address)
        expect("it fails an unmasked frame", done.returncode == 0 and "1002" in done.stdout, done)
        done = play(ECHO.replace('client text "Hello"', 'client text "Hello" mask none'), "--client", address)
        expect("another answer than the script's", done.returncode == 1 and "line 4" in done.stdout, done)
        done = play("client upgrade /echo\n    - Sec-WebSocket-Version\nserver accept\n", "--client", address)
        expect("another status than the script's", done.returncode == 1, done)
    finally:
        server.terminate()
        server.wait(timeout=20)


test_mistakes()
test_standard_output()
test_tshark()
test_sockets()
if os.path.exists(SERVER):
    test_reference_server()
print(f"{passed} passed, {failed} failed")
raise SystemExit(failed != 0)
