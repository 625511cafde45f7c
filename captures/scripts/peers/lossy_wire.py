#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""lossy_wire.py PID SEED: a wire between this network and that of process PID.

Each end is a TUN device, `near` here and `far` there, so the kernels fill in all checksums. Of the packets
three in a hundred are lost, ten overtaken by later ones, two delivered twice; the others take five
milliseconds."""
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000


def tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def main():
    pid, seed = sys.argv[1], int(sys.argv[2])
    chance = random.Random(seed)
    near, far = tun("near"), tun("far")
    subprocess.run(["ip", "link", "set", "far", "netns", pid], check=True)
    other = {near: far, far: near}
    due, number = [], 0
    while True:
        wait = max(0, due[0][0] - time.monotonic()) if due else None
        for device in select.select([near, far], [], [], wait)[0]:
            packet = os.read(device, 65536)
            fate = chance.random()
            copies = 0 if fate < 0.03 else 2 if fate < 0.05 else 1
            for _ in range(copies):
                late = chance.uniform(0.005, 0.02) if chance.random() < 0.1 else 0
                number += 1
                heapq.heappush(due, (time.monotonic() + 0.005 + late, number, other[device], packet))
        while due and due[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(due)
            try:
                os.write(device, packet)
            except OSError:
                pass                                                # that end is not up


main()
