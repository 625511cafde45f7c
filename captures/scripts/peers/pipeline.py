#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sends four requests in one segment and a fifth in pieces, before reading any answer; then reads all five."""
import socket

HOST = b"Host: 127.0.0.1:8080\r\n"

with socket.create_connection(("127.0.0.1", 8080)) as wire:
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.sendall(b"GET /length HTTP/1.1\r\n" + HOST + b"\r\n"
                 b"POST /upload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
                 b"5;note=extension\r\nhello\r\n3\r\n...\r\n0\r\n\r\n"
                 b"HEAD /length HTTP/1.1\r\n" + HOST + b"\r\n"
                 b"GET /chunked HTTP/1.1\r\n" + HOST + b"\r\n")
    for piece in (b"GET /pol", b"l?after=1 HTTP/1.1\r\nHo", HOST[2:], b"Connection: close\r\n", b"\r\n"):
        wire.sendall(piece)
    answer = b""
    while more := wire.recv(65536):
        answer += more
assert answer.count(b"HTTP/1.1 20") == 5, answer
