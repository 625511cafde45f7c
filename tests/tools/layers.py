# SPDX-License-Identifier: MIT
"""TCP segments into IP packets, tunnels, link layers and a capture file, each in any of its forms, at random.
What comes in is a random.Random and bytes, what goes out is bytes. `six` says that a packet is IPv6."""
import struct

ETHERNET, ONLY_IPV4, ONLY_IPV6 = 1, 228, 229
TCP, UDP, GRE, FRAGMENT, DESTINATION, AUTHENTICATION = 6, 17, 47, 44, 60, 51


def ethertype(six):
    return 0x86DD if six else 0x800


# --- IP -------------------------------------------------------------------------------------------------

def ipv4(addresses, protocol, payload, identification=0, fragment=0x4000, options=b'', total=True):
    """fragment: the flags and the offset. total: not 0, which it is where the card was to cut the packet."""
    length = 20 + len(options) + len(payload) if total else 0
    return struct.pack('>BBHHHBBH', 0x45 + len(options) // 4, 0, length, identification, fragment, 64,
                       protocol, 0) + b''.join(addresses) + options + payload


def ipv6(addresses, following, payload):
    return struct.pack('>IHBB', 6 << 28, len(payload), following, 64) + b''.join(addresses) + payload


def extended(random, following, payload):
    """Some extension headers in front: what the first of them is, and the whole."""
    for kind in random.choices((0, 43, DESTINATION, AUTHENTICATION), k=random.choice((1, 2, 4))):
        units = 4 if kind == AUTHENTICATION else random.choice((0, 1, 3))
        size = 24 if kind == AUTHENTICATION else 8 + 8 * units
        following, payload = kind, bytes([following, units, 1, size - 4]) + bytes(size - 4) + payload
    return following, payload


def fragments(random, data, overlap):
    """(offset, is there more behind it, bytes) in any order."""
    places = sorted({8 * random.randrange(1, (len(data) + 7) // 8) for _ in range(random.choice((1, 2, 5)))})
    out = []
    for start, end in zip([0] + places, places + [len(data)]):
        longer = end + overlap * 8 * random.randrange(3)
        end = longer if longer < len(data) else end
        out.append((start, end < len(data), data[start:end]))
    return random.choice((out, out[::-1], random.sample(out, len(out))))


def ipv4_packets(random, addresses, data, identification, total):
    form = random.random()
    if form < 0.06:
        return [ipv4(addresses, TCP, piece, identification, 0x2000 * more | offset // 8)
                for offset, more, piece in fragments(random, data, random.random() < 0.3)]
    if form < 0.09:
        return [ipv4(addresses, TCP, data, options=b'\x94\x04\0\0')]
    return [ipv4(addresses, TCP, data, identification, total=total or form > 0.12 or len(data) < 100)]


def ipv6_packets(random, addresses, data, identification):
    form = random.random()
    if form < 0.06:
        pieces = [struct.pack('>BBHI', TCP, 0, offset | more, identification) + piece
                  for offset, more, piece in fragments(random, data, False)]
        before = bytes([FRAGMENT, 0, 1, 4, 0, 0, 0, 0])
        return [ipv6(addresses, DESTINATION, before + piece) if random.random() < 0.3
                else ipv6(addresses, FRAGMENT, piece) for piece in pieces]
    if form < 0.09:    # whole, and called a fragment all the same: RFC 6946
        whole = struct.pack('>BBHI', TCP, 0, 0, identification) + data
        return [ipv6(addresses, *extended(random, FRAGMENT, whole))]
    return [ipv6(addresses, *(extended(random, TCP, data) if form < 0.15 else (TCP, data)))]


# --- tunnels: (six, packet inside) to (protocol, payload) of the packet outside -------------------------

def udp(port, payload):
    return UDP, struct.pack('>HHHH', 5555, port, 8 + len(payload), 0) + payload


def mac(protocol, payload):
    return b'\2\0\0\0\0\2\2\0\0\0\0\1' + struct.pack('>H', protocol) + payload


TUNNELS = {
    'GRE': lambda six, packet: (GRE, struct.pack('>HH', 0, ethertype(six)) + packet),
    'GRE with key': lambda six, packet: (GRE, struct.pack('>HHQI', 0xB000, ethertype(six), 7, 9) + packet),
    'GRE bridge': lambda six, packet: (GRE, struct.pack('>HH', 0, 0x6558) + mac(ethertype(six), packet)),
    'IP in IP': lambda six, packet: (41 if six else 4, packet),
    'GTP': lambda six, packet: udp(2152, struct.pack('>BBHI', 0x30, 0xFF, len(packet), 1) + packet),
    'GTP with extension': lambda six, packet: udp(2152, struct.pack(
        '>BBHIHBBI', 0x36, 0xFF, len(packet) + 8, 1, 5, 0, 0x85, 0x01000900) + packet),
    'VXLAN': lambda six, packet: udp(4789, b'\x08\0\0\0\0\0\x2a\0' + mac(ethertype(six), packet)),
    'Geneve': lambda six, packet: udp(6081, struct.pack('>BBHII', 1, 0, 0x6558, 7 << 8, 0)
                                      + mac(ethertype(six), packet)),
}


# --- link layers ----------------------------------------------------------------------------------------

def ppp_protocol(six):
    return b'\0\x57' if six else b'\0\x21'


def pppoe(six, packet):
    return struct.pack('>BBHH', 0x11, 0, 9, len(packet) + 2) + ppp_protocol(six) + packet


def tag(number, protocol, payload):
    return struct.pack('>HH', number, protocol) + payload


ETHERNETS = {
    'no tag': lambda six, packet: mac(ethertype(six), packet),
    'VLAN': lambda six, packet: mac(0x8100, tag(5, ethertype(six), packet)),
    'priority': lambda six, packet: mac(0x8100, tag(0xE000, ethertype(six), packet)),
    'QinQ': lambda six, packet: mac(0x88A8, tag(5, 0x8100, tag(6, ethertype(six), packet))),
    'old QinQ': lambda six, packet: mac(0x9100, tag(5, 0x8100, tag(6, ethertype(six), packet))),
    'MPLS': lambda six, packet: mac(0x8847, struct.pack('>I', 0x3E8140) + packet),
    'two MPLS labels': lambda six, packet: mac(0x8847, struct.pack('>II', 0x3E8040, 0x7D0140) + packet),
    'PPPoE': lambda six, packet: mac(0x8864, pppoe(six, packet)),
    'PPPoE in a VLAN': lambda six, packet: mac(0x8100, tag(5, 0x8864, pppoe(six, packet))),
}
AF_INET, AF_INET6 = (2,), (10, 24, 28, 30)      # the second differs from system to system
LINKS = {
    0: lambda random, six, packet: struct.pack(random.choice('<>') + 'I',
                                               random.choice(AF_INET6 if six else AF_INET)) + packet,
    9: lambda random, six, packet: (random.choice((b'\xff\x03', b''))
                                    + ppp_protocol(six)[random.randrange(2):] + packet),
    51: lambda random, six, packet: pppoe(six, packet),
    108: lambda random, six, packet: struct.pack('>I', random.choice(AF_INET6 if six else AF_INET)) + packet,
    113: lambda random, six, packet: struct.pack('>HHHQH', 4, 1, 6, 2, ethertype(six)) + packet,
    276: lambda random, six, packet: struct.pack('>HHIHBBQ', ethertype(six), 0, 3, 1, 0, 6, 2) + packet,
    **{raw: lambda random, six, packet: packet for raw in (12, 14, 101, ONLY_IPV4, ONLY_IPV6)},
}


class Path:
    """How the segments of one connection reach the capture."""

    def __init__(self, random):
        self.random, self.identification = random, random.getrandbits(16)
        self.link = random.choice([ETHERNET] * 5 + list(LINKS))
        self.ethernet = random.choice(list(ETHERNETS))
        self.tunnel = random.choice(list(TUNNELS)) if random.random() < 0.2 else None
        self.six, self.outer_six = ({ONLY_IPV4: False, ONLY_IPV6: True}.get(self.link, random.random() < 0.3)
                                    for _ in range(2))
        self.addresses = [random.randbytes(16 if self.six else 4) for _ in range(2)]
        self.outer = [random.randbytes(16 if self.outer_six else 4) for _ in range(2)]

    def __str__(self):
        return 'IPv%d, %s, %s' % (6 if self.six else 4, self.tunnel or 'no tunnel',
                                  self.ethernet if self.link == ETHERNET else 'link type %d' % self.link)

    def captured(self, side, segment):
        """As one or more packets."""
        addresses, padded = self.addresses[::1 if side == 0 else -1], self.random.random() < 0.5
        self.identification = (self.identification + 1) % 2 ** 16    # at random, two soon have the same
        packets = (ipv6_packets(self.random, addresses, segment, self.identification) if self.six else
                   ipv4_packets(self.random, addresses, segment, self.identification, padded or self.tunnel))
        return [self.framed(packet, padded) for packet in packets]

    def framed(self, packet, padded):
        six = self.six
        if self.tunnel:
            six, inside = self.outer_six, TUNNELS[self.tunnel](six, packet)
            packet = (ipv6 if six else ipv4)(self.outer, *inside)
        if self.link != ETHERNET:
            return LINKS[self.link](self.random, six, packet)
        return ETHERNETS[self.ethernet](six, packet).ljust(60 if padded else 0, b'\xee')


# --- a file ---------------------------------------------------------------------------------------------

def pcapng(random, packets):
    """packets: (link type, bytes). An interface for each link type; either byte order."""
    order, links = random.choice('<>'), sorted({link for link, _ in packets})

    def block(kind, form, *values, data=b''):
        body = struct.pack(order + form, *values) + data + bytes(-len(data) % 4)
        length = struct.pack(order + 'I', 12 + len(body))
        return struct.pack(order + 'I', kind) + length + body + length

    out = [block(0x0A0D0D0A, 'IHHq', 0x1A2B3C4D, 1, 0, -1)] + [block(1, 'HHI', link, 0, 0) for link in links]
    for number, (link, data) in enumerate(packets):
        high, low = divmod(1700000000 * 10 ** 6 + number * 50, 2 ** 32)
        out.append(block(6, 'IIIII', links.index(link), high, low, len(data), len(data), data=data))
    return b''.join(out)
