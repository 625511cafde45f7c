#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reads a capture and writes it another way, with the same bytes in the same TCP streams.

    reshape.py MODE IN OUT.pcap

Modes: split1 split7 split97 swap shuffle duplicate overlap keepalive wrap vlan ipv6 rawip null big-endian.
Also a module: read(), write() and a function per mode, each from a list of packets to a list of packets.
A packet is (time in ns, link type, bytes). Independent of the analyzer: it shares no code with it.
"""
import random
import struct
import sys

ETHERNET, NULL, RAW, SLL, SLL2 = 1, 0, 101, 113, 276


# --- files -----------------------------------------------------------------------------------------------

def read_pcap(data):
    magic = data[:4]
    order = '<' if magic in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
    scale = 1 if magic in (b'\x4d\x3c\xb2\xa1', b'\xa1\xb2\x3c\x4d') else 1000
    link = struct.unpack(order + 'I', data[20:24])[0] & 0xffff
    at, packets = 24, []
    while at + 16 <= len(data):
        seconds, fraction, captured, _ = struct.unpack(order + 'IIII', data[at:at + 16])
        packets.append((seconds * 10**9 + fraction * scale, link, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return packets


def interface(order, body):
    link, resolution, at = struct.unpack(order + 'H', body[:2])[0], 10**6, 8
    while at + 4 <= len(body):
        code, length = struct.unpack(order + 'HH', body[at:at + 4])
        if code == 0:
            break
        if code == 9:
            value = body[at + 4]
            resolution = 2**(value & 0x7f) if value & 0x80 else 10**value
        at += 4 + (length + 3) // 4 * 4
    return link, resolution


def read_pcapng(data):
    order, at, packets, interfaces = '<', 0, [], []
    while at + 12 <= len(data):
        kind = struct.unpack(order + 'I', data[at:at + 4])[0]
        if kind == 0x0A0D0D0A:
            order = '<' if data[at + 8:at + 12] == b'\x4d\x3c\x2b\x1a' else '>'
            interfaces = []
        length = struct.unpack(order + 'I', data[at + 4:at + 8])[0]
        body = data[at + 8:at + length - 4]
        if kind == 1:
            interfaces.append(interface(order, body))
        elif kind == 6:
            index, high, low, captured, _ = struct.unpack(order + 'IIIII', body[:20])
            link, resolution = interfaces[index]
            packets.append(((high << 32 | low) * 10**9 // resolution, link, body[20:20 + captured]))
        at += length
    return packets


def read(name):
    with open(name, 'rb') as file:
        data = file.read()
    return read_pcapng(data) if data[:4] == b'\x0a\x0d\x0d\x0a' else read_pcap(data)


def write(name, packets, order='<'):
    link = packets[0][1] if packets else ETHERNET
    with open(name, 'wb') as file:
        file.write(struct.pack(order + 'IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, link))
        for time, _, data in packets:
            file.write(struct.pack(order + 'IIII', time // 10**9, time % 10**9, len(data), len(data)) + data)


# --- packets ---------------------------------------------------------------------------------------------

class Segment:
    """A TCP segment, and what is needed to write it again. None of it for other packets."""

    def __init__(self, link, data):
        self.link_header, network = self.cut_link(link, data)
        self.version = network[0] >> 4
        if self.version == 4:
            head = (network[0] & 15) * 4
            if network[9] != 6 or struct.unpack('>H', network[6:8])[0] & 0x3fff:
                raise ValueError('not a whole TCP datagram')
            total = struct.unpack('>H', network[2:4])[0] or len(network)
            self.source, self.destination = network[12:16], network[16:20]
        elif self.version == 6:
            head, total = 40, 40 + struct.unpack('>H', network[4:6])[0]
            if network[6] != 6:
                raise ValueError('not TCP')
            self.source, self.destination = network[8:24], network[24:40]
        else:
            raise ValueError('not IP')
        tcp = network[head:total]
        offset = (tcp[12] >> 4) * 4
        (self.source_port, self.destination_port, self.sequence, self.acknowledgment, _, self.flags,
         self.window, _, self.urgent) = struct.unpack('>HHIIBBHHH', tcp[:20])
        self.options, self.payload = tcp[20:offset], tcp[offset:]

    @staticmethod
    def cut_link(link, data):
        if link == ETHERNET:
            at = 14
            while data[at - 2:at] in (b'\x81\x00', b'\x88\xa8'):
                at += 4
            if data[at - 2:at] not in (b'\x08\x00', b'\x86\xdd'):
                raise ValueError('not IP')
            return data[:at], data[at:]
        size = {NULL: 4, RAW: 0, SLL: 16, SLL2: 20}[link]
        return data[:size], data[size:]

    def key(self):
        return (self.source, self.source_port, self.destination, self.destination_port)

    def copy(self, **changes):
        other = object.__new__(Segment)
        other.__dict__.update(self.__dict__)
        other.__dict__.update(changes)
        return other

    def network(self):
        head = struct.pack('>HHIIBBHHH', self.source_port, self.destination_port, self.sequence & 0xffffffff,
                           self.acknowledgment & 0xffffffff, (20 + len(self.options)) // 4 << 4, self.flags,
                           self.window, 0, self.urgent)
        tcp = head + self.options + self.payload
        pseudo = self.source + self.destination + struct.pack('>HH', 6, len(tcp))
        tcp = tcp[:16] + struct.pack('>H', checksum(pseudo + tcp)) + tcp[18:]
        if self.version == 4:
            ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0)
            ip += self.source + self.destination
            return ip[:10] + struct.pack('>H', checksum(ip)) + ip[12:] + tcp
        return struct.pack('>IHBB', 6 << 28, len(tcp), 6, 64) + self.source + self.destination + tcp

    def bytes(self):
        return self.link_header + self.network()


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment_of(packet):
    try:
        return Segment(packet[1], packet[2])
    except (ValueError, KeyError, IndexError, struct.error):
        return None


def rebuilt(packet, segment):
    return (packet[0], packet[1], segment.bytes())


# --- the ways --------------------------------------------------------------------------------------------

FIN, SYN, RST, PSH = 1, 2, 4, 8


def split(packets, size):
    out = []
    for packet in packets:
        segment = segment_of(packet)
        if segment is None or len(segment.payload) <= size:
            out.append(packet)
            continue
        shift = segment.flags >> 1 & 1
        for at in range(0, len(segment.payload), size):
            last = at + size >= len(segment.payload)
            keep = segment.flags if last else segment.flags & ~(FIN | PSH)
            if at:
                keep &= ~SYN
            out.append(rebuilt(packet, segment.copy(
                payload=segment.payload[at:at + size], flags=keep,
                sequence=segment.sequence + at + (shift if at else 0))))
    return out


def retimed(original, packets):
    """The packets in their new order, at the old moments."""
    times = [packet[0] for packet in original]
    return [(times[min(i, len(times) - 1)],) + packet[1:] for i, packet in enumerate(packets)]


def swap(packets):
    """Neighbours of one direction change places."""
    out, i = list(packets), 0
    while i + 1 < len(out):
        a, b = segment_of(out[i]), segment_of(out[i + 1])
        if a and b and a.key() == b.key() and a.payload and b.payload and not (a.flags | b.flags) & SYN:
            out[i], out[i + 1] = out[i + 1], out[i]
            i += 1
        i += 1
    return retimed(packets, out)


def shuffle(packets, seed=1, window=32):
    out, chance = [], random.Random(seed)
    for at in range(0, len(packets), window):
        part = packets[at:at + window]
        chance.shuffle(part)
        out += part
    return retimed(packets, out)


def duplicate(packets):
    return [packet for packet in packets for _ in range(2)]


def overlap(packets):
    """Each segment repeats the end of the one before it, and every third comes a second time, longer."""
    out, before = [], {}
    for packet in packets:
        segment = segment_of(packet)
        if segment is None or not segment.payload or segment.flags & SYN:
            out.append(packet)
            continue
        last = before.get(segment.key())
        if last and (last.sequence + len(last.payload)) & 0xffffffff == segment.sequence:
            tail = last.payload[-5:]
            longer = segment.copy(sequence=segment.sequence - len(tail), payload=tail + segment.payload)
            out.append(rebuilt(packet, longer))
            if len(out) % 3 == 0:
                out.append(rebuilt(packet, longer))
        else:
            out.append(packet)
        before[segment.key()] = segment
    return out


def keepalive(packets):
    out, following = [], {}
    for packet in packets:
        segment = segment_of(packet)
        if segment and segment.key() in following and not segment.flags & (SYN | RST):
            probe = segment.copy(sequence=following[segment.key()] - 1, payload=b'\0', flags=segment.flags & 16)
            out.append(rebuilt(packet, probe))
        out.append(packet)
        if segment and not segment.flags & RST:
            length = len(segment.payload) + (segment.flags & FIN) + (segment.flags >> 1 & 1)
            end = segment.sequence + length
            if segment.flags & FIN:
                following.pop(segment.key(), None)
            elif segment.flags & SYN or segment.key() not in following or length:
                following[segment.key()] = end
    return out


def wrap(packets):
    """Every direction's sequence numbers pass 2^32 a little after its first bytes."""
    base, out = {}, []
    for packet in packets:
        segment = segment_of(packet)
        if segment and segment.key() not in base:
            base[segment.key()] = segment.sequence
    for packet in packets:
        segment = segment_of(packet)
        if segment is None:
            out.append(packet)
            continue
        back = (segment.destination, segment.destination_port, segment.source, segment.source_port)
        shift = 2**32 - 300 - base[segment.key()]
        shift_back = 2**32 - 300 - base[back] if back in base else 0
        acknowledgment = segment.acknowledgment + shift_back if segment.flags & 16 else 0
        out.append(rebuilt(packet, segment.copy(sequence=segment.sequence + shift,
                                                acknowledgment=acknowledgment)))
    return out


def relink(packets, link, header):
    out = []
    for packet in packets:
        segment = segment_of(packet)
        if segment:
            out.append((packet[0], link, header(segment) + segment.network()))
    return out


def vlan(packets):
    return relink(packets, ETHERNET, lambda s: bytes(12) + b'\x88\xa8\x00\x05\x81\x00\x00\x07' +
                  (b'\x08\x00' if s.version == 4 else b'\x86\xdd'))


def ipv6(packets):
    out = []
    for packet in packets:
        segment = segment_of(packet)
        if segment:
            prefix = bytes.fromhex('20010db8') + bytes(8)
            wide = segment if segment.version == 6 else segment.copy(
                version=6, source=prefix + segment.source, destination=prefix + segment.destination)
            out.append((packet[0], ETHERNET, bytes(12) + b'\x86\xdd' + wide.network()))
    return out


def rawip(packets):
    return relink(packets, RAW, lambda s: b'')


def null(packets):
    return relink(packets, NULL, lambda s: struct.pack('>I', 2 if s.version == 4 else 24))


MODES = {
    'split1': lambda p: split(p, 1), 'split7': lambda p: split(p, 7), 'split97': lambda p: split(p, 97),
    'swap': swap, 'shuffle': shuffle, 'duplicate': duplicate, 'overlap': overlap, 'keepalive': keepalive,
    'wrap': wrap, 'vlan': vlan, 'ipv6': ipv6, 'rawip': rawip, 'null': null,
}

if __name__ == '__main__':
    if len(sys.argv) != 4 or sys.argv[1] not in MODES:
        sys.exit(__doc__)
    write(sys.argv[3], MODES[sys.argv[1]](read(sys.argv[2])))
