#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Generated traffic of every kind comes out as it was counted going in, and what grows, grows in line.

Totals are compared under the sanitizers, on a small capture of each scenario. Time and memory are the kernel's
figures for the program as shipped: ten times the input in at most twelve times the CPU time, and memory under a
bound that has nothing to do with the input. faults.md 3, 8, 16, 32, 33, 34, 58, 63.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TESTS, 'bench'))
from measure import Run     # noqa: E402

BUILD = os.path.abspath(os.environ.get('BUILD', os.path.join(TESTS, '../build')))
WS101 = os.environ.get('WS101', os.path.join(BUILD, 'asan/ws101'))
SHIPPED = os.path.join(BUILD, 'ws101')
GENERATE = os.path.join(BUILD, 'bench/generate')
TOTALS = [('small', '0.5'), ('bulk', '3'), ('compressed', '0.3'), ('short', '0.5'), ('polling', '1'), ('lossy', '3'),
          ('holes', '1'), ('unrelated', '1')]
TOTALS_BY_COUNT = [('open', 300), ('backwards', 5000), ('empty', 25000), ('huge', 8), ('bombs', 3)]

passed = failed = 0


def check(name, good, detail=''):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print('FAILED: %s %s' % (name, detail))


def differences(expected, got):
    return {key: (expected[key], got.get(key)) for key in expected if expected[key] != got.get(key)}


def totals(work, scenario, *options):
    """The analyzer's totals are the generator's."""
    capture, counted = os.path.join(work, 'capture'), os.path.join(work, 'totals')
    subprocess.run([GENERATE, scenario, capture, '-t', counted, *options], check=True)
    done = subprocess.run([WS101, 'stats', '--json', capture], capture_output=True)
    with open(counted) as file:
        expected = json.load(file)
    if done.returncode != 0:
        check('totals of ' + scenario, False, done.stderr.decode()[-2000:])
        return
    wrong = differences(expected, json.loads(done.stdout))
    check('totals of ' + scenario, not wrong, 'counted, said: %s' % wrong)


def measure(scenario, count):
    """The capture comes through a pipe: it may be larger than a disk."""
    return Run(BUILD, SHIPPED, 'stats', '--json', '-', feeder=[GENERATE, scenario, '-', '-n', str(count)])


def grows_in_line(number, scenario, count, most_mib):
    """Ten times the input: about ten times the time, and never more than so much memory. Of each size the least
    disturbed run counts; a busy machine gets several attempts. Twice the time is let pass, for caches that are
    left behind; quadratic growth would be a hundred times."""
    few = many = float('inf')
    for _ in range(4):
        few = min(few, *(measure(scenario, count // 10).cpu for _ in range(3)))
        run = measure(scenario, count)
        many = min(many, run.cpu)
        # a run of a few milliseconds is mostly start-up: the ratio counts from 5 ms on
        in_line = many <= 20 * max(few, 0.005)
        if in_line:
            break
    check('faults.md %s, %s: time grows in line' % (number, scenario), in_line,
          '%.3f s for %d, %.3f s for %d' % (few, count // 10, many, count))
    check('faults.md %s, %s: memory' % (number, scenario), run.kib <= most_mib * 1024, '%d KiB' % run.kib)
    return json.loads(run.out)


def interrupt_is_quick():
    """faults.md 8: Ctrl-C in the middle of an endless capture is answered within a second, with what was read."""
    endless = subprocess.Popen([GENERATE, 'small', '-', '-m', '100000'], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    reader = subprocess.Popen([SHIPPED, 'stats', '--json', '-'], stdin=endless.stdout, stdout=subprocess.PIPE)
    endless.stdout.close()
    time.sleep(0.5)
    reader.send_signal(signal.SIGINT)
    start = time.monotonic()
    out = reader.stdout.read()
    reader.wait()
    check('faults.md 8: an interrupt is answered', time.monotonic() - start < 1.0)
    check('faults.md 8: what was read is told', out.startswith(b'{') and json.loads(out)['packets'] > 1000)
    endless.kill()
    endless.wait()


def main():
    with tempfile.TemporaryDirectory() as work:
        for scenario, megabytes in TOTALS:
            totals(work, scenario, '-m', megabytes)
        for scenario, count in TOTALS_BY_COUNT:
            totals(work, scenario, '-n', str(count))
    interrupt_is_quick()
    grows_in_line('16', 'fragments', 200000, 24)
    grows_in_line('32', 'hole', 40000, 32)
    said = grows_in_line('33', 'syns', 2000000, 100)
    check('faults.md 33, syns: all are counted', said['connections'] == 2000000, said['connections'])
    check('faults.md 33, syns: what memory cost is told', said['dropped']['by_memory'] > 0)
    grows_in_line('33', 'open', 100000, 64)
    grows_in_line('34', 'backwards', 100000, 32)
    said = grows_in_line('58', 'empty', 600000, 16)
    check('faults.md 58, empty: all are counted', said['s2c']['messages']['text'] == 600000)
    said = grows_in_line('58', 'huge', 1024, 16)
    check('faults.md 58, huge: every byte is counted', said['s2c']['message_bytes'] == 1024 << 20)
    said = grows_in_line('63', 'bombs', 30, 64)
    check('faults.md 63, bombs: later messages are right', said['s2c']['messages']['text'] == 30, said['s2c'])
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(failed > 0)


main()
