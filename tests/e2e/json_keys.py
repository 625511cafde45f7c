#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The keys of `json` and `stats --json`, and the type of every value, over every bundled capture: scripts and
graders depend on them. Also that the two commands count the same things."""
import collections
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The program as shipped, which is quicker than the sanitised one.
WS101 = os.path.join(os.environ.get('BUILD', os.path.join(ROOT, 'build')), 'ws101')

NULL = type(None)
DIR = ('c2s', 's2c')
COMMON = {'type': str, 'time': str, 'conn': int, 'packet': int}
KEYS = {
    'connection': {'client': str, 'server': str, 'midstream': bool},
    'http': {'dir': DIR, 'headers': list, 'body_length': int},
    'handshake': {'verdict': ('accepted', 'refused', 'broken', 'unanswered'), 'key': (str, NULL),
                  'accept': (str, NULL), 'accept_expected': (str, NULL), 'subprotocol': (str, NULL),
                  'extensions': list, 'offered': dict},
    'frame': {'dir': DIR, 'fin': bool, 'rsv': int, 'opcode': int, 'name': str, 'masked': bool,
              'mask': (str, NULL), 'length': int, 'header_length': int, 'message': (int, NULL)},
    'message': {'dir': DIR, 'opcode': int, 'name': str, 'frames': int, 'compressed': bool, 'wire_length': int,
                'length': int, 'truncated': bool, 'complete': bool},
    'close': {'how': ('close-handshake', 'fin', 'rst', 'idle', 'end-of-capture'), 'first': DIR + (NULL,),
              'code': (int, NULL), 'reason': (str, NULL), 'api_code': (int, NULL),
              'server_api_code': (int, NULL)},
    'gap': {'dir': DIR, 'bytes': int, 'resumed': ('exact', 'guess', 'no')},
    'cut': {'dir': DIR, 'opcode': int, 'name': str, 'length': int, 'arrived': int},
    'finding': {'rule': str, 'severity': ('must', 'should', 'note'), 'side': ('client', 'server', 'capture'),
                'section': str, 'text': str, 'dir': DIR + (NULL,), 'frame': (int, NULL)},
}
FRAMES = ('continuation', 'text', 'binary', 'close', 'ping', 'pong', 'reserved')
SIDE = {'frames': dict.fromkeys(FRAMES, int), 'cut': int, 'payload_bytes': int,
        'messages': {'text': int, 'binary': int, 'fragmented': int, 'compressed': int}, 'message_bytes': int,
        'closes': dict}
STATS = {
    'packets': int, 'bytes': int, 'connections': int,
    'handshakes': {'accepted': int, 'refused': int, 'broken': int, 'unanswered': int},
    'c2s': SIDE, 's2c': SIDE, 'http': {'requests': int, 'responses': int, 'status': dict},
    'gaps': {'count': int, 'bytes': int}, 'findings': dict, 'dropped': {'by_memory': int, 'by_kernel': int},
}


def fits(value, wanted):
    """A type, several allowed types or words, or an object of exactly these keys."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and value.keys() == wanted.keys() and \
            all(fits(value[key], wanted[key]) for key in wanted)
    if isinstance(wanted, tuple):
        return any(value == one if isinstance(one, str) else type(value) is one for one in wanted)
    return type(value) is wanted


def event_is_right(event):
    keys = dict(COMMON, **KEYS[event['type']])
    if event['type'] == 'http':
        start = {'request': {'method', 'target', 'version'}, 'response': {'status', 'reason'}}
        if not any(name in event and wanted <= event[name].keys() for name, wanted in start.items()):
            return False
    if event['type'] == 'message' and ('text' in event) == ('base64' in event):
        return False
    return all(key in event and fits(event[key], keys[key]) for key in keys) and \
        re.fullmatch(r'-?[0-9]+\.[0-9]{9}', event['time']) is not None


def run(*arguments):
    return subprocess.run([WS101, *arguments], capture_output=True, timeout=60).stdout.splitlines()


def counts_agree(events, stats):
    """What both commands tell, told alike."""
    of = collections.defaultdict(list)
    for event in events:
        of[event['type']].append(event)
    closes = collections.Counter(
        (e['dir'], str(e['code']) if 'code' in e else 'none') for e in of['frame'] if e['opcode'] == 8)
    told = {(side, code): n for side in DIR for code, n in stats[side]['closes'].items()}
    payload = sum(f['length'] - f.get('lost', 0) for f in of['frame'])
    whole = [m for m in of['message'] if m['complete'] and m['opcode'] in (1, 2)]
    clear = sum(m['length'] for m in whole if m.get('inflated', True))
    return all((
        stats['connections'] == len(of['connection']),
        sum(stats['handshakes'].values()) == len(of['handshake']),
        stats['http']['requests'] + stats['http']['responses'] == len(of['http']),
        stats['gaps'] == {'count': len(of['gap']), 'bytes': sum(g['bytes'] for g in of['gap'])},
        sum(stats[d]['frames'][name] for d in DIR for name in FRAMES) == len(of['frame']),
        sum(stats[d]['payload_bytes'] for d in DIR) == payload,
        sum(stats[d]['messages'][name] for d in DIR for name in ('text', 'binary')) == len(whole),
        sum(stats[d]['message_bytes'] for d in DIR) == clear,
        told == closes,
        stats['findings'] == collections.Counter(f['rule'] for f in of['finding']),
    ))


def members(value):
    """The names of all members, but for those that are counts of something."""
    if isinstance(value, dict):
        return set(value) | set().union(*map(members, value.values()))
    return set()


def told_in_manual():
    with open(os.path.join(ROOT, 'analyzer', 'ws101.1'), encoding='utf-8') as manual:
        section = re.search(r'^\.Sh JSON$(.*?)^\.Sh ', manual.read(), re.M | re.S).group(1)
    return set(re.findall(r'[a-z0-9_]+', section))


def main():
    passed = failed = 0
    manual = told_in_manual()
    for name in sys.argv[1:] or sorted(glob.glob(os.path.join(ROOT, 'captures', '*.pcap*'))):
        events = [json.loads(line) for line in run('json', name)]
        wrong = [event for event in events if not event_is_right(event)]
        stats = json.loads(run('stats', '--json', name)[0])
        for problem, good in (('an event: %s' % wrong[:1], not wrong),
                              ('stats: %s' % stats, fits(stats, STATS)),
                              ('counts differ: %s' % stats, counts_agree(events, stats)),
                              ('not in the manual', all(members(event) <= manual for event in events))):
            passed, failed = passed + good, failed + (not good)
            if not good:
                print('%s: %s' % (os.path.basename(name), problem))
    print('%d passed, %d failed' % (passed, failed))
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
