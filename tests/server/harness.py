# SPDX-License-Identifier: MIT
"""What the tests of the reference server share: starting it, a raw WebSocket client, counting."""
import base64
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

SERVER = os.environ.get("WS101_SERVER", "build/ws101-server")
SHIPPED = os.path.join(os.environ.get("BUILD", "build"), "ws101-server")    # without sanitisers
# A sanitiser keeps freed memory for a while: limits on memory are wider under it.
with open(SERVER, "rb") as program:
    SANITISED = b"__asan_init" in program.read()
SLACK = (64 << 20) if SANITISED else 4 << 20
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
KEY = base64.b64encode(b"sixteen bytes...").decode()


class Server:
    """ws101-server on a free port, for the length of a with statement."""

    def __init__(self, *options, descriptors=None, port=0, program=SERVER):
        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self.process = subprocess.Popen([program, "--port", str(port), *map(str, options)],
                                        stdout=subprocess.PIPE, preexec_fn=limit)
        self.greeting = b""
        while b"short polling" not in self.greeting:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("the server did not start")
            self.greeting += line
        self.port = int(re.search(rb"listens on .*:(\d+);", self.greeting).group(1))
        self.get("/poll")       # from here on the loop runs, with all descriptors of its own
        time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def alive(self):
        return self.process.poll() is None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def connect(self, timeout=5):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def get(self, path, headers=""):
        """The status, head and content of one GET on its own connection."""
        with self.connect() as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n".encode())
            answer = b"".join(iter(lambda: s.recv(65536), b""))
        head, _, content = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), head.decode(), content

    def open(self, path="/echo", headers=""):
        client = Client(self.connect())
        client.shake(path, headers)
        return client


class Client:
    """One side of a WebSocket, with nothing hidden."""

    def __init__(self, s):
        self.socket = s
        self.bytes = b""
        self.status = 0

    def shake(self, path, headers="", host="h"):
        self.socket.sendall(
            (f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n").encode())
        while b"\r\n\r\n" not in self.bytes:
            self.more()
        head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])

    def more(self):
        got = self.socket.recv(1 << 16)
        if not got:
            raise EOFError
        self.bytes += got

    def take(self, n):
        while len(self.bytes) < n:
            self.more()
        taken, self.bytes = self.bytes[:n], self.bytes[n:]
        return taken

    @staticmethod
    def frame(first, payload=b""):
        n = len(payload)
        length = (bytes([0x80 | n]) if n < 126 else struct.pack("!BH", 0xFE, n) if n < 65536
                  else struct.pack("!BQ", 0xFF, n))
        return bytes([first]) + length + b"\0\0\0\0" + payload

    def send(self, first, payload=b""):
        self.socket.sendall(self.frame(first, payload))

    def receive(self):
        first, n = self.take(2)
        if n == 126:
            n, = struct.unpack("!H", self.take(2))
        elif n == 127:
            n, = struct.unpack("!Q", self.take(8))
        return first, self.take(n)

    def echo(self, payload=b"hello"):
        self.send(0x82, payload)
        return self.receive() == (0x82, payload)

    def close_code(self):
        """Reads on until Close; its code."""
        while True:
            first, payload = self.receive()
            if first == 0x88:
                return struct.unpack("!H", payload[:2])[0] if payload else 1005

    def ended(self):
        """Whether the server ends the connection before the socket's time is out."""
        try:
            while self.socket.recv(1 << 16):
                pass
        except ConnectionError:
            pass
        except socket.timeout:
            return False
        return True


def wait_for(condition, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


tests = []


def test(function):
    tests.append(function)
    return function


class Skip(Exception):
    pass


def run():
    """Runs what was marked @test; its docstring names it."""
    passed = failed = 0
    for function in tests:
        try:
            function()
            passed += 1
        except Skip as reason:
            print(f"skipped: {function.__doc__}: {reason}")
        except Exception as error:      # whatever it is, it is that test's failure
            failed += 1
            line = error.__traceback__.tb_next.tb_lineno
            print(f"FAILED: {function.__doc__}: {type(error).__name__} {error} (line {line})")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def terminate(server):
    server.process.send_signal(signal.SIGTERM)
