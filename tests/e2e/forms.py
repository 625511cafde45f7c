#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Random conversations in the forms that the standards allow: ordinary HTTP before the upgrade, messages in
every form of permessage-deflate, TCP that is odd but right, and what tools/layers.py wraps around it. A seed
is a file of several connections at once. All that was said must come out, and nobody be blamed.
faults.md 12, 13, 15, 16, 17, 22, 24, 25, 31, 37, 40, 41, 43, 44, 45, 54, 60, 61, 62.

    forms.py [SEED...]
"""
import itertools
import os
import random
import struct
import sys
import tempfile
import zlib

import truth
from truth import ACK, FIN, NAMES, PSH, SYN

sys.path.insert(0, os.path.join(truth.ROOT, 'tests', 'tools'))
import layers  # noqa: E402

SEEDS = [int(word) for word in sys.argv[1:]] or range(25)
TOGETHER = 6            # connections in one file
FIRST_PORT = 20000      # of the clients
RST, URG = 4, 32
NO_BLAME = truth.ABOUT_PINGS + ('tcp-reset-ignored', 'close-tcp-by-client-first')


def cut(random, data, times):
    places = sorted(random.randrange(len(data) + 1) for _ in range(times))
    return [data[start:end] for start, end in zip([0] + places, places + [len(data)])]


# --- WebSocket ------------------------------------------------------------------------------------------

STRATEGIES = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE)
FLUSHES = (zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK)


class Deflater:
    """One side of permessage-deflate. What it has sent is its window, also for a compressor begun anew."""

    def __init__(self, random, bits, takeover):
        self.random, self.bits, self.takeover = random, max(bits, 9), takeover    # zlib has no 8
        self.history, self.compressor = b'', None

    def restart(self):
        level, strategy = self.random.choice((0, 1, 6, 9)), self.random.choice(STRATEGIES)
        window = self.history[262 - (1 << self.bits):] if self.random.random() < 0.8 else b''
        self.compressor = zlib.compressobj(level, zlib.DEFLATED, -self.bits, 8, strategy, window)

    def compress(self, content):
        if not self.takeover:
            self.history, self.compressor = b'', None
        if self.compressor is None or self.random.random() < 0.15:
            self.restart()
        form = self.random.choice((self.in_blocks, self.in_blocks, self.final, self.final_inside))
        return form(content) or b'\0'

    def add(self, content, flush):
        self.history += content
        return self.compressor.compress(content) + self.compressor.flush(flush)

    def in_blocks(self, content):
        *pieces, last = cut(self.random, content, self.random.choice((0, 0, 1, 5)))
        out = b''.join(self.add(piece, self.random.choice(FLUSHES)) for piece in pieces)
        return (out + self.add(last, zlib.Z_SYNC_FLUSH)).removesuffix(b'\0\0\xff\xff')

    def final(self, content):
        """The last block has BFINAL, and perhaps an empty one behind it: RFC 7692 7.2.3.4."""
        out = self.add(content, zlib.Z_FINISH) + self.random.choice((b'', b'\0'))
        self.compressor = None
        return out

    def final_inside(self, content):
        first, second = cut(self.random, content, 1)
        out = self.add(first, zlib.Z_FINISH)
        self.restart()
        return out + self.in_blocks(second)


class Speaker:
    """The WebSocket bytes of one side, and what they are."""

    def __init__(self, random, side, deflater):
        self.random, self.side, self.deflater = random, side, deflater
        self.writes, self.frames, self.messages, self.shapes = [], [], [], []

    def frame(self, opcode, payload, fin=True, rsv=0):
        self.frames.append((opcode, fin, rsv, len(payload)))
        mask = struct.pack('>I', self.random.randrange(1, 2 ** 32)) if self.side == 0 else None
        return truth.frame(opcode, payload, mask, fin, rsv)

    def control(self):
        size = self.random.choice((0, 1, 8, 125))
        return self.frame(self.random.choice((9, 10)), self.random.randbytes(size))

    def content(self, size):
        if self.random.random() < 0.3:
            return 2, self.random.randbytes(size)
        if self.random.random() < 0.3:
            return 1, ('é✓𝄞x' * (size // 10)).encode().ljust(size)
        return 1, b' '.join(b'%x' % self.random.getrandbits(10) for _ in range(size))[:size]

    def message(self):
        opcode, content = self.content(self.random.choice((0, 0, 1, 2, 20, 125, 126, 127, 1000, 4096, 65536)))
        deflated = self.deflater is not None and self.random.random() < 0.8
        pieces = self.pieces(self.deflater.compress(content) if deflated else content)
        self.messages.append((opcode, content))
        self.shapes.append((deflated, len(pieces)))
        out = self.frame(opcode, pieces[0], len(pieces) == 1, 4 if deflated else 0)
        for number, piece in enumerate(pieces[1:], 2):
            out += self.control() if self.random.random() < 0.1 else b''
            out += self.frame(0, piece, number == len(pieces))
        return out

    def pieces(self, payload):
        form = self.random.random()
        if form < 0.15 and 0 < len(payload) < 300:
            return [payload[i:i + 1] for i in range(len(payload))]
        return cut(self.random, payload, 0 if form < 0.75 else self.random.choice((1, 2, 8)))

    def write(self):
        self.writes.append(b''.join(self.control() if self.random.random() < 0.15 else self.message()
                                    for _ in range(self.random.choice((1, 1, 1, 2, 5, 20)))))


# --- HTTP -----------------------------------------------------------------------------------------------

# Method, form of the request's body, interim answers, status, form of the answer's body.
EXCHANGES = (
    ('GET', '', (), 200, 'length'), ('GET', '', (103, 103), 200, 'chunked'), ('DELETE', '', (), 204, ''),
    ('GET', '', (), 304, 'announced'), ('GET', '', (), 401, 'length'), ('HEAD', '', (), 200, 'announced'),
    ('POST', 'length', (), 200, 'chunked'), ('POST', 'chunked', (), 302, 'length twice'),
    ('PUT', 'chunked', (100,), 201, 'length'),
)
MISLEADING = (b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
              b'GET /x HTTP/1.1\r\nUpgrade: websocket\r\n\r\n', b'\x81\x05hello\x89\x00', b'0\r\n\r\n')


def head(random, start, *fields):
    """Fields in any order, names spelled and values spaced as they may be, and some that mean nothing."""
    number = random.choice((0, 1, 20))
    fields = list(fields) + [(b'X-%d' % i, b'x' * random.choice((0, 3, 900))) for i in range(number)]
    random.shuffle(fields)
    return start + b'\r\n' + b''.join(
        random.choice((name, name.lower(), name.upper())) + b':' + random.choice((b' ', b'', b'\t ')) + value
        + random.choice((b'', b' ')) + b'\r\n' for name, value in fields) + b'\r\n'


def chunked(random, content):
    out = b''
    for piece in filter(None, cut(random, content, random.choice((0, 1, 4)))):
        size = random.choice((b'%x', b'%04X')) % len(piece)
        out += size + random.choice((b'', b';x=y', b'; n="v;\\"q"')) + b'\r\n' + piece + b'\r\n'
    trailer = random.choice((b'', b'X-T: HTTP/1.1 101\r\n'))
    return out + random.choice((b'0', b'000;last')) + b'\r\n' + trailer + b'\r\n'


def body(random, form):
    """Its header fields, its bytes, and their number once out of their chunks."""
    if not form:
        return [], b'', 0
    content = random.choice(MISLEADING) + random.randbytes(random.choice((0, 50, 3000)))
    if form == 'chunked':
        return [(b'Transfer-Encoding', b'chunked')], chunked(random, content), len(content)
    length = b', '.join([b'%d' % len(content)] * (2 if form == 'length twice' else 1))
    content = b'' if form == 'announced' else content
    return [(b'Content-Length', length)], content, len(content)


def exchange(random, method, request_form, interim, status, answer_form):
    """(request, what it is), (answers, what they are)."""
    fields, content, length = body(random, request_form)
    target = b' h:80' if method == 'CONNECT' else b' /p?q=HTTP/1.1'
    request = head(random, method.encode() + target + b' HTTP/1.1', (b'Host', b'h:80'), *fields) + content
    said = [(method, length)]
    fields, content, length = body(random, answer_form)
    answers = [head(random, b'HTTP/1.1 %d Soon' % number) for number in interim]
    answers.append(head(random, b'HTTP/1.1 %d OK' % status, *fields) + content)
    return (request, said), (b''.join(answers), [(number, 0) for number in interim] + [(status, length)])


def together(exchanges):
    """One exchange of several: all that one side has to say, then all of the other."""
    return [(b''.join(data for data, _ in side), sum((said for _, said in side), []))
            for side in zip(*exchanges)]


def extension(random):
    """permessage-deflate with any parameters, or not at all: the deflaters, the offer and the answer."""
    if random.random() < 0.4:
        return (None, None), [], []
    deflaters, offer, answer = [], [b'permessage-deflate'], [b'permessage-deflate']
    for name in (b'client', b'server'):
        bits, takeover = random.choice((None, 8, 9, 12, 15)), random.random() < 0.6
        deflaters.append(Deflater(random, bits or 15, takeover))
        if bits:
            offer.append(name + random.choice((b'_max_window_bits=15', b'_max_window_bits="15"')))
            answer.append(name + b'_max_window_bits=%d' % bits)
        if not takeover:
            offer.append(name + b'_no_context_takeover')
            answer.append(offer[-1])
    return deflaters, *([(b'Sec-WebSocket-Extensions', random.choice((b'; ', b';')).join(words))]
                        for words in (offer, answer))


class Conversation:
    """steps: (side, bytes) one after the other; then free: two lists of writes that take no turns."""

    def __init__(self, random):
        self.random, self.steps, self.http, self.handshakes = random, [], ([], []), ['accepted']
        self.ordinary()
        if random.random() < 0.1:
            self.step(*exchange(random, 'CONNECT', '', (), 200, ''))
            self.ordinary()
        if random.random() < 0.2:
            self.handshakes.insert(0, 'refused')
            _, answer = exchange(random, 'GET', '', (), random.choice((401, 302, 503)), 'length')
            self.step((self.upgrade_request([]), [('GET', 0)]), answer)
        self.upgrade()

    def ordinary(self):
        """Some exchanges, perhaps all the requests first."""
        rows = self.random.choices(EXCHANGES, k=self.random.choice((0, 0, 1, 4)))
        exchanges = [exchange(self.random, *row) for row in rows]
        for pair in [together(exchanges)] if self.random.random() < 0.3 else exchanges:
            self.step(*pair)

    def step(self, *pair):
        for side, (content, said) in enumerate(pair):
            self.steps.append((side, content))
            self.http[side].extend(said)

    def upgrade_request(self, offer):
        cookie = [(b'Cookie', b'c=' + b'0' * self.random.choice((100, 40000)))] * (self.random.random() < 0.2)
        tokens = self.random.choice((b'Upgrade', b'keep-alive, upgrade'))
        return head(self.random, b'GET /ws HTTP/1.1', (b'Host', b'h'), (b'Upgrade', b'websocket'),
                    (b'Connection', tokens), (b'Sec-WebSocket-Version', b'13'),
                    (b'Sec-WebSocket-Key', truth.KEY), *offer, *cookie)

    def upgrade(self):
        deflaters, offer, answer = extension(self.random)
        speakers = [Speaker(self.random, side, deflaters[side]) for side in (0, 1)]
        for _ in range(self.random.choice((2, 6, 12))):
            self.random.choice(speakers).write()
        for speaker in speakers:
            speaker.writes.append(speaker.frame(8, b'\x03\xe8bye'))
        self.free = [speaker.writes for speaker in speakers]
        self.frames = [speaker.frames for speaker in speakers]
        self.messages = [speaker.messages for speaker in speakers]
        self.shapes = [speaker.shapes for speaker in speakers]
        reason = self.random.choice((b'Switching Protocols', b''))
        answer = head(self.random, b'HTTP/1.1 101 ' + reason, (b'Upgrade', b'WebSocket'),
                      (b'Connection', b'upgrade'), (b'Sec-WebSocket-Accept', truth.ACCEPT), *answer)
        if self.random.random() < 0.5:
            answer += self.free[1].pop(0)
        self.step((self.upgrade_request(offer), [('GET', 0)]), (answer, [(101, 0)]))


# --- TCP ------------------------------------------------------------------------------------------------

OPTIONS = (b'', b'', b'\1\1\x08\x0a' + bytes(8), b'\1\1\5\x0a\0\0\0\1\0\0\0\2', b'\1' * 40, bytes(4),
           b'\xfe\4ab')
SYN_OPTIONS = (b'', b'\2\4\5\xb4', b'\2\4\5\xb4\4\2\x08\x0a' + bytes(8) + b'\1\3\3\7', b'\1\1\1\0')


class Connection:
    """A conversation as segments, (side, bytes) without a checksum, with what else TCP may do. Positions
    count from the SYN, which is 0. in_order: they are captured so, and may be such as only order explains."""

    def __init__(self, random, conversation, ports, in_order):
        self.random, self.ports, self.in_order = random, ports, in_order
        self.start = [random.choice((1, 2 ** 31, 2 ** 32)) - random.randrange(5000) for _ in NAMES]
        self.sent, self.heard, self.segments = [b'\0', b'\0'], [0, 0], []
        total = sum(len(data) for _, data in conversation.steps) + len(b''.join(sum(conversation.free, [])))
        self.size = max(random.choice((1, 7, 97, 536, 1400, 1400, 9000, 60000)), total // 1500)
        self.open()
        for side, data in conversation.steps:
            self.heard[side] = len(self.sent[1 - side])
            self.send(side, data)
        self.send_freely(conversation.free)
        self.close()

    def segment(self, side, flags, data=b'', position=None):
        position = len(self.sent[side]) if position is None else position
        options = self.random.choice(SYN_OPTIONS if flags & SYN else OPTIONS)
        acknowledgment = (self.start[1 - side] + self.heard[side]) % 2 ** 32 if flags & ACK else 0
        self.segments.append((side, struct.pack(
            '>HHIIBBHHH', *self.ports[::1 if side == 0 else -1], (self.start[side] + position) % 2 ** 32,
            acknowledgment, 0x50 + len(options) * 4, flags, 8192, 0, 0) + options + data))

    def acknowledge(self, side):
        self.heard[side] = len(self.sent[1 - side])
        self.segment(side, ACK)

    def open(self):
        """Perhaps both at once, or with an answer that comes twice."""
        self.segment(0, SYN, position=0)
        both = self.in_order and self.random.random() < 0.06
        if both:
            self.segment(1, SYN, position=0)
        self.heard = [1, 1]
        for side in (0, 1) if both else self.random.choice(((1,), (1, 1))):
            self.segment(side, SYN | ACK, position=0)
        self.segment(0, ACK)

    def send(self, side, data):
        if self.random.random() < 0.05:    # a window probe: the byte comes again with the rest
            self.segment(side, ACK, data[:1])
        while data:
            length = self.size if self.random.random() < 0.9 else self.random.randint(1, self.size)
            piece, data = data[:length], data[length:]
            self.segment(side, ACK | PSH, piece)
            self.sent[side] += piece
            if self.random.random() < 0.5:
                self.acknowledge(1 - side)
            if self.random.random() < 0.1:
                self.random.choice((self.keep_alive, self.retransmit, self.stray_reset, self.urgent))(side)

    def keep_alive(self, side):
        """The last byte again, or none, or any other in its place."""
        byte = self.random.choice((b'', self.sent[side][-1:]) + (b'\0', b'\xff') * self.in_order)
        self.segment(side, ACK, byte, len(self.sent[side]) - 1)

    def retransmit(self, side):
        """In other pieces than before."""
        position = self.random.randrange(max(1, len(self.sent[side]) - 3000), len(self.sent[side]))
        self.segment(side, ACK | PSH, self.sent[side][position:][:self.random.randint(1, 2000)], position)

    def stray_reset(self, side):
        distance = self.random.choice((0x20000000, -200000))
        self.segment(side, RST | ACK, position=len(self.sent[side]) + distance)

    def urgent(self, side):
        self.segment(side, ACK | URG)

    def send_freely(self, writes):
        self.heard = [len(self.sent[1]), len(self.sent[0])]
        while any(writes):
            side = self.random.choice([side for side in (0, 1) if writes[side]])
            data = writes[side].pop(0)
            if len(data) > self.size and self.random.random() < 0.3:    # the other side may speak within it
                writes[side].insert(0, data[self.size:])
                data = data[:self.size]
            self.send(side, data)

    def close(self):
        """One FIN and then the other, perhaps both before either is acknowledged."""
        first = self.random.randrange(2)
        for side in (first, 1 - first):
            self.segment(side, FIN | ACK)
            self.sent[side] += b'\0'
            if self.random.random() < 0.5:
                self.acknowledge(1 - side)


# --- captures and judging -------------------------------------------------------------------------------

class Found(truth.Reading):
    """What ws101 says of one connection."""

    def __init__(self):
        super().__init__([])
        self.http, self.handshakes, self.shapes = ([], []), [], ([], [])

    def on_http(self, event):
        what = event['request']['method'] if 'request' in event else event['response']['status']
        self.http[NAMES.index(event['dir'])].append((what, event['body_length']))

    def on_handshake(self, event):
        self.handshakes.append(event['verdict'])

    def on_message(self, event):
        super().on_message(event)
        self.shapes[NAMES.index(event['dir'])].append((event['compressed'], event['frames']))

    def on_finding(self, event):
        if event['rule'] not in NO_BLAME:
            self.findings.append(event['rule'])


def capture(seed):
    """The packets, (link type, bytes) of all connections at once; and of each its form and what is said."""
    chance = random.Random(seed)
    packets, said = [], []
    for port in range(FIRST_PORT, FIRST_PORT + TOGETHER):
        path, conversation = layers.Path(chance), Conversation(chance)
        ports, late = (port, chance.choice((80, 8080, 8101))), chance.choice((0, 0, -20, 20))
        segments = Connection(chance, conversation, ports, late == 0).segments
        for place, (side, segment) in enumerate(segments):    # one side may be captured late
            packets += [(place + late * side, path.link, packet) for packet in path.captured(side, segment)]
        said.append(('%s, server late by %d' % (path, late), conversation))
    packets.sort(key=lambda packet: packet[0])
    return layers.pcapng(chance, [packet[1:] for packet in packets]), said


def found_in(path):
    """By the port of the client."""
    found, ports = {}, {}
    for event in truth.events(path):
        if event['type'] == 'connection':
            ports[event['conn']] = int(event['client'].rsplit(':', 1)[1])
        found.setdefault(ports[event['conn']], Found()).read(event)
    return found


def difference(said, found):
    """In words, the first; none where there is none."""
    lists = [('handshakes', said.handshakes, found.handshakes)]
    for side, direction in enumerate(NAMES):
        lists += [('%s %s' % (direction, name), getattr(said, name)[side], getattr(found, name)[side])
                  for name in ('http', 'frames', 'messages', 'shapes')]
    for name, expected, seen in lists:
        for place, pair in enumerate(itertools.zip_longest(expected, seen)):
            if pair[0] != pair[1]:
                return '%s %d: sent %.90s, found %.90s' % (name, place, *map(str, pair))
    return 'gap of %d, findings %s' % (found.gap, found.findings) if found.gap or found.findings else ''


def judge_seed(judge, seed):
    data, said = capture(seed)
    with open(judge.path, 'wb') as file:
        file.write(data)
    try:
        found = found_in(judge.path)
    except RuntimeError as error:
        judge.check('seed %d: %s' % (seed, error), False)
        return
    judge.check('seed %d: connections of %s' % (seed, sorted(found)), len(found) == TOGETHER)
    for port, (form, conversation) in enumerate(said, FIRST_PORT):
        wrong = difference(conversation, found.get(port, Found()))
        judge.check('seed %d, port %d, %s: %s' % (seed, port, form, wrong), not wrong)


def main():
    with tempfile.TemporaryDirectory() as folder:
        judge = truth.Judge(os.path.join(folder, 'forms.pcapng'))
        for seed in SEEDS:
            judge_seed(judge, seed)
    print('%d passed, %d failed' % (judge.passed, judge.failed))
    return judge.failed > 0


if __name__ == '__main__':
    sys.exit(main())
