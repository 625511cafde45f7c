#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The viewer as a person meets it, on a pseudo-terminal: viewer.py BUILD [-m MEGABYTES] [-n MESSAGES] [-s SCENARIO]

Reported are figures, and the aims beside them; a busy machine misses aims that an idle one meets, so nothing fails.
  first screen    from the start of the program until a connection stands on the screen
  key             from a key until its answer has been drawn, while the file is still being read and afterwards
  filter          on that many messages: from Enter until the first page is drawn, and until all have been looked at
  jump            in a replay, from the end back to the start, and from there to the end
The capture goes into BUILD/bench and stays there for the next time.
"""
import argparse
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time

FIRST_SCREEN_AIM = 0.100
KEY_AIM = 0.016


class Viewer:
    """A viewer on a terminal; what it writes is only searched, never drawn."""

    def __init__(self, *command):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.output = b""
        self.loaded = None              # when it was said that all is read
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8"),
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def read(self):
        text = os.read(self.master, 65536)
        if self.loaded is None and b"all r" in text:
            self.loaded = time.monotonic()
        return text

    def wait_for(self, pattern, seconds=60):
        """Seconds from now until it has been written since the last clear()."""
        begun = time.monotonic()
        while not re.search(pattern, self.output):
            left = begun + seconds - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise RuntimeError("not seen: %r in %r" % (pattern, self.output[-2000:]))
            self.output += self.read()
        return time.monotonic() - begun

    def clear(self):
        while select.select([self.master], [], [], 0)[0]:
            self.read()
        self.output = b""

    def settle(self, quiet=0.3):
        """Seconds from now until nothing is drawn any more."""
        begun = last = time.monotonic()
        while select.select([self.master], [], [], quiet)[0]:
            self.read()
            last = time.monotonic()
        return last - begun

    def press(self, keys, pattern, seconds=60):
        """Seconds until the answer. Nothing that was written before the keys is taken for it."""
        self.clear()
        begun = time.monotonic()
        os.write(self.master, keys.encode())
        self.wait_for(pattern, seconds)
        return time.monotonic() - begun

    def quit(self):
        os.write(self.master, b"Q")
        end = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    os.read(self.master, 65536)
                except OSError:
                    pass
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.master)


def generate(build, scenario, name, *options):
    capture = os.path.join(build, "bench", name + ".pcap")
    if not os.path.exists(capture):
        subprocess.run([os.path.join(build, "bench", "generate"), scenario, capture, *options], check=True)
    return capture


def show(what, values, aim=None):
    """Milliseconds: of several the middle one, the 95th of a hundred and the worst."""
    text = "%-26s %8.1f ms" % (what, 1000 * statistics.median(values))
    if len(values) > 1:
        values = sorted(values)
        text += "  p95 %.1f  worst %.1f  of %d" % (1000 * values[int(len(values) * 0.95)], 1000 * values[-1], len(values))
    if aim is not None:
        reached = statistics.median(values) <= aim and (len(values) == 1 or values[int(len(values) * 0.95)] <= aim)
        text += "  aim %.0f ms%s" % (1000 * aim, "" if reached else " MISSED")
    print(text, flush=True)


def press_keys(viewer, until):
    """Latencies of Help and back, for as long as until says."""
    taken = []
    while not until():
        taken.append(viewer.press("?", rb"Keys on"))
        taken.append(viewer.press("q", rb"Host"))
        time.sleep(0.007)           # so that keys meet the loop at any point of its turn
    return taken


def measure_loading(ws101, capture):
    first = []
    for _ in range(5):
        viewer = Viewer(ws101, "view", capture)
        viewer.wait_for(rb"Client.*?\d:\d")
        first.append(time.monotonic() - viewer.begun)
        viewer.quit()
    show("first screen", first, FIRST_SCREEN_AIM)
    viewer = Viewer(ws101, "view", capture)
    viewer.wait_for(rb"Client.*?\d:\d")
    loading = press_keys(viewer, lambda: viewer.loaded or time.monotonic() > viewer.begun + 60)
    loaded = (viewer.loaded or time.monotonic()) - viewer.begun
    show("key while it loads", loading, KEY_AIM)
    print("%-26s %8.1f s for %d MB" % ("loaded in", loaded, os.path.getsize(capture) >> 20))
    end = time.monotonic() + 2
    show("key when it is loaded", press_keys(viewer, lambda: time.monotonic() > end), KEY_AIM)
    viewer.quit()


def measure_filter(ws101, capture):
    viewer = Viewer(ws101, "view", "--memory", "4G", capture)
    viewer.wait_for(rb"all read", 300)
    viewer.press("a", rb"All connections")
    viewer.settle()
    for expression in ('length == 37', 'text contains "zzz"', 'dir == c2s'):
        os.write(viewer.master, b"\\\x15" + expression.encode())
        viewer.settle()
        first = viewer.press("\r", rb".")       # one frame: the first page
        print("%-26s %8.1f ms  %s" % ("filter, all of them", 1000 * (first + viewer.settle()), expression))
        show("filter, first page", [first], KEY_AIM)
    viewer.quit()


def measure_jumps(ws101, capture):
    viewer = Viewer(ws101, "view", capture)
    viewer.wait_for(rb"all read", 300)
    back = viewer.press("R", rb"[0-9] / ")
    end = viewer.press("@100%\r", "■".encode(), 300)
    viewer.press(" ", rb"[0-9] / |0\.0|0:00")
    show("replay, back to the start", [back], 0.1)
    print("%-26s %8.1f s" % ("replay, to the end", end))
    viewer.quit()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("-m", "--megabytes", type=int, default=1024)
    parser.add_argument("-n", "--messages", type=int, default=1000000)
    parser.add_argument("-s", "--scenario", default="small")
    options = parser.parse_args()
    ws101 = os.path.join(options.build, "ws101")
    large = generate(options.build, options.scenario, "viewer-%s-%d" % (options.scenario, options.megabytes),
                     "-m", str(options.megabytes))
    print("%s of %d MB" % (options.scenario, options.megabytes))
    measure_loading(ws101, large)
    measure_jumps(ws101, large)
    # 144 bytes a message, about, with its acknowledgments
    many = generate(options.build, "small", "viewer-messages-%d" % options.messages,
                    "-m", str(options.messages * 144 // 1000000 + 1))
    print("%d messages" % options.messages)
    measure_filter(ws101, many)


if __name__ == "__main__":
    sys.exit(main())
