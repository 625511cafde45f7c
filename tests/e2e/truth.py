#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A long conversation in both directions, its packets made here and its frames written down while they are
made, then damaged and rearranged in every way that a capture can be. Nothing may be shown that was not sent,
what is missing must be called missing, and where nothing is, all must be there. faults.md 20, 21, 26, 27.

    truth.py [SEED...]
"""
import base64
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WS101 = os.environ.get('WS101', os.path.join(ROOT, 'build', 'ws101'))
SEEDS = [int(word) for word in sys.argv[1:]] or [2, 3]
NAMES = ('c2s', 's2c')
KEY = b'dGhlIHNhbXBsZSBub25jZQ=='
ACCEPT = base64.b64encode(hashlib.sha1(KEY + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest())
DEFLATE = b'Sec-WebSocket-Extensions: permessage-deflate\r\n'
SYN, FIN, ACK, PSH = 2, 1, 16, 8
ABOUT_PINGS = ('frame-pong-unsolicited', 'close-ping-unanswered-by-client', 'close-ping-unanswered-by-server')


def frame(opcode, payload, mask, fin=True, rsv=0):
    length = len(payload)
    bit = 0x80 if mask else 0
    if length < 126:
        form = bytes([bit | length])
    elif length < 65536:
        form = bytes([bit | 126]) + struct.pack('>H', length)
    else:
        form = bytes([bit | 127]) + struct.pack('>Q', length)
    if mask:
        key = (mask * (length // 4 + 1))[:length]
        payload = mask + bytes(a ^ b for a, b in zip(payload, key))
    return bytes([fin << 7 | rsv << 4 | opcode]) + form + payload


class Conversation:
    """packets: (side, sequence, acknowledgment, flags, payload); frames and messages: the truth, by side.
    The handshake is made at once, the rest by talk."""

    def __init__(self, seed, deflate, segment, start=None):
        self.random = random.Random(seed)
        self.segment = segment
        self.next = [start or self.random.getrandbits(32), start or self.random.getrandbits(32)]
        self.packets, self.frames, self.messages = [], ([], []), ([], [])
        self.deflaters = [zlib.compressobj(6, zlib.DEFLATED, -15) for _ in NAMES] if deflate else None
        self.packet(0, SYN)
        self.packet(1, SYN | ACK)
        self.packet(0, ACK)
        extension = DEFLATE if deflate else b''
        self.send(0, b'GET /truth HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\n'
                  b'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ' + KEY + b'\r\n' +
                  extension + b'\r\n')
        self.send(1, b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                  b'Sec-WebSocket-Accept: ' + ACCEPT + b'\r\n' + extension + b'\r\n')

    def talk(self, times):
        for _ in range(times):
            self.speak(self.random.randrange(2))
        for side in (0, 1):
            self.send(side, self.frame(side, 8, b'\x03\xe8bye'))
        for side in (1, 0):
            self.packet(side, FIN | ACK)
        self.packet(1, ACK)

    def lose_start(self, side, content, left, others):
        """A large message, of which all but the last bytes are lost; others stand behind it in its segment.
        The number of the packet that is lost."""
        self.messages[side].extend((2, message) for message in [content] + others)
        data = self.frame(side, 2, content)
        self.packet(side, PSH | ACK, data[:-left])
        lost = len(self.packets) - 1
        self.packet(side, PSH | ACK, data[-left:] + b''.join(self.frame(side, 2, other) for other in others))
        self.packet(1 - side, ACK)
        return lost

    def packet(self, side, flags, payload=b''):
        acknowledgment = self.next[1 - side] if flags & ACK else 0
        self.packets.append((side, self.next[side], acknowledgment, flags, payload))
        self.next[side] = (self.next[side] + len(payload) + bool(flags & (SYN | FIN))) % 2 ** 32

    def send(self, side, data):
        for at in range(0, len(data), self.segment):
            self.packet(side, PSH | ACK, data[at:at + self.segment])
        self.packet(1 - side, ACK)

    def frame(self, side, opcode, payload, fin=True, rsv=0):
        self.frames[side].append((opcode, fin, rsv, len(payload)))
        return frame(opcode, payload, self.random.randbytes(4) if side == 0 else None, fin, rsv)

    def speak(self, side):
        """One to five messages or pings in one write."""
        data = b''
        for _ in range(self.random.choice((1, 1, 2, 5))):
            length = self.random.choice((0, 1, 5, 20, 125, 126, 300, 2000))
            content = b' '.join(b'%x' % self.random.getrandbits(10) for _ in range(length))[:length]
            if self.random.random() < 0.15:
                data += self.frame(side, self.random.choice((9, 10)), content[:100])
            else:
                data += self.message(side, self.random.choice((1, 1, 2)), content)
        self.send(side, data)

    def message(self, side, opcode, content):
        self.messages[side].append((opcode, content))
        payload, rsv = content, 0
        if self.deflaters and self.random.random() < 0.8:
            deflater = self.deflaters[side]
            payload = (deflater.compress(content) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4] or b'\0'
            rsv = 4
        places = sorted(self.random.randrange(len(payload) + 1)
                        for _ in range(self.random.choice((0, 0, 0, 2))))
        pieces = [payload[start:end] for start, end in zip([0] + places, places + [len(payload)])]
        data = self.frame(side, opcode, pieces[0], len(pieces) == 1, rsv)
        for number, piece in enumerate(pieces[1:], 2):
            data += self.frame(side, 0, piece, number == len(pieces))
        return data


# --- packets to a file, a file to events ----------------------------------------------------------------

def ethernet(packet, total=True):
    side, sequence, acknowledgment, flags, payload = packet
    ports = (40000, 8101) if side == 0 else (8101, 40000)
    addresses = [b'\x0a\0\0\1', b'\x0a\0\0\2']
    segment = struct.pack('>HHIIBBHHH', *ports, sequence, acknowledgment, 0x50, flags, 8192, 0, 0) + payload
    header = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(segment) if total else 0, 1, 0, 64, 6, 0)
    return bytes(12) + b'\x08\0' + header + addresses[side] + addresses[1 - side] + segment


def write(path, packets):
    with open(path, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number, packet in enumerate(packets):
            file.write(struct.pack('<IIII', 1700000000 + number // 1000, number % 1000 * 1000, len(packet),
                                   len(packet)) + packet)


def events(path):
    done = subprocess.run([WS101, 'json', path], capture_output=True, timeout=60)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors='replace')[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


class Reading:
    """What ws101 says, in events."""

    def __init__(self, events):
        self.frames, self.messages, self.gap, self.findings = ([], []), ([], []), 0, []
        for event in events:
            self.read(event)

    def read(self, event):
        getattr(self, 'on_' + event['type'], lambda event: None)(event)

    def on_frame(self, event):
        self.frames[NAMES.index(event['dir'])].append((event['opcode'], event['fin'], event['rsv'],
                                                       event['length']))

    def on_message(self, event):
        if event['complete'] and event.get('inflated', True):
            content = event['text'].encode() if 'text' in event else base64.b64decode(event['base64'])
            self.messages[NAMES.index(event['dir'])].append((event['opcode'], content))

    def on_gap(self, event):
        self.gap += event['bytes']

    def on_finding(self, event):
        if event['side'] != 'capture' and event['rule'] not in ABOUT_PINGS:
            self.findings.append(event['rule'])


def reading(path, packets):
    write(path, packets)
    return Reading(events(path))


def is_part(part, whole):
    rest = iter(whole)
    return all(any(item == other for other in rest) for item in part)


# --- judging ----------------------------------------------------------------------------------------------

class Judge:
    def __init__(self, path):
        self.path, self.passed, self.failed = path, 0, 0

    def check(self, name, condition):
        self.passed += bool(condition)
        self.failed += not condition
        if not condition:
            print('FAILED', name)

    def whole(self, name, truth, packets):
        found = reading(self.path, packets)
        self.check('%s: every frame' % name, all(found.frames[i] == truth.frames[i] for i in (0, 1)))
        self.check('%s: every message' % name, all(found.messages[i] == truth.messages[i] for i in (0, 1)))
        self.check('%s: no gap, no finding %s' % (name, found.findings), not found.gap and not found.findings)

    def part(self, name, truth, packets, missing=None):
        found = reading(self.path, packets)
        self.check('%s: no frame that was not sent' % name,
                   all(is_part(found.frames[i], truth.frames[i]) for i in (0, 1)))
        self.check('%s: no message that was not sent' % name,
                   all(is_part(found.messages[i], truth.messages[i]) for i in (0, 1)))
        self.check('%s: nobody is blamed: %s' % (name, found.findings), not found.findings)
        if missing is not None:
            self.check('%s: %d bytes missing, said %d' % (name, missing, found.gap), found.gap == missing)


def joined(packets):
    """Neighbours of one side as one segment, as an offloading card has them."""
    out = []
    for side, sequence, acknowledgment, flags, payload in packets:
        if out and payload and out[-1][4] and out[-1][0] == side:
            out[-1] = (side, out[-1][1], acknowledgment, flags, out[-1][4] + payload)
        else:
            out.append((side, sequence, acknowledgment, flags, payload))
    return out


def judge_seed(judge, seed):
    truth = Conversation(seed, deflate=seed % 2 == 1, segment=200 if seed % 3 == 2 else 1400)
    truth.talk(40)
    packets = truth.packets
    wire = [ethernet(packet) for packet in packets]
    judge.whole('seed %d' % seed, truth, wire)
    judge.whole('seed %d, all of it twice' % seed, truth, wire + wire)
    judge.whole('seed %d, each packet twice' % seed, truth, [packet for packet in wire for _ in (0, 1)])
    judge.whole('seed %d, joined, length 0' % seed, truth,
                [ethernet(packet, False) for packet in joined(packets)])
    order = sorted(range(len(wire)), key=lambda i: i + truth.random.random() * 40)
    judge.whole('seed %d, shuffled' % seed, truth, [wire[i] for i in order])
    by_side = [[ethernet(packet) for packet in packets if packet[0] == side] for side in (0, 1)]
    judge.part('seed %d, one side behind the other' % seed, truth, by_side[0] + by_side[1])
    judge.part('seed %d, the other side first' % seed, truth, by_side[1] + by_side[0])
    for side in (0, 1):
        judge.part('seed %d, %s only' % (seed, NAMES[side]), truth, by_side[side])
    for i in range(truth.random.randrange(6), len(wire), 6):
        judge.part('seed %d without packet %d' % (seed, i), truth, wire[:i] + wire[i + 1:],
                   len(packets[i][4]))
        judge.part('seed %d from packet %d on' % (seed, i), truth, wire[i:])


# What reads as frames more often than chance would have it, above all once it is masked.
REPETITIVE = {
    'zeros': bytes(5000),
    'counters': b''.join(struct.pack('<I', i) for i in range(1250)),
    'digits': b' '.join(b'%x' % (i * 37 % 1021) for i in range(1500))[:5000],
}


def judge_lost_start(judge, kind, content, seed):
    """What is left of a frame whose header was lost is not taken for frames."""
    truth = Conversation(seed, deflate=False, segment=1400)
    side = seed % 2
    others = [content[:length] for length in truth.random.sample(range(1, 90), truth.random.randrange(1, 6))]
    lost = truth.lose_start(side, content, truth.random.randrange(1, 700), others)
    truth.talk(8)
    wire = [ethernet(packet) for packet in truth.packets]
    judge.part('%s %d, its start lost' % (kind, seed), truth, wire[:lost] + wire[lost + 1:])
    judge.part('%s %d, joined inside' % (kind, seed), truth, wire[lost + 1:])


def judge_feed(judge, name, side, mask):
    """Many messages of one size, cut anywhere into segments: after a loss the way back is found soon."""
    truth = Conversation(1, deflate=False, segment=1400)
    truth.frames[side].extend([(2, True, 0, 10)] * 2000)
    before = len(truth.packets)
    truth.send(side, b''.join(frame(2, b'0123456789', mask or (side == 0 and truth.random.randbytes(4)))
                              for _ in range(2000)))
    wire = [ethernet(packet) for packet in truth.packets]
    found = reading(judge.path, wire[:before + 1] + wire[before + 2:])
    judge.check('%s: %d frames' % (name, len(found.frames[side])), 1700 < len(found.frames[side]) < 2000)


def judge_late_head(judge, start):
    """Joined before the handshake, which is held for a while, wherever its bytes stand in what holds them."""
    truth = Conversation(1, deflate=False, segment=1400, start=start)
    truth.talk(4)
    judge.whole('handshake at %d' % start, truth, [ethernet(packet) for packet in truth.packets][3:])


def main():
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(os.path.join(folder, 'truth.pcap'))
        for seed in SEEDS:
            judge_seed(judge, seed)
        for kind, content in REPETITIVE.items():
            for seed in list(range(12)) + [52, 78]:
                judge_lost_start(judge, kind, content, seed)
        for start in range(1000, 1025, 3):
            judge_late_head(judge, start)
        judge_feed(judge, 'the server feeds', 1, None)
        judge_feed(judge, 'the client feeds', 0, None)
        judge_feed(judge, 'the client feeds, always with the same mask', 0, b'mask')
    print('%d passed, %d failed' % (judge.passed, judge.failed))
    return judge.failed > 0


if __name__ == '__main__':
    sys.exit(main())
