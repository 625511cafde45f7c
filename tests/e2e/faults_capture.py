#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Capture files and what lies below TCP, through the whole program: one WebSocket conversation of known size,
wrapped in everything that a capture can wrap it in, and damaged in every way. faults.md 1 to 19, 83, 85, 87.

    faults_capture.py [FAULT...]
"""
import base64
import gzip
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('BUILD', os.path.join(ROOT, 'build'))
WS101 = os.environ.get('WS101', os.path.join(BUILD, 'ws101'))
SHIPPED = os.path.join(BUILD, 'ws101')      # without sanitizers, where memory is measured
MIB = 1 << 20

# --- the conversation ---------------------------------------------------------------------------------

KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
ACCEPT = base64.b64encode(hashlib.sha1((KEY + GUID).encode()).digest()).decode()
REQUEST = ('GET /chat HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
           'Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n' % KEY).encode()
RESPONSE = ('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
            'Sec-WebSocket-Accept: %s\r\n\r\n' % ACCEPT).encode()


def frame(opcode, payload, masked):
    length = len(payload)
    head = bytes([0x80 | opcode])
    bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([bit | length])
    else:
        head += bytes([bit | 126]) + struct.pack('>H', length)
    if not masked:
        return head + payload
    mask = b'\x37\xfa\x21\x3d'
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def tcp(client, sequence, acknowledgment, flags, payload=b''):
    ports = (40000, 8101) if client else (8101, 40000)
    return struct.pack('>HHIIBBHHH', *ports, sequence & 0xFFFFFFFF, acknowledgment & 0xFFFFFFFF, 0x50, flags,
                       8192, 0, 0) + payload


def conversation():
    """(from the client?, TCP segment), in order. No checksum is filled in: fault 18."""
    next_byte = {True: 1000, False: 5000}
    segments = []

    def say(client, payload=b'', flags=0x18):
        segments.append((client, tcp(client, next_byte[client], next_byte[not client], flags, payload)))
        next_byte[client] += len(payload) + (flags & 1) + ((flags >> 1) & 1)

    say(True, flags=0x02)
    say(False, flags=0x12)
    say(True, flags=0x10)
    say(True, REQUEST)
    say(False, RESPONSE)
    for i in range(5):
        say(True, frame(1, b'hello %d' % i, True))
        say(False, frame(1, b'world %d' % i, False))
    long = frame(2, bytes(i & 0xFF for i in range(3000)), False)
    for at in range(0, len(long), 1400):
        say(False, long[at:at + 1400])
    say(True, frame(8, b'\x03\xe8', True))
    say(False, frame(8, b'\x03\xe8', False))
    say(True, flags=0x11)
    say(False, flags=0x11)
    say(True, flags=0x10)
    return segments


SEGMENTS = conversation()
EXPECTED = {'c2s': 6, 's2c': 7}             # frames

# --- layers -------------------------------------------------------------------------------------------

V4 = {True: b'\x0a\0\0\1', False: b'\x0a\0\0\2'}
V6 = {True: bytes.fromhex('20010db8') + bytes(11) + b'\1', False: bytes.fromhex('20010db8') + bytes(11) + b'\2'}
MACS = b'\2\0\0\0\0\2\2\0\0\0\0\1'


def ipv4(client, payload, protocol=6, identification=1, flags_offset=0, total=None, options=b''):
    header = 20 + len(options)
    total = header + len(payload) if total is None else total
    return struct.pack('>BBHHHBBH', 0x40 | header // 4, 0, total, identification, flags_offset, 64, protocol,
                       0) + V4[client] + V4[not client] + options + payload


def ipv6(client, payload, protocol=6, length=None):
    length = len(payload) if length is None else length
    return struct.pack('>IHBB', 0x60000000, length, protocol, 64) + V6[client] + V6[not client] + payload


def ethernet(packet, ethertype=None):
    if ethertype is None:
        ethertype = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    return MACS + struct.pack('>H', ethertype) + packet


def udp(port, payload):
    return struct.pack('>HHHH', 40000, port, 8 + len(payload), 0) + payload


def pcap(packets, link_type=1, order='<', magic=0xA1B23C4D, start=1700000000, step=1000000, snap=None):
    """packets: bytes, or (bytes, seconds)."""
    out = [struct.pack(order + 'IHHiIII', magic, 2, 4, 0, 0, 262144, link_type)]
    unit = 1 if magic == 0xA1B23C4D else 1000
    for i, packet in enumerate(packets):
        packet, seconds = packet if isinstance(packet, tuple) else (packet, start)
        kept = packet if snap is None else packet[:snap]
        out.append(struct.pack(order + 'IIII', seconds, i * step % 10 ** 9 // unit, len(kept), len(packet)))
        if magic == 0xA1B2CD34:
            out.append(bytes(8))
        out.append(kept)
    return b''.join(out)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack(order + 'II', kind, 12 + len(body)) + body + struct.pack(order + 'I', 12 + len(body))


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + 'IHHq', 0x1A2B3C4D, 1, 0, -1))


def interface(order, link_type=1, resolution=6, snap=0):
    option = struct.pack(order + 'HHB3xHH', 9, 1, resolution, 0, 0)
    return block(order, 1, struct.pack(order + 'HHI', link_type, 0, snap) + option)


def enhanced(order, packet, number=0, units=1):
    return block(order, 6, struct.pack(order + 'IIIII', number, units >> 32, units & 0xFFFFFFFF, len(packet),
                                       len(packet)) + packet)


V4_PACKETS = [ipv4(client, segment) for client, segment in SEGMENTS]
V6_PACKETS = [ipv6(client, segment) for client, segment in SEGMENTS]
FRAMES = [ethernet(packet) for packet in V4_PACKETS]
PLAIN = pcap(FRAMES)

# --- running and judging ------------------------------------------------------------------------------

directory = tempfile.mkdtemp(prefix='ws101-')
passed = failed = 0


def check(name, condition, detail=''):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print('FAILED %s: %s' % (name, str(detail)[:600]))


def write(content, name='capture'):
    path = os.path.join(directory, name)
    with open(path, 'wb') as file:
        file.write(content)
    return path


def run(*arguments, program=WS101, **more):
    more.setdefault('timeout', 60)
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def stats(path, *arguments, **more):
    done = run('stats', '--json', *arguments, path, **more)
    try:
        return done, json.loads(done.stdout)
    except ValueError:
        return done, None


def frames_of(totals):
    return {side: sum(totals[side]['frames'].values()) for side in ('c2s', 's2c')}


def expect_whole(name, content, *arguments, **more):
    """The conversation, whole: every frame, one accepted handshake, no gap."""
    done, totals = stats(write(content) if isinstance(content, bytes) else content, *arguments, **more)
    good = (done.returncode == 0 and totals and frames_of(totals) == EXPECTED and
            totals['handshakes']['accepted'] == 1 and totals['gaps']['count'] == 0 and
            totals['s2c']['message_bytes'] == 3035 and totals['connections'] == 1)
    check(name, good, (done.returncode, done.stderr, done.stdout))
    return totals


def expect_refused(name, path, *words):
    done = run('stats', '--json', path)
    text = done.stderr.decode(errors='replace')
    good = done.returncode == 3 and text.count('\n') == 1 and all(word in text for word in words)
    check(name, good, (done.returncode, text))


def expect_survived(name, content):
    """Whatever it is: no crash, no hang, a documented status."""
    done, _ = stats(write(content), timeout=20)
    check(name, done.returncode in (0, 3), (done.returncode, done.stderr[-500:]))


# --- the faults ---------------------------------------------------------------------------------------

def fault_1():
    expect_refused('1 empty', write(b''), 'capture', 'empty')
    for size in range(1, 24):
        expect_refused('1 %d bytes' % size, write(PLAIN[:size]), 'too short')
    done, totals = stats(write(PLAIN[:24]))
    check('1 header only', done.returncode == 0 and totals['packets'] == 0, done.stderr)
    check('1 header only says so', b'0 packets' in done.stderr + run('stats', write(PLAIN[:24])).stdout, done)


def fault_2():
    ng = section('<') + interface('<') + b''.join(enhanced('<', packet) for packet in FRAMES)
    for name, content, start in (('pcap', PLAIN, 24), ('pcapng', ng, 28 + 32), ('gzip', gzip.compress(PLAIN), 60)):
        before = 0
        for size in range(start, len(content), len(content) // 37 | 1):
            done, totals = stats(write(content[:size]))
            good = done.returncode == 0 and totals and before <= totals['packets'] < len(FRAMES)
            check('2 %s cut at %d' % (name, size), good, (done.returncode, done.stderr))
            before = totals['packets'] if totals else before
    done, totals = stats(write(PLAIN[:-1]))
    check('2 says how many', b'%d packets' % (len(FRAMES) - 1) in done.stderr, done.stderr)
    check('2 shows them', totals['packets'] == len(FRAMES) - 1 and frames_of(totals) == EXPECTED, totals)


def fault_3():
    for length in (0xFFFFFFFF, 0x7FFFFFFF, 0x10000000, 300000):
        content = PLAIN + struct.pack('<IIII', 1700000001, 0, length, length) + bytes(1000)
        path = write(content)
        done, totals = stats(path)
        check('3 record of %x' % length, done.returncode == 3 and totals['packets'] == len(FRAMES),
              (done.returncode, done.stderr))
        check('3 record of %x: what came before is kept' % length, frames_of(totals) == EXPECTED, totals)
        peak = peak_memory(path)
        check('3 record of %x: memory' % length, peak < 64 * MIB, peak)
    record = struct.pack('<IIII', 1700000001, 0, 60, 20) + bytes(60)
    expect_whole('3 captured more than the wire had', PLAIN + record)


def peak_memory(path, *arguments):
    """Bytes that the shipped program used at most."""
    code = ('import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, '
            'stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)')
    done = subprocess.run(['/usr/bin/python3', '-c', code, SHIPPED, 'stats', *arguments, path],
                          stdout=subprocess.PIPE, timeout=60)
    return int(done.stdout) * 1024


def fault_4():
    for magic, name in ((0xA1B2C3D4, 'micro'), (0xA1B23C4D, 'nano'), (0xA1B2CD34, 'modified')):
        for order in '<>':
            expect_whole('4 pcap %s %s' % (name, order), pcap(FRAMES, order=order, magic=magic))
    for order in '<>':
        for resolution, units in ((6, 10 ** 6), (9, 10 ** 9), (3, 1000), (0xA0, 1 << 32), (0x8A, 1 << 10)):
            content = section(order) + interface(order, resolution=resolution)
            content += b''.join(enhanced(order, packet, units=(1700000000 * units) + i)
                                for i, packet in enumerate(FRAMES))
            expect_whole('4 pcapng %s resolution %d' % (order, resolution), content)
            done = run('json', '--only', 'connection', write(content))
            moment = json.loads(done.stdout.splitlines()[0])['time']
            check('4 time at resolution %d' % resolution, moment == '1700000000.000000000', moment)
    half = len(FRAMES) // 2
    content = b''.join(section(order) + interface(order) + block(order, 0xBAD, b'unknown') +
                       b''.join(enhanced(order, packet) for packet in packets) + block(order, 5, bytes(12))
                       for order, packets in (('<', FRAMES[:half]), ('>', FRAMES[half:])))
    expect_whole('4 two sections, two byte orders, unknown blocks', content)
    simple = section('<') + interface('<') + b''.join(
        block('<', 3, struct.pack('<I', len(packet)) + packet) for packet in FRAMES)
    expect_whole('4 simple packet blocks', simple)
    obsolete = section('>') + interface('>') + b''.join(
        block('>', 2, struct.pack('>HHIIII', 0, 0, 0, 1, len(packet), len(packet)) + packet) for packet in FRAMES)
    expect_whole('4 obsolete packet blocks', obsolete)
    overrun = section('<') + block('<', 1, struct.pack('<HHIHHI', 1, 0, 0, 9, 65535, 0))
    expect_whole('4 options overrun', overrun + b''.join(enhanced('<', packet) for packet in FRAMES))


def fault_5():
    done, totals = stats(write(pcap(FRAMES, link_type=147)))
    check('5 unknown link type', done.returncode in (0, 3) and b'147' in done.stderr, (done.returncode, done.stderr))
    mixed = section('<') + interface('<') + interface('<', 101) + interface('<', 147)
    for i, (packet, framed) in enumerate(zip(V4_PACKETS, FRAMES)):
        mixed += enhanced('<', framed, 0) if i % 2 else enhanced('<', packet, 1)
        mixed += enhanced('<', b'what?', 2)
    totals = expect_whole('5 three link types', mixed)
    done, _ = stats(write(mixed))
    check('5 those not known are counted', b'%d' % len(FRAMES) in done.stderr and b'147' in done.stderr, done.stderr)
    target = os.path.join(directory, 'written')
    done, _ = stats(write(mixed), '-w', target)
    expect_whole('5 -w keeps all of them', target)
    os.unlink(target)


def fault_6():
    expect_whole('6 gzip', gzip.compress(PLAIN))
    expect_whole('6 gzip in two members', gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:]))
    expect_refused('6 zstd', write(b'\x28\xb5\x2f\xfd' + bytes(100), 'x.zst'), 'x.zst', 'zstd')
    expect_refused('6 a directory', directory, directory, 'directory')
    expect_refused('6 no such file', directory + '/none', '/none', 'No such file')
    expect_refused('6 /dev/zero', '/dev/zero', '/dev/zero', 'not a capture')
    if os.getuid() != 0:
        path = write(PLAIN, 'locked')
        os.chmod(path, 0)
        expect_refused('6 no permission', path, 'Permission denied')
    fifo = os.path.join(directory, 'fifo')
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: open(fifo, 'wb').write(PLAIN))
    writer.start()
    expect_whole('6 a FIFO', fifo)
    writer.join()
    for content in (PLAIN, gzip.compress(PLAIN)):
        done = run('stats', '--json', '-', input=content)
        check('6 standard input', done.returncode == 0 and frames_of(json.loads(done.stdout)) == EXPECTED, done.stderr)
    for hostile in ('\x1b[2J\x1b]0;owned\x07\n', 'a\nws101: b', '\x9b31m', '\u202e'):
        done = run('stats', directory + '/' + hostile)
        check('6 a hostile name', done.returncode == 3 and done.stderr.count(b'\n') == 1 and
              all(0x20 <= byte < 0x7F for byte in done.stderr[:-1]), done.stderr)


def fault_7():
    moments = {'backwards': lambda i: 1700000000 - i, 'zero': lambda i: 0, 'the year 2106': lambda i: 0xFFFFFFFF,
               'a jump of 50 years': lambda i: 100 if i < 8 else 100 + 50 * 365 * 86400,
               'back and forth': lambda i: 0xFFFFFFFF if i % 2 else 0}
    for name, moment in moments.items():
        expect_whole('7 ' + name, pcap([(packet, moment(i)) for i, packet in enumerate(FRAMES)]))
    for offset in (0x7FFFFFFFFFFFFFFF, -0x8000000000000000):
        body = struct.pack('<HHIHHqHH', 1, 0, 0, 14, 8, offset, 0, 0)
        content = section('<') + block('<', 1, body) + b''.join(enhanced('<', packet) for packet in FRAMES)
        expect_whole('7 an offset beyond all times', content)


def feed(pipe, content, stop):
    try:
        while not stop.is_set():
            pipe.write(content)
    except (BrokenPipeError, ValueError):
        pass


def fault_8():
    """A capture without end, through a pipe: memory stays flat, and Ctrl-C answers within a second."""
    other = ethernet(ipv4(True, struct.pack('>HHHH', 5, 6, 1408, 0) + bytes(1400), 17))
    records = pcap([other] * 500)[24:]
    child = subprocess.Popen([SHIPPED, 'stats', '--json', '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    child.stdin.write(PLAIN)
    stop = threading.Event()
    feeder = threading.Thread(target=feed, args=(child.stdin, records, stop))
    feeder.start()
    time.sleep(1)
    with open('/proc/%d/status' % child.pid) as status:
        peak = [int(line.split()[1]) for line in status if line.startswith('VmHWM')][0]
    started = time.monotonic()
    child.send_signal(signal.SIGINT)
    out = child.stdout.read()
    child.wait(timeout=10)
    took = time.monotonic() - started
    stop.set()
    feeder.join()
    totals = json.loads(out)
    check('8 Ctrl-C within a second', took < 1 and child.returncode == 130, (took, child.returncode))
    check('8 flat memory', peak < 64 * 1024, '%d KiB after %d packets' % (peak, totals['packets']))
    check('8 many packets', totals['packets'] > 10000 and frames_of(totals) == EXPECTED, totals['packets'])
    child.stderr.close()
    for start in (b'', PLAIN[:20], gzip.compress(PLAIN)[:50]):
        idle = subprocess.Popen([WS101, 'stats', '--json', '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        idle.stdin.write(start)
        idle.stdin.flush()
        time.sleep(0.5)
        idle.send_signal(signal.SIGINT)
        try:
            check('8 Ctrl-C while nothing comes', idle.wait(timeout=3) == 130, idle.returncode)
        except subprocess.TimeoutExpired:
            check('8 Ctrl-C while nothing comes', False)
            idle.kill()
        idle.communicate()


def fault_9():
    """A socket whose peer closes with unread bytes gives the data, then an error: a disk that fails midway."""
    ours, theirs = socket.socketpair()
    theirs.sendall(PLAIN + struct.pack('<IIII', 0, 0, 60, 60))
    ours.send(b'unread')
    theirs.close()
    done = run('stats', '--json', '-', stdin=ours)
    check('9 a read error', done.returncode == 3 and done.stderr.count(b'\n') == 1 and b'reset' in done.stderr,
          (done.returncode, done.stderr))
    check('9 nothing is lost', frames_of(json.loads(done.stdout)) == EXPECTED, done.stdout)
    reading, writing = os.pipe()
    path = write(PLAIN, 'removed')
    child = subprocess.Popen([WS101, 'stats', '--json', path, '-'], stdin=reading, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    os.write(writing, PLAIN[:24])
    os.close(writing)
    out, error = child.communicate(timeout=30)
    os.close(reading)
    check('9 two inputs', child.returncode == 0 and json.loads(out)['packets'] == len(FRAMES), error)


def fault_10():
    """What the fuzzer does by the million, here through the whole program."""
    chance = random.Random(101)
    ng = section('>') + interface('>') + b''.join(enhanced('>', packet) for packet in FRAMES)
    seeds = [PLAIN, ng, gzip.compress(PLAIN), pcap(V6_PACKETS, 101)]
    for i in range(120):
        content = bytearray(seeds[i % len(seeds)])
        for _ in range(chance.randrange(1, 20)):
            at = chance.randrange(len(content))
            kind = chance.randrange(3)
            if kind == 0:
                content[at] ^= 1 << chance.randrange(8)
            elif kind == 1:
                del content[at:at + chance.randrange(64)]
            else:
                content[at:at] = content[at:at + chance.randrange(64)]
        expect_survived('10 variant %d' % i, bytes(content))


def fault_11():
    for snap in (14, 20, 33, 34, 40, 53, 54, 60, 68, 80, 96, 100):
        done, totals = stats(write(pcap(FRAMES, snap=snap)))
        good = done.returncode == 0 and totals and totals['packets'] == len(FRAMES)
        check('11 snap length %d' % snap, good, (done.returncode, done.stderr))
        check('11 snap length %d: bytes are those of the wire' % snap,
              totals['bytes'] == sum(len(packet) for packet in FRAMES), totals['bytes'])
    done, totals = stats(write(pcap(FRAMES, snap=100)))
    check('11 what is cut is a gap', totals['gaps']['bytes'] > 0, totals['gaps'])


def fault_12():
    tag = struct.pack('>HH', 10, 0x0800)
    label, bottom = struct.pack('>I', 0x00010040), struct.pack('>I', 0x00010140)
    session = struct.pack('>BBHH', 0x11, 0, 1, 100) + b'\0\x21'
    gtp = struct.pack('>BBHI', 0x30, 0xFF, 100, 1)
    wraps = {
        'VLAN': lambda c, p: ethernet(tag + p, 0x8100),
        'QinQ': lambda c, p: ethernet(struct.pack('>HH', 1, 0x8100) + tag + p, 0x88A8),
        'PPPoE': lambda c, p: ethernet(session + p, 0x8864),
        'MPLS': lambda c, p: ethernet(label + bottom + p, 0x8847),
        'GRE': lambda c, p: ethernet(ipv4(c, b'\0\0\x08\0' + p, 47)),
        'GRE with Ethernet': lambda c, p: ethernet(ipv4(c, b'\0\0\x65\x58' + ethernet(p), 47)),
        'IP in IP': lambda c, p: ethernet(ipv4(c, p, 4)),
        'IP in IPv6': lambda c, p: ethernet(ipv6(c, p, 4)),
        'GTP-U': lambda c, p: ethernet(ipv4(c, udp(2152, gtp + p), 17)),
        'VXLAN': lambda c, p: ethernet(ipv4(c, udp(4789, bytes([8, 0, 0, 0, 0, 0, 1, 0]) + ethernet(p)), 17)),
    }
    for name, wrap in wraps.items():
        expect_whole('12 ' + name, pcap([wrap(c, p) for (c, _), p in zip(SEGMENTS, V4_PACKETS)]))
    for name, deep in (('20 tags', lambda p: ethernet(struct.pack('>HH', 1, 0x8100) * 19 + tag + p, 0x8100)),
                       ('50 deep IP in IP', lambda p: ethernet(nest(p, 50)))):
        done, totals = stats(write(pcap([deep(packet) for packet in V4_PACKETS[:5]])))
        good = done.returncode == 0 and totals['packets'] == 5 and totals['connections'] == 0
        check('12 ' + name, good, (done.returncode, totals))


def nest(packet, depth):
    for _ in range(depth):
        packet = ipv4(True, packet, 4)
    return packet


def fault_13():
    cooked = bytes.fromhex('0000000100060200000000010000')
    kinds = {
        'NULL, little-endian': (0, lambda p: b'\2\0\0\0' + p), 'NULL, big-endian': (0, lambda p: b'\0\0\0\2' + p),
        'LOOP': (108, lambda p: b'\0\0\0\2' + p), 'SLL': (113, lambda p: cooked + b'\x08\0' + p),
        'SLL2': (276, lambda p: b'\x08\0' + bytes(18) + p), 'raw': (101, lambda p: p), 'IPv4': (228, lambda p: p),
        'PPP': (9, lambda p: b'\xff\3\0\x21' + p),
    }
    for name, (link_type, wrap) in kinds.items():
        expect_whole('13 ' + name, pcap([wrap(packet) for packet in V4_PACKETS], link_type))
    for family in (b'\x18\0\0\0', b'\x1c\0\0\0', b'\x1e\0\0\0', b'\0\0\0\x1e'):
        expect_whole('13 NULL, IPv6', pcap([family + packet for packet in V6_PACKETS], 0))
    expect_whole('13 IPv6 only', pcap(V6_PACKETS, 229))
    expect_whole('13 Ethernet, IPv6', pcap([ethernet(packet) for packet in V6_PACKETS]))


def fault_14():
    expect_whole('14 total length 0', pcap([ethernet(ipv4(c, s, total=0)) for c, s in SEGMENTS]))
    expect_whole('14 IPv6 length 0', pcap([ethernet(ipv6(c, s, length=0)) for c, s in SEGMENTS]))
    expect_whole('14 IP options', pcap([ethernet(ipv4(c, s, options=b'\1' * 40)) for c, s in SEGMENTS]))
    for total in (1, 19, 65535):
        bad = ethernet(ipv4(True, SEGMENTS[3][1], total=total))
        expect_survived('14 total length %d' % total, pcap(FRAMES[:3] + [bad] + FRAMES[4:]))
    for length in range(16):
        bad = bytearray(FRAMES[3])
        bad[14] = 0x40 | length
        expect_survived('14 header length %d' % length, pcap(FRAMES[:3] + [bytes(bad)] + FRAMES[4:]))


def fault_15():
    expect_whole('15 padding', pcap([packet + b'\x81\x85' * 20 for packet in FRAMES]))
    expect_whole('15 padding, IPv6', pcap([ethernet(packet) + b'\x81' * 30 for packet in V6_PACKETS]))


def fragments_v4(client, segment, identification, size, order=1):
    pieces = [ethernet(ipv4(client, segment[at:at + size], identification=identification,
                            flags_offset=at // 8 | (0x2000 if at + size < len(segment) else 0)))
              for at in range(0, len(segment), size)]
    return pieces[::order]


def fragments_v6(client, segment, identification, size):
    return [ethernet(ipv6(client, struct.pack('>BBHI', 6, 0, at | (at + size < len(segment)), identification) +
                          segment[at:at + size], 44)) for at in range(0, len(segment), size)]


def fault_16():
    for size in (8, 16, 256):
        for order in (1, -1):
            packets = sum((fragments_v4(c, s, i, size, order) for i, (c, s) in enumerate(SEGMENTS)), [])
            expect_whole('16 fragments of %d, order %d' % (size, order), pcap(packets))
        packets = sum((fragments_v6(c, s, i, size) for i, (c, s) in enumerate(SEGMENTS)), [])
        expect_whole('16 IPv6 fragments of %d' % size, pcap(packets))
    packets = sum((fragments_v4(c, s, i, 16) * 2 for i, (c, s) in enumerate(SEGMENTS)), [])
    expect_whole('16 every fragment twice', pcap(packets))
    teardrop = [ethernet(ipv4(True, bytes(40), identification=9999, flags_offset=0x2000)),
                ethernet(ipv4(True, bytes(4), identification=9999, flags_offset=3))]
    expect_whole('16 teardrop', pcap(teardrop + FRAMES))
    path = os.path.join(directory, 'endless')
    with open(path, 'wb') as file:
        file.write(PLAIN)
        for i in range(50):
            file.write(pcap([ethernet(ipv4(True, bytes(64), identification=n & 0xFFFF, flags_offset=0x2000 | 100,
                                           protocol=6 + i)) for n in range(2000)])[24:])
    started = time.monotonic()
    peak = peak_memory(path)
    check('16 100,000 never completed: memory', peak < 64 * MIB, peak)
    check('16 100,000 never completed: time', time.monotonic() - started < 5)
    expect_whole('16 100,000 never completed', path)


def fault_17():
    chain = b''.join(bytes([60, 0, 1, 4, 0, 0, 0, 0]) for _ in range(99)) + bytes([6, 0, 1, 4, 0, 0, 0, 0])
    hundred = ethernet(ipv6(True, chain + SEGMENTS[0][1], 60))
    done, totals = stats(write(pcap([hundred])))
    check('17 100 headers', done.returncode == 0 and totals['packets'] == 1, (done.returncode, done.stderr))
    options = bytes([6, 0, 1, 4, 0, 0, 0, 0])
    extensions = {
        'hop-by-hop': (0, lambda s: options + s), 'routing': (43, lambda s: options + s),
        'authentication of length 0': (51, lambda s: bytes([6, 0, 0, 0, 0, 0, 0, 1]) + s),
        'atomic fragment': (44, lambda s: bytes([6, 0, 0, 0, 1, 2, 3, 4]) + s),
    }
    for name, (protocol, wrap) in extensions.items():
        expect_whole('17 ' + name, pcap([ethernet(ipv6(c, wrap(s), protocol)) for c, s in SEGMENTS]))
    jumbo = [ethernet(ipv6(c, bytes([6, 0, 0xC2, 4]) + struct.pack('>I', 8 + len(s)) + s, 0, length=0)) + b'\x81' * 9
             for c, s in SEGMENTS]
    expect_whole('17 jumbo payload', pcap(jumbo))


def fault_18():
    bad = []
    for packet in FRAMES:
        packet = bytearray(packet)
        packet[24:26] = packet[50:52] = b'\xbe\xef'
        bad.append(bytes(packet))
    expect_whole('18 wrong checksums', pcap(bad))

    def filled(addresses, client, segment, whole=True):
        """RFC 9293 section 3.1; not whole: what a sender leaves to its network card, the pseudo-header's sum."""
        pseudo = addresses[client] + addresses[not client] + struct.pack('>HH', 6, len(segment))
        covered = pseudo + segment + bytes(len(segment) % 2) if whole else pseudo
        total = sum(struct.unpack('>%dH' % (len(covered) // 2), covered))
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        return segment[:16] + struct.pack('>H', total ^ 0xFFFF if whole else total) + segment[18:]

    for name, addresses, layer in (('IPv4', V4, ipv4), ('IPv6', V6, ipv6)):
        for how, whole in (('right', True), ('left to a network card', False)):
            packets = [ethernet(layer(client, filled(addresses, client, segment, whole))) for client, segment in SEGMENTS]
            expect_whole('18 %s, %s checksums, verified' % (name, how), pcap(packets), '--verify-checksums')
        # a copy damaged on the way comes before the true one: the receiver passes over it, and so do we
        right = [ethernet(layer(client, filled(addresses, client, segment))) for client, segment in SEGMENTS]
        hurt = [packet[:-1] + bytes([packet[-1] ^ 1]) for packet in right if len(packet) > 90]
        mixed = [copy for packet in right for copy in
                 ([packet[:-1] + bytes([packet[-1] ^ 1]), packet] if len(packet) > 90 else [packet])]
        expect_whole('18 %s, damaged copies, verified' % name, pcap(mixed), '--verify-checksums')
        done, _ = stats(write(pcap(mixed)), '--verify-checksums')
        check('18 %s, damaged copies counted' % name,
              b'%d of %d packets passed over' % (len(hurt), len(mixed)) in done.stderr, done.stderr)


def fault_19():
    tags = [[ethernet(struct.pack('>HH', vlan, 0x0800) + packet, 0x8100) for vlan in (10, 20)]
            for packet in V4_PACKETS]
    expect_whole('19 on two VLANs', pcap(sum(tags, [])))
    expect_whole('19 seen twice', pcap(sum(([packet, packet] for packet in FRAMES), [])))


# A TUN device, a capture on it, and so many packets; then what sys.argv[3] says. Prints the capture's output.
DEVICE = """
import fcntl, os, struct, subprocess, sys, time
program, count, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
device = os.open('/dev/net/tun', os.O_RDWR | os.O_CLOEXEC)
fcntl.ioctl(device, 0x400454ca, struct.pack('16sH', b'vanish', 0x1001))
subprocess.run(['ip', 'link', 'set', 'vanish', 'up'], check=True)
capture = subprocess.Popen([program, 'stats', '--json', '-i', 'vanish'])
end = time.monotonic() + 20
while ' 1 ' not in open('/proc/self/net/packet').read().partition('\\n')[2] and time.monotonic() < end:
    time.sleep(0.05)
packet = b'\\x45\\0\\0\\x28\\0\\1\\0\\0\\x40\\x11\\0\\0\\x0a\\0\\0\\1\\x0a\\0\\0\\2' + bytes(20)
for turn in range(2):
    for i in range(count // 2):
        os.write(device, packet)
    if turn == 0 and what:
        subprocess.run(['sh', '-c', what], check=True)
os.close(device)
sys.exit(capture.wait(20))
"""


def fault_83_last_packets():
    """What came before the interface went is there to the last packet; what only changes it changes nothing."""
    can = subprocess.run(['unshare', '-rn', '/usr/bin/python3', '-c', "open('/dev/net/tun', 'rb+', 0)"],
                         stderr=subprocess.DEVNULL).returncode == 0
    if not shutil.which('ip') or not can:
        return
    for name, what in (('deleted under load', ''), ('another MTU', 'ip link set vanish mtu 900'),
                       ('another name', 'ip link set vanish down; ip link set vanish name other up')):
        done = run('-rn', '/usr/bin/python3', '-c', DEVICE, WS101, '400', what, program='unshare')
        seen = json.loads(done.stdout)['packets'] if done.stdout else None
        sent = 200 if 'down' in what else 400           # it may be seen while it is down
        check('83 %s: every packet' % name, done.returncode == 3 and seen and seen >= sent, (seen, done.stderr))


def fault_83():
    """A namespace of our own, a pair of interfaces in it, and one of them deleted under the capture."""
    if not shutil.which('ip') or subprocess.run(['unshare', '-rn', 'true'], stderr=subprocess.DEVNULL).returncode:
        return
    script = ('ip link add name va type veth peer name vb && ip link set va up && ip link set vb up && '
              '( sleep 2; %s ) & exec timeout 10 "$0" stats --json -i %s')
    for name, what in (('deleted', 'ip link del vb'), ('down', 'ip link set vb down')):
        started = time.monotonic()
        done = run('-rn', 'sh', '-c', script % (what, 'vb'), WS101, program='unshare')
        took = time.monotonic() - started
        check('83 ' + name, done.returncode == 3 and b'vb: ' in done.stderr and b'no such' not in done.stderr and took < 8,
              (done.returncode, took, done.stderr))
        check('83 %s: what was seen is told' % name, b'"packets"' in done.stdout, done.stdout)


def fault_85():
    target = os.path.join(directory, 'written')
    done, _ = stats(write(PLAIN), '-w', target)
    check('85 written', done.returncode == 0 and os.stat(target).st_mode & 0o777 == 0o600, done.stderr)
    expect_whole('85 and read again', target)
    done, _ = stats(write(PLAIN), '-w', target)
    check('85 never over a file', done.returncode == 3 and b'exists' in done.stderr, done.stderr)
    os.unlink(target)
    os.symlink(os.path.join(directory, 'elsewhere'), target)
    done, _ = stats(write(PLAIN), '-w', target)
    check('85 never through a link', done.returncode == 3 and not os.path.exists(directory + '/elsewhere'), done.stderr)
    os.unlink(target)
    done, _ = stats(write(PLAIN), '--overwrite', '-w', '/dev/full')
    check('85 a full disk', done.returncode == 3 and b'No space' in done.stderr, (done.returncode, done.stderr))
    limited = run('stats', '--json', '-w', target, write(pcap(FRAMES * 200)),
                  preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                      resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))))
    check('85 a file that may grow no more', limited.returncode == 3, (limited.returncode, limited.stderr))
    done, totals = stats(target)
    check('85 ends with a whole packet', done.returncode == 0 and totals['packets'] > 0 and not done.stderr,
          (done.returncode, done.stderr))
    os.unlink(target)
    child = subprocess.Popen([WS101, 'stats', '--json', '-w', target, '-'], stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL)
    child.stdin.write(PLAIN + b'half a rec')
    child.stdin.flush()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (not os.path.exists(target) or os.path.getsize(target) < len(PLAIN)):
        time.sleep(0.05)
    child.kill()
    child.wait()
    child.stdin.close()
    expect_whole('85 kill -9', target)


def fault_85_itself():
    path = write(PLAIN, 'itself')
    for name in (path, os.path.join(directory, '..', os.path.basename(directory), 'itself')):
        done, _ = stats(path, '--overwrite', '-w', name)
        check('85 not over what is read', done.returncode == 3 and open(path, 'rb').read() == PLAIN, done.stderr)


def fault_85_killed():
    """Live, and before the first packet: even then it is a capture."""
    target = os.path.join(directory, 'killed')
    done = run('-rn', 'sh', '-c', 'ip link set lo up; "$0" print -i lo -w "$1" & until [ -s "$1" ]; do sleep 0.05; done; '
               'kill -9 $!', WS101, target, program='unshare')
    if done.returncode == 0:
        check('85 killed live', stats(target)[1]['packets'] == 0, done)


def in_mounts(script, *arguments):
    """A shell that may mount, in a mount namespace of its own; None where that is forbidden."""
    flags = '-m' if os.getuid() == 0 else '-rm'
    if subprocess.run(['unshare', flags, 'mount', '-t', 'tmpfs', 'tmpfs', directory],
                      stderr=subprocess.DEVNULL).returncode:
        return None
    return run(flags, 'sh', '-c', script, *arguments, program='unshare')


def fault_85_disks():
    """64 KiB of disk, and one that cannot be written: said, and what there is can be read to its last packet."""
    source = write(pcap(FRAMES * 200))
    place = os.path.join(directory, 'disk')
    os.mkdir(place)
    full = in_mounts('mount -t tmpfs -o size=64k tmpfs "$1"; "$0" stats -w "$1/x" "$2" >/dev/null; echo $?; '
                     '"$0" stats --json "$1/x"; stat -c "%a %s" "$1/x"', WS101, place, source)
    if full is None:
        return
    lines = full.stdout.decode().splitlines()
    told = json.loads(''.join(lines[1:-1]))
    check('85 64 KiB of disk: exit 3, said once', lines[0] == '3' and full.stderr.count(b'No space left') == 1, full)
    check('85 64 KiB of disk: whole packets, nearly all of it', 0 < told['packets'] < len(FRAMES) * 200 and
          told['bytes'] > 40000 and full.stderr.count(b'\n') == 1 and lines[-1].startswith('600 '), (told, full.stderr))
    read_only = in_mounts('mount -t tmpfs -o ro tmpfs "$1"; "$0" stats -w "$1/x" "$2"', WS101, place, source)
    check('85 a read-only disk', read_only.returncode == 3 and b'Read-only file system' in read_only.stderr and
          not read_only.stdout, read_only)


def fault_85_sticky():
    """What somebody else left in a directory like /tmp: a link to where we may write, a file, a FIFO."""
    sticky, precious = os.path.join(directory, 'sticky'), write(b'precious', 'precious')
    os.mkdir(sticky)
    os.chmod(sticky, 0o1777)
    os.symlink(precious, sticky + '/link')
    os.symlink(directory + '/not-yet', sticky + '/dangling')
    os.mkfifo(sticky + '/fifo')
    for name in ('link', 'dangling', 'fifo'):
        for more in ([], ['--overwrite']) if name != 'fifo' else ([],):
            done, _ = stats(write(PLAIN), '-w', sticky + '/' + name, *more)
            check('85 sticky directory: %s %s' % (name, more), done.returncode == 3 and done.stderr.count(b'\n') == 1,
                  (done.returncode, done.stderr))
    check('85 sticky directory: nothing was touched', open(precious).read() == 'precious' and
          not os.path.exists(directory + '/not-yet'))


# A pair of interfaces; the capture is stopped while more comes than its buffer holds, and goes on.
STOPPED = """
for x in 'link add va type veth peer name vb' 'link set va up' 'link set vb up'; do ip $x; done
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
"$0" json -B 1M -i vb >"$2" & capture=$!
"$0" stats --json -B 1M -i vb >"$3" & counted=$!
while [ "$(grep -c ' 1 ' /proc/self/net/packet)" -lt 2 ]; do sleep 0.05; done
"$1" va 10000 2 1400 1 & blast=$!
sleep 0.5; kill -STOP $capture $counted
sleep 0.7; kill -CONT $capture $counted
wait $blast; sleep 0.5
kill -INT $capture $counted
wait
"""


def fault_86():
    """Stopped for a while: what was lost meanwhile is the kernel's count, and a gap where it belongs."""
    if not shutil.which('ip') or subprocess.run(['unshare', '-rn', 'true'], stderr=subprocess.DEVNULL).returncode:
        return
    events, totals = os.path.join(directory, 'events'), os.path.join(directory, 'totals')
    done = run('-rn', 'sh', '-c', STOPPED, WS101, os.path.join(BUILD, 'bench', 'blast'), events, totals,
               program='unshare')
    sent = sum(int(line.split()[0]) for line in done.stdout.splitlines())
    with open(totals) as file:
        told = json.load(file)
    lost = told['dropped']['by_kernel']
    check('86 stopped: lost is what is missing', lost > 0 and told['packets'] + lost == sent, (sent, told, done.stderr))
    check('86 stopped: said', done.stderr.count(b'packets dropped by the kernel') == 2, done.stderr)
    with open(events) as file:
        kinds = [json.loads(line) for line in file]
    check('86 stopped: a gap where it belongs', told['gaps']['count'] > 0 and
          any(event['type'] == 'gap' for event in kinds), told['gaps'])


def fault_87():
    path = write(PLAIN)
    expect_whole('87 a filter', path, '-f', 'tcp port 8101')
    done, totals = stats(path, '-f', 'udp')
    check('87 a filter that fits nothing', done.returncode == 0 and totals['packets'] == 0, done.stderr)
    for expression in ('tpc port 80', 'port \x1b[2J', 'port 99999999', '(' * 5000, 'host ' + 'x' * 60000, 'ip[70000]='):
        done = run('stats', '-f', expression, path)
        good = done.returncode in (2, 3) and done.stderr.count(b'\n') == 1 and b'\x1b' not in done.stderr
        check('87 ' + expression[:20], good, (done.returncode, done.stderr[:300]))


def main():
    chosen = sys.argv[1:] or [name[6:] for name in globals() if name.startswith('fault_')]
    expect_whole('the conversation itself', PLAIN)
    for number in chosen:
        globals()['fault_' + number]()
    shutil.rmtree(directory)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


sys.exit(main())
