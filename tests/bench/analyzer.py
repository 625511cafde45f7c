#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Times `ws101 stats --json` on generated traffic: analyzer.py BUILD [-m MEGABYTES] [-r ROUNDS] [SCENARIO...]

BUILD is the build directory; the captures go into its bench/. Every round runs the null loop (libpcap
reads the file, nothing else) and ws101 one after the other, so that both meet the same machine; what is shown are
the medians of CPU time, user and system. Totals that are not exactly the generator's void the time and fail.
tshark, where it is installed, is timed on a small file of the first scenario, as packets per second.
"""
import argparse
import json
import os
import shutil
import statistics
import sys

from measure import Run

AIMS = {'small': 2.0, 'bulk': 1.2, 'short': 3.0}       # times the null loop
ORDINARY = ['small', 'bulk', 'compressed', 'short', 'polling', 'lossy', 'holes', 'unrelated', 'open']
OPEN_AIM = 512                                          # bytes per open connection
STARTUP_AIM = 0.005


class Bench:
    def __init__(self, build, megabytes, rounds):
        self.build, self.megabytes, self.rounds = build, megabytes, rounds
        self.failures = []

    def path(self, name):
        return os.path.join(self.build, 'bench', name)

    def run(self, *command):
        return Run(self.build, *command)

    def null(self, capture):
        return self.run(self.path('null'), capture)

    def stats(self, capture):
        return self.run(os.path.join(self.build, 'ws101'), 'stats', '--json', capture)

    def generate(self, scenario, name, *options):
        """The capture, made or still there, and its totals."""
        capture, totals = self.path(name + '.pcap'), self.path(name + '.totals')
        self.run(self.path('generate'), scenario, capture, '-t', totals, *options)
        with open(totals) as file:
            return capture, json.load(file)

    def aim(self, what, value, most):
        met = value <= most
        if not met:
            self.failures.append('%s: %.4g, aim %.4g' % (what, value, most))
        return 'aim %.4g%s' % (most, '' if met else ' MISSED')

    def scenario(self, scenario):
        options = [] if scenario == 'open' else ['-m', str(self.megabytes)]
        capture, expected = self.generate(scenario, scenario, *options)
        null, ours = [], []
        for _ in range(self.rounds):
            null.append(self.null(capture))
            ours.append(self.stats(capture))
        if any(json.loads(run.out) != expected for run in ours):
            self.failures.append('%s: the totals are wrong, the time is void' % scenario)
            print('%-11s totals WRONG' % scenario)
            return
        base = statistics.median(run.cpu for run in null)
        cpu = statistics.median(run.cpu for run in ours)
        # the least of many runs is what the work costs; the rest is what the machine did besides
        ratio = min(run.cpu for run in ours) / max(min(run.cpu for run in null), 0.001)
        print('%-11s %9d %6.1f %8.3f %8.3f %7.2f %8.1f %9.0f  %s' % (
            scenario, expected['packets'], expected['bytes'] / 1e6, base, cpu, ratio,
            max(run.kib for run in ours) / 1024, expected['packets'] / cpu / 1000,
            self.aim(scenario + ', times the null loop', ratio, AIMS[scenario]) if scenario in AIMS else ''))

    def open_connections(self):
        """What one more open connection keeps: between a tenth of them and all."""
        sizes = {}
        for count in (10000, 100000):
            capture, _ = self.generate('open', 'open-%d' % count, '-n', str(count))
            sizes[count] = self.stats(capture).kib
            os.unlink(capture)
        each = (sizes[100000] - sizes[10000]) * 1024 / 90000
        print('an open connection keeps %.0f bytes, %s' % (each, self.aim('bytes an open connection', each, OPEN_AIM)))

    def flat_memory(self):
        """The same traffic, ten times as long, in the same memory."""
        sizes = []
        for megabytes in (self.megabytes / 10, self.megabytes):
            capture, _ = self.generate('small', 'flat', '-m', str(megabytes))
            sizes.append(self.stats(capture).kib)
            os.unlink(capture)
        print('memory, %g MB and ten times that: %.1f and %.1f MiB, %s' % (
            self.megabytes / 10, sizes[0] / 1024, sizes[1] / 1024,
            self.aim('growth of memory', sizes[1] / sizes[0], 1.1)))

    def startup(self):
        capture, _ = self.generate('syns', 'one-packet', '-n', '1')
        for what, command in (('--version', ['--version']), ('one packet', ['stats', '--json', capture])):
            wall = min(self.run(os.path.join(self.build, 'ws101'), *command).wall for _ in range(20))
            print('start-up, %s: %.1f ms, %s' % (what, wall * 1000, self.aim('start-up, ' + what, wall, STARTUP_AIM)))

    def tshark(self):
        if not shutil.which('tshark'):
            return
        capture, expected = self.generate('small', 'tshark', '-m', '2')
        ours = statistics.median(self.stats(capture).cpu for _ in range(self.rounds))
        theirs = self.run('tshark', '-n', '-r', capture, '-T', 'fields', '-e', 'websocket.opcode').cpu
        print('tshark, %d packets of small: %.2f s of CPU, %.0f times ws101' % (
            expected['packets'], theirs, theirs / max(ours, 0.001)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('-m', dest='megabytes', type=float, default=50)
    parser.add_argument('-r', dest='rounds', type=int, default=7)
    parser.add_argument('scenarios', nargs='*')
    arguments = parser.parse_args()
    bench = Bench(arguments.build, arguments.megabytes, arguments.rounds)
    print('%-11s %9s %6s %8s %8s %7s %8s %9s' % ('', 'packets', 'MB', 'null s', 'ws101 s', 'times', 'MiB', 'kpkt/s'))
    for scenario in arguments.scenarios or ORDINARY:
        bench.scenario(scenario)
    if not arguments.scenarios:
        bench.open_connections()
        bench.flat_memory()
        bench.startup()
        bench.tshark()
    for failure in bench.failures:
        print('NOT MET: ' + failure)
    sys.exit(1 if any('void' in failure for failure in bench.failures) else 0)


if __name__ == '__main__':
    main()
