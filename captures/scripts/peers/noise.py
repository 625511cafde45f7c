#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What else is on a wire: DNS over UDP, a datagram to a port where nobody listens, one that IP has to
fragment, a protocol over TCP that begins with a banner and goes on in bytes without order."""
import hashlib
import socket
import struct
import threading


def answer_names(server):
    for _ in range(2):
        query, asker = server.recvfrom(512)
        server.sendto(query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:] +
                      b"\xc0\x0c" + struct.pack(">HHIH4s", 1, 1, 60, 4, socket.inet_aton("10.0.0.2")), asker)


def ask_name(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        question = struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
        asker.sendto(question, ("127.0.0.1", 53))
        asker.settimeout(2)
        asker.recvfrom(512)


def disorder(start, length):
    return b"".join(hashlib.sha256(struct.pack("I", start + n)).digest() for n in range(length // 32))


def serve_shell(server):
    wire, _ = server.accept()
    with wire:
        wire.sendall(b"SSH-2.0-Example_1.0\r\n")
        for n in range(6):
            wire.recv(65536)
            wire.sendall(disorder(n * 100, 512))


def main():
    with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as names,
          socket.create_server(("127.0.0.1", 22)) as shell):
        names.bind(("127.0.0.1", 53))
        threading.Thread(target=answer_names, args=(names,)).start()
        threading.Thread(target=serve_shell, args=(shell,)).start()
        ask_name("chat.example", 1)
        ask_name("www.example", 2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nowhere:
            nowhere.sendto(b"anybody?", ("127.0.0.1", 9))
            nowhere.sendto(disorder(5000, 4096), ("127.0.0.1", 53))
        with socket.create_connection(("127.0.0.1", 22)) as wire:
            wire.sendall(b"SSH-2.0-ExampleClient_1.0\r\n")
            for n in range(6):
                wire.recv(65536)
                wire.sendall(disorder(9000 + n * 100, 96))


main()
