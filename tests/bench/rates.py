#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""rates.py [--rates N,...] [--sizes N,...] [--seconds N] [--with stats,view,frozen] [--check]

ws101 live beside tcpdump, on the same packets in the same run (blast.c, over a pair of interfaces in a network of
its own): what each of them saw and what the kernel dropped for it. `view` draws on a terminal that is read, `frozen`
on one that nobody reads until the packets have passed. --check: exit 1 where ws101 dropped and tcpdump did not at up
to 50,000 packets a second, or where its count is not the kernel's.
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
WS101 = os.environ.get("RATES_WS101", os.path.join(BUILD, "ws101"))
BLAST = os.path.join(BUILD, "bench", "blast")
CONNECTIONS = 50
MUST = 50000


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rates", default="5000,50000,100000,200000")
    parser.add_argument("--sizes", default="64,1514")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--with", dest="ways", default="stats,view,frozen")
    parser.add_argument("--check", action="store_true")
    return parser.parse_args()


def listeners():
    with open("/proc/self/net/packet") as sockets:
        return sum(line.split()[5] == "1" for line in sockets.readlines()[1:])


class Tcpdump:
    """Writes to nowhere, with its own buffer and no names looked up."""

    def __init__(self):
        self.process = subprocess.Popen(["tcpdump", "-n", "-i", "vb", "-w", "/dev/null", "-Z", "root"],
                                        stderr=subprocess.PIPE, text=True)

    def finish(self):
        self.process.send_signal(signal.SIGINT)
        told = self.process.communicate(timeout=30)[1]
        return tuple(int(re.search(rf"(\d+) packets? {what}", told).group(1)) for what in ("captured", "dropped by kernel"))


class Stats:
    def __init__(self):
        self.process = subprocess.Popen([WS101, "stats", "--json", "-i", "vb"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def pass_time(self, seconds):
        time.sleep(seconds)

    def finish(self):
        self.process.send_signal(signal.SIGINT)
        told = json.loads(self.process.communicate(timeout=60)[0])
        return told["packets"], told["dropped"]["by_kernel"]


class View:
    def __init__(self, frozen=False):
        self.frozen, self.output = frozen, b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execv(WS101, [WS101, "view", "-i", "vb"])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))

    def read(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                try:
                    self.output = (self.output + os.read(self.terminal, 65536))[-300000:]
                except OSError:
                    return

    def pass_time(self, seconds):
        time.sleep(seconds) if self.frozen else self.read(seconds)

    def finish(self):
        self.read(2)
        os.write(self.terminal, b"\x0c")        # all of the screen anew
        self.read(1)
        text = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b" ", self.output)
        packets = re.findall(rb"([\d,]+) packets", text)
        dropped = re.findall(rb"([\d,]+) dropped", text)
        os.write(self.terminal, b"Q")
        self.read(1)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        number = lambda found: int(found[-1].replace(b",", b"")) if found else 0
        return number(packets), number(dropped)


WAYS = {"stats": Stats, "view": View, "frozen": lambda: View(frozen=True)}


def measure(way, rate, size, seconds):
    before = listeners()
    tcpdump, ws101 = Tcpdump(), WAYS[way]()
    end = time.monotonic() + 15
    while listeners() < before + 2 and time.monotonic() < end:
        ws101.pass_time(0.05)
    blast = subprocess.Popen([BLAST, "va", str(rate), str(seconds), str(size), str(CONNECTIONS)], stdout=subprocess.PIPE)
    while blast.poll() is None:
        ws101.pass_time(0.1)
    ws101.pass_time(1.5)                      # tcpdump waits a second for more
    sent, _, took = blast.stdout.read().split()
    return int(sent), float(took), tcpdump.finish(), ws101.finish()


def main():
    options = arguments()
    if "RATES_INSIDE" not in os.environ:
        os.environ["RATES_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-n" if os.getuid() == 0 else "-rn", sys.executable, *sys.argv])
    for command in ("link add va type veth peer name vb", "link set va up", "link set vb up"):
        subprocess.run(["ip", *command.split()], check=True)
    with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w") as setting:
        setting.write("1")                      # nothing but blast speaks
    passed = failed = 0
    print(f"{'with':7} {'wanted/s':>9} {'sent/s':>9} {'bytes':>6} {'sent':>9} | {'tcpdump saw':>11} {'dropped':>9} |"
          f" {'ws101 saw':>11} {'dropped':>9}")
    for way in options.ways.split(","):
        for size in map(int, options.sizes.split(",")):
            for rate in map(int, options.rates.split(",")):
                sent, took, other, ours = measure(way, rate, size, options.seconds)
                print(f"{way:7} {rate:9} {sent / took:9.0f} {size:6} {sent:9} | {other[0]:11} {other[1]:9} | "
                      f"{ours[0]:11} {ours[1]:9}", flush=True)
                good = sum(ours) == sent and (rate > MUST or other[1] > 0 or ours[1] == 0)
                passed, failed = passed + good, failed + (not good)
    print(f"{passed} passed, {failed} failed")
    return options.check and failed > 0


sys.exit(main())
