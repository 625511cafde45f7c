#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ws101 and tshark say the same of every bundled capture, wherever tshark can be relied on: the frames of each
direction of each connection (opcode, FIN, mask, length), the codes of Close frames, and the start lines of HTTP.
Where they differ, NOT_COMPARED says why. Written for tshark 4.0 and 4.4."""
import json
import os
import subprocess
import sys
from collections import defaultdict

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CAPTURES = os.path.join(ROOT, 'captures')
WS101 = os.environ.get('WS101', os.path.join(ROOT, 'build/ws101'))

FRAMES, CLOSES, HEADS = 'frames', 'closes', 'heads'

# tshark's default for segments out of order loses frames; this is how it is meant to be right
OPTIONS = ['-o', 'tcp.reassemble_out_of_order:TRUE', '-o', 'tcp.desegment_tcp_streams:TRUE',
           '-o', 'tcp.check_checksum:FALSE', '-o', 'ip.check_checksum:FALSE']
FIELDS = ['ip.src', 'ipv6.src', 'tcp.srcport', 'ip.dst', 'ipv6.dst', 'tcp.dstport',
          'websocket.opcode', 'websocket.fin', 'websocket.mask', 'websocket.payload_length',
          'websocket.payload_length_ext_16', 'websocket.payload_length_ext_64',
          'websocket.payload.close.status_code',
          'http.request.method', 'http.request.uri', 'http.response.code']

# capture: (what is left out, why tshark is not the judge of it)
LATE = 'without a handshake in view tshark shows plain TCP: its guessing of WebSocket is off, and weak where it is on'
NOT_COMPARED = {
    'late-deflate': ((FRAMES, CLOSES), LATE),
    'late-listener': ((FRAMES, CLOSES), LATE),
    'late-midframe': ((FRAMES, CLOSES), LATE),
    'late-plain': ((FRAMES, CLOSES), LATE),
    'recorder-loss': ((FRAMES, CLOSES), 'behind a hole tshark takes the next segment for the start of a frame'),
    'kept-connection': ((FRAMES,), 'a frame in the segment of the upgrade request is HTTP Continuation to tshark'),
    'http-bodies': ((HEADS,), 'requests sent without waiting: tshark gives the answer to HEAD a body'),
}

passed = failed = 0


def check(name, good, detail=''):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print('FAILED: %s\n    %s' % (name, detail))


class Story:
    """What one program says, by (sender, receiver): {FRAMES: {...}, CLOSES: {...}, HEADS: {...}}"""

    def __init__(self):
        self.said = {what: defaultdict(list) for what in (FRAMES, CLOSES, HEADS)}

    def add(self, what, way, item):
        self.said[what][way].append(item)


def endpoint(address, port):
    return ('[%s]:%s' if ':' in address else '%s:%s') % (address, port)


def truth(text):
    return text in ('1', 'True')


def lengths(row):
    """The 7-bit field says which longer one, if any, has the length; each list has only its own."""
    medium, long = iter(row['websocket.payload_length_ext_16']), iter(row['websocket.payload_length_ext_64'])
    for text in row['websocket.payload_length']:
        short = int(text)
        yield int(next(medium)) if short == 126 else int(next(long)) if short == 127 else short


def by_tshark(capture):
    command = ['tshark', '-n', '-r', capture, *OPTIONS, '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a',
               '-E', 'aggregator=\x1f']
    for field in FIELDS:
        command += ['-e', field]
    out = subprocess.run(command, capture_output=True, check=True).stdout.decode('utf-8', 'replace')
    story = Story()
    for line in out.splitlines():
        cells = line.split('\t')
        row = {field: cell.split('\x1f') if cell else [] for field, cell in zip(FIELDS, cells)}
        if not row['tcp.srcport']:
            continue
        source = endpoint((row['ip.src'] or row['ipv6.src'])[-1], row['tcp.srcport'][-1])
        way = source, endpoint((row['ip.dst'] or row['ipv6.dst'])[-1], row['tcp.dstport'][-1])
        for opcode, fin, mask, length in zip(row['websocket.opcode'], row['websocket.fin'], row['websocket.mask'],
                                             lengths(row)):
            story.add(FRAMES, way, (int(opcode), truth(fin), truth(mask), length))
        for code in row['websocket.payload.close.status_code']:
            story.add(CLOSES, way, int(code))
        for method, target in zip(row['http.request.method'], row['http.request.uri']):
            story.add(HEADS, way, (method, target))
        for status in row['http.response.code']:
            story.add(HEADS, way, int(status))
    return story


def add_event(story, event, ways):
    if event['type'] == 'connection':
        ways[event['conn']] = {'c2s': (event['client'], event['server']), 's2c': (event['server'], event['client'])}
        return
    way = ways[event['conn']][event['dir']]
    if event['type'] == 'frame':
        story.add(FRAMES, way, (event['opcode'], event['fin'], event['masked'], event['length']))
        if event.get('code') is not None:
            story.add(CLOSES, way, event['code'])
    elif 'request' in event:
        story.add(HEADS, way, (event['request']['method'], event['request']['target']))
    else:
        story.add(HEADS, way, event['response']['status'])


def by_ws101(capture):
    out = subprocess.run([WS101, 'json', '--only', 'connection,http,frame', capture], capture_output=True,
                         check=True).stdout
    story, ways = Story(), {}
    for line in out.splitlines():
        add_event(story, json.loads(line), ways)
    return story


def first_difference(ours, theirs):
    for way in sorted(set(ours) | set(theirs)):
        a, b = ours.get(way, []), theirs.get(way, [])
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            return '%s -> %s: ws101 has %d, tshark %d; from number %d on: ws101 %s, tshark %s' % (
                *way, len(a), len(b), at + 1, a[at:at + 3], b[at:at + 3])
    return ''


def main():
    compared = 0
    for name in sorted(os.listdir(CAPTURES)):
        if not name.endswith(('.pcap', '.pcapng')):
            continue
        ours, theirs = by_ws101(os.path.join(CAPTURES, name)), by_tshark(os.path.join(CAPTURES, name))
        left_out, _ = NOT_COMPARED.get(name.split('.')[0], ((), ''))
        for what in (FRAMES, CLOSES, HEADS):
            if what not in left_out:
                difference = first_difference(ours.said[what], theirs.said[what])
                check('%s of %s' % (what, name), not difference, difference)
                compared += sum(len(items) for items in ours.said[what].values())
    check('something was compared', compared > 1000, compared)
    check('what is left out exists', set(NOT_COMPARED) <= {name.split('.')[0] for name in os.listdir(CAPTURES)})
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(failed > 0)


main()
