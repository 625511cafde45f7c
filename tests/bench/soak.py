#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""soak.py [--seconds N] [--frames N] [--connections N] [--seed N] [--every N] [--log FILE]

Live, for as long as one likes, on a wire that loses and reorders (soak.c): `ws101 stats` and the viewer, both
under --memory 64M, on the client's end, where every packet that matters passes. In the end the frames must be
those that the two sides have sent, nothing may be dropped, and memory must have stayed flat.
An hour of two thousand packets a second:

    tests/bench/soak.py --seconds 3600 --frames 700
"""
import argparse
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
WS101 = os.environ.get("SOAK_WS101", os.path.join(BUILD, "ws101"))
SOAK = os.path.join(BUILD, "bench", "soak")
CEILING = 64 << 10          # KiB, as given to --memory
AROUND = 32 << 10           # the program itself, libraries, the kernel's ring of 16 MiB
KINDS = ("continuation", "text", "binary", "close", "ping")
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(("good: " if good else "FAILED: ") + what, more, flush=True)


def arguments():
    parser = argparse.ArgumentParser()
    for name, value in (("seconds", 10), ("frames", 700), ("connections", 20), ("seed", 101), ("every", 10)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--log", default=os.devnull)
    return parser.parse_args()


class Viewer:
    """On a terminal that is always read."""

    def __init__(self):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execv(WS101, [WS101, "view", "--memory", "64M", "-i", "near"])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))
        self.output = b""

    def read(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                try:
                    self.output = (self.output + os.read(self.terminal, 65536))[-200000:]
                except OSError:
                    return

    def press(self, keys):
        os.write(self.terminal, keys.encode())
        self.read(0.5)

    def quit(self):
        self.press("q")
        end = time.monotonic() + 10
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            self.read(0.1)
            time.sleep(0.02)            # the terminal may be closed already
        return "hangs"


def status_of(pid):
    with open(f"/proc/{pid}/status") as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def memory(pid):
    return int(status_of(pid)["VmRSS"].split()[0])


def listeners():
    with open("/proc/self/net/packet") as sockets:
        return sum(line.split()[5] == "1" for line in sockets.readlines()[1:])


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def watch(options, sender, stats, viewer):
    """Samples until the sender has ended: (seconds, KiB of stats, KiB of the viewer)."""
    start, samples = time.monotonic(), []
    with open(options.log, "w") as log:
        while not select.select([sender.stdout], [], [], 0)[0]:
            samples.append((round(time.monotonic() - start), memory(stats.pid), memory(viewer.pid)))
            print(*samples[-1], file=log, flush=True)
            viewer.read(min(options.every, max(0.5, options.seconds - (time.monotonic() - start))))
    return samples


def judge_memory(what, samples, seconds):
    values = [sample[what == "viewer" and 2 or 1] for sample in samples]
    quarter = len(values) // 4
    note = f"{values[0]} KiB at first, {max(values)} KiB at most, {values[-1]} KiB at last"
    check(f"{what}: memory below the ceiling", max(values) < CEILING + AROUND, note)
    if seconds >= 600:              # the store is full by then
        early, late = max(values[quarter:2 * quarter]), max(values[-quarter:])
        check(f"{what}: memory is flat", late <= early * 1.05, f"second quarter {early} KiB, last {late} KiB")


def judge_frames(told, sent):
    for side in ("c2s", "s2c"):
        seen = {kind: told[side]["frames"][kind] for kind in KINDS}
        seen["payload_bytes"] = told[side]["payload_bytes"]
        check(f"{side}: the frames that were sent", seen == sent[side], seen if seen == sent[side] else (seen, sent[side]))
        check(f"{side}: none cut", told[side]["cut"] == 0, told[side]["cut"])
    check("connections", told["handshakes"]["accepted"] == sent["connections"] == told["connections"],
          (told["handshakes"], told["connections"], sent["connections"]))
    check("no gap", told["gaps"]["count"] == 0, told["gaps"])
    check("nothing dropped", told["dropped"] == {"by_memory": 0, "by_kernel": 0}, told["dropped"])


def main():
    options = arguments()
    if "SOAK_INSIDE" not in os.environ:
        os.environ["SOAK_INSIDE"] = "1"
        flags = "-n" if os.getuid() == 0 else "-rn"
        os.execvp("unshare", ["unshare", flags, sys.executable, *sys.argv])
    sender = subprocess.Popen([SOAK] + [str(value) for value in (options.seconds, options.frames,
                              options.connections, options.seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sender.stdout.readline()
    stats = subprocess.Popen([WS101, "stats", "--json", "--memory", "64M", "-i", "near"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    viewer = Viewer()
    check("both listen", wait_until(lambda: listeners() == 2), listeners())
    sender.stdin.write(b"\n")
    sender.stdin.flush()
    samples = watch(options, sender, stats, viewer)
    sent = json.loads(sender.stdout.readline())
    viewer.read(1)
    stats.send_signal(signal.SIGINT)
    out, errors = stats.communicate(timeout=60)
    check("stats: ends as interrupted", stats.returncode == 128 + signal.SIGINT, errors)
    told = json.loads(out)
    print(f"{told['packets']} packets, {told['packets'] / samples[-1][0]:.0f} a second; on the wire",
          {key: sent[key] for key in ("carried", "lost", "late")}, "; findings", told["findings"])
    judge_frames(told, sent)
    judge_memory("stats", samples, options.seconds)
    judge_memory("viewer", samples, options.seconds)
    viewer.output = b""
    viewer.press("\x0c")                # all of the screen anew
    screen = re.sub(rb"\x1b[^A-Za-z]*[A-Za-z]", b" ", viewer.output)
    packets = re.findall(rb"([\d,]+) packets", screen)
    check("viewer: the same packets", packets and int(packets[-1].replace(b",", b"")) == told["packets"], packets)
    check("viewer: nothing dropped", re.search(rb"\b0 dropped", screen), screen[-300:])
    check("viewer: ends with 0", (status := viewer.quit()) == 0, status)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
