#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The reference server among clients that mean harm or die: faults 88 to 99."""
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "server"))
from harness import SERVER, SHIPPED, SLACK, Client, Server, Skip, run, terminate, test, wait_for  # noqa: E402


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


@test
def slowloris():
    """fault 88: heads that drip or never come are cut off, whatever their number, and others are served"""
    with Server("--head-time", 1) as server:
        silent = [server.connect() for _ in range(100)]
        dripping = [server.connect() for _ in range(100)]
        start = time.monotonic()
        active = server.open()
        while time.monotonic() - start < 0.9:
            for s in dripping:
                s.send(b"G")
            assert active.echo()
            time.sleep(0.2)
        assert all(Client(s).ended() for s in silent + dripping)
        assert time.monotonic() - start < 3
        assert active.echo()


@test
def slow_head_is_told():
    """fault 88: a head that is not whole in time is answered 408"""
    with Server("--head-time", 0.5) as server, server.connect() as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert s.recv(100).startswith(b"HTTP/1.1 408 ")


@test
def keep_alive_ends():
    """fault 88: a connection that is kept alive and not used ends"""
    with Server("--head-time", 0.5) as server, server.connect() as s:
        s.sendall(b"GET /poll HTTP/1.1\r\nHost: h\r\n\r\n")
        assert s.recv(4096).startswith(b"HTTP/1.1 200")
        assert Client(s).ended()


@test
def limits_of_heads():
    """fault 89: limits on heads are options"""
    with Server("--head", 500, "--fields", 3) as server:
        assert server.get("/poll")[0] == 200
        assert server.get("/poll", "A: b\r\n" * 2)[0] == 431
        assert server.get("/poll", f"A: {'b' * 500}\r\n")[0] == 431


@test
def origins():
    """fault 90: pages of other origins connect only when they are on the list"""
    foreign, listed = "Origin: http://b.example\r\n", "Origin: http://a.example\r\n"
    with Server("--origin", "http://a.example", "--origin", "https://c.example") as server:
        assert server.open(headers=listed).status == 101
        assert server.open(headers="Origin: https://c.example\r\n").status == 101
        assert server.open(headers="Origin: http://h\r\n").status == 101
        assert server.open().status == 101
        for refused in foreign, "Origin: null\r\n", listed + listed, "Origin: http://c.example\r\n":
            assert server.open(headers=refused).status == 403
    with Server("--origin", "*") as server:
        assert server.open(headers=foreign).status == 101
        assert server.open(headers=listed + foreign).status == 403


@test
def announced_lengths():
    """fault 92: an announced length allocates nothing"""
    with Server("--message", 1 << 30) as server:
        before = server.resident()
        clients = [server.open() for _ in range(50)]
        for client in clients:
            client.socket.sendall(b"\x82\xff\x00\x00\x00\x00\x3f\xff\xff\xff\0\0\0\0x")
        assert server.open().echo()
        assert server.resident() - before < SLACK + (4 << 20)


@test
def idle_memory():
    """an idle connection costs at most 256 bytes of the server's memory, one that agreed to compress too"""
    if not os.path.exists(SHIPPED):
        raise Skip("no program without sanitisers here")
    with Server(program=SHIPPED) as server:
        for headers in "", "Sec-WebSocket-Extensions: permessage-deflate\r\n":
            clients = [server.open(headers=headers) for _ in range(100)]
            before = server.resident()
            clients += [server.open(headers=headers) for _ in range(700)]
            assert server.resident() - before <= 700 * 256, server.resident() - before


@test
def bombs():
    """fault 92: a message that inflates beyond the limit is refused in time"""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = compressor.compress(bytes(100 << 20)) + compressor.flush(zlib.Z_SYNC_FLUSH)
    with Server() as server:
        before = server.resident()
        for _ in range(5):
            client = server.open(headers="Sec-WebSocket-Extensions: permessage-deflate\r\n")
            client.send(0xC2, bomb[:-4])
            assert client.close_code() == 1009
        assert server.resident() - before < 32 << 20


@test
def descriptors_run_out():
    """fault 93: without descriptors the server rests, serves whom it has, and recovers"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Server(descriptors=256) as server:
        first = server.open()
        crowd = [server.connect() for _ in range(min(2000, hard - 100))]
        assert server.descriptors() == 256
        assert first.echo()
        cpu = server.cpu()
        time.sleep(1)
        assert server.cpu() - cpu < 0.05
        assert first.echo()
        for s in crowd:
            s.close()
        assert server.open().echo()
        assert wait_for(lambda: server.descriptors() < 20)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@test
def readers_that_never_read():
    """fault 94: who does not read a broadcast is closed, and nobody else notices"""
    with Server("--queue", 100000, "--close-time", 0.5) as server:
        keen = server.open("/chat")
        descriptors = server.descriptors()
        lazy = server.open("/chat")
        before, message = server.resident(), b"x" * 60000
        for _ in range(200):
            keen.send(0x82, message)
            assert keen.receive() == (0x82, message)
        assert server.resident() - before < SLACK
        assert wait_for(lambda: server.descriptors() == descriptors)
        assert keen.echo()
        del lazy


@test
def slow_reader_learns_why():
    """fault 94: the code is 1008, and what was queued before it is whole"""
    with Server("--queue", 100000, "--close-time", 5) as server:
        lazy, keen = server.open("/chat"), server.open("/chat")
        for _ in range(200):
            keen.send(0x82, b"x" * 60000)
            keen.receive()
        assert lazy.close_code() == 1008


@test
def echo_that_is_not_read():
    """fault 94: who sends and never reads is not read either"""
    with Server() as server:
        lazy, before = server.open(), server.resident()
        lazy.socket.settimeout(0.5)
        try:
            for _ in range(1000):
                lazy.send(0x82, bytes(100000))
            raise AssertionError("the server took 100 MB")
        except socket.timeout:
            pass
        assert server.resident() - before < SLACK
        assert server.open().echo()


@test
def slow_feed():
    """fault 94: who does not read the feed or the events is closed"""
    with Server("--feed", 10000, "--queue", 1024, "--close-time", 0.5) as server:
        for path in "/feed", "/events":
            with server.connect() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                if path == "/feed":
                    Client(s).shake(path)
                else:
                    s.sendall(b"GET /events HTTP/1.1\r\nHost: h\r\n\r\n")
                    s.recv(1)
                before = server.descriptors()
                assert wait_for(lambda: server.descriptors() < before, 30), path


@test
def connections_that_die():
    """fault 95: resets, half-closes and short visits leave nothing behind"""
    with Server("--close-time", 1) as server:
        before, resident = server.descriptors(), server.resident()
        for i in range(300):
            s = server.connect()
            s.sendall(b"GET /echo HTTP/1.1\r\nHost: h\r\n"[:i % 30])
            reset(s)
        for _ in range(100):
            client = server.open()
            client.socket.sendall(b"".join(Client.frame(0x82, bytes(50000)) for _ in range(4)))
            reset(client.socket)        # the server now writes to a closed peer: no SIGPIPE
        for _ in range(100):
            with server.connect() as s:
                s.shutdown(socket.SHUT_WR)
                assert s.recv(10) == b""
        for _ in range(2000):
            server.connect().close()
        assert wait_for(lambda: server.descriptors() == before)
        assert server.resident() - resident < SLACK
        assert server.open().echo()


@test
def half_close_after_a_request():
    """fault 95: a client that half-closes after its request gets the answer"""
    with Server() as server, server.connect() as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        s.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: s.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200") and answer.rstrip().endswith(b"</html>")


@test
def where_it_listens():
    """fault 97: loopback unless told; no root; no files"""
    with Server() as server:
        try:
            socket.create_connection(("127.0.0.2", server.port), timeout=1)
            raise AssertionError("listens on 127.0.0.2 too")
        except ConnectionRefusedError:
            pass
        assert server.get("/../etc/passwd")[0] == 404


@test
def not_as_root():
    """fault 97: root becomes nobody"""
    if os.geteuid() != 0:
        raise Skip("not started as root")
    with Server() as server:
        with open(f"/proc/{server.process.pid}/status") as status:
            lines = dict(line.split(":\t", 1) for line in status)
        assert "0" not in lines["Uid"].split() and "0" not in lines["Gid"].split()
        assert lines["Groups"].strip() == ""


@test
def usage():
    """wrong usage ends with status 2, a wrong environment with 3 and one line that says what to do"""
    for arguments in (["--what"], ["--port"], ["--port", "x"], ["--port", "65536"], ["--feed", "-1"],
                      ["--head", "1"], ["file"]):
        assert subprocess.run([SERVER, *arguments], capture_output=True).returncode == 2, arguments
    assert b"--batch" in subprocess.run([SERVER, "--help"], capture_output=True, check=True).stdout
    version = subprocess.run([SERVER, "--version"], capture_output=True, check=True).stdout
    assert version.startswith(b"ws101-server ")
    with Server() as server:
        for arguments in (["--port", server.port], ["--port", 0, "--address", "192.0.2.1"],
                          ["--address", "no.such.host.invalid"]):
            refused = subprocess.run([SERVER, *map(str, arguments)], capture_output=True)
            assert refused.returncode == 3 and refused.stderr.count(b"\n") == 1, arguments


@test
def sigterm():
    """fault 98: SIGTERM under load: 1001 to all, gone within 2 s, status 0"""
    with Server() as server:
        busy = [server.open() for _ in range(30)]
        lazy = server.open()
        lazy.socket.settimeout(0.2)
        streaming = server.connect()
        streaming.sendall(b"GET /events HTTP/1.1\r\nHost: h\r\n\r\n")
        waiting = server.connect()
        waiting.sendall(b"GET /long?after=0 HTTP/1.1\r\nHost: h\r\n\r\n")
        try:
            for _ in range(200):
                lazy.send(0x82, bytes(100000))
        except socket.timeout:
            pass
        codes = []

        def work(client):
            try:
                while True:
                    client.send(0x82, b"x" * 100)
                    first, payload = client.receive()
                    if first == 0x88:
                        codes.append(struct.unpack("!H", payload[:2])[0])
                        return
            except (OSError, EOFError):
                codes.append(0)

        threads = [threading.Thread(target=work, args=[client]) for client in busy]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        start = time.monotonic()
        terminate(server)
        assert server.process.wait(timeout=4) == 0
        assert time.monotonic() - start < 2
        for thread in threads:
            thread.join()
        assert codes == [1001] * len(busy), codes
        assert Client(streaming).ended() and Client(waiting).ended()


@test
def restart():
    """fault 98: kill -9, and the same port is taken again at once"""
    with Server() as server:
        clients = [server.open() for _ in range(20)]
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        with Server(port=server.port) as again:
            assert again.open().echo()
        del clients


@test
def ping_flood():
    """fault 99: pings beyond the rate end with 1008"""
    with Server("--controls", 100) as server:
        client = server.open()
        client.socket.sendall(Client.frame(0x89, b"p") * 1000)
        assert client.close_code() == 1008
        patient = server.open()
        for _ in range(50):
            patient.send(0x89, b"p")
            assert patient.receive() == (0x8A, b"p")


@test
def close_never_answered():
    """fault 99: a client that keeps its side open after Close is dropped"""
    with Server("--close-time", 0.5) as server:
        before = server.descriptors()
        client = server.open()
        client.send(0x83)
        assert client.close_code() == 1002
        assert wait_for(lambda: server.descriptors() == before, 3)


run()
