#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The viewer on real terminals (faults 71, 73, 74), without rights (78, 80, 82), on a command's traffic."""

import fcntl
import json
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

WS101 = os.environ.get("WS101", "build/asan/ws101")
DEMO = "captures/demo.pcapng"
os.environ["XDG_CONFIG_HOME"] = "/dev/null"         # nobody's own settings
# The leak checker looks on as a debugger does, which the sandbox forbids.
os.environ["ASAN_OPTIONS"] = "abort_on_error=1:detect_leaks=0"
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what} {more}")


class Terminal:
    """A program on a pseudo-terminal of its own."""

    def __init__(self, *arguments, size=(80, 24), directory=None, program=None, **environment):
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        self.output = b""
        values = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8", TZ="UTC")
        values.update(environment)
        self.process = subprocess.Popen(
            [program or os.path.abspath(WS101), *arguments], cwd=directory, stdin=self.slave, stdout=self.slave,
            stderr=self.slave, env=values,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, width, height):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                try:
                    self.output += os.read(self.master, 65536)
                except OSError:
                    return

    def wait_for(self, text, seconds=10):
        end = time.monotonic() + seconds
        while text.encode() not in self.output and time.monotonic() < end:
            self.read(0.05)
        return text.encode() in self.output

    def press(self, keys, wait=0.15):
        os.write(self.master, keys.encode())
        self.read(wait)

    def finish(self, seconds=10):
        """The exit status as a shell would have it."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        if self.process.poll() is None:
            self.process.kill()
            return "hangs"
        self.read(0.1)
        status = self.process.returncode
        return 128 - status if status < 0 else status

    def restored(self):
        shown = self.output.rfind(b"\x1b[?1049l") > self.output.rfind(b"\x1b[?1049h")
        return shown and termios.tcgetattr(self.slave) == self.before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def open_demo(**more):
    terminal = Terminal("view", os.path.abspath(DEMO), **more)
    check("the first screen is there", terminal.wait_for("closed"), repr(terminal.output[-300:]))
    return terminal


def test_quit():
    terminal = open_demo()
    terminal.press("q")
    check("q: exit 0", terminal.finish() == 0)
    check("q: terminal restored", terminal.restored())
    terminal.close()


def test_signals():
    """Every one that ends a program: the kernel's default for it is to terminate, or to dump core."""
    harmless = {signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT,
                signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH, signal.SIGPIPE, signal.SIGXFSZ}
    terminals = {}
    for number in set(signal.Signals) - harmless | {signal.SIGRTMIN + 3}:
        terminals[number] = Terminal("view", DEMO)
    for number, terminal in terminals.items():
        check("the first screen is there", terminal.wait_for("closed"), repr(terminal.output[-300:]))
        terminal.process.send_signal(number)
        status = terminal.finish()
        check(f"signal {number}: exit {128 + number}", status == 128 + number, f"was {status}")
        check(f"signal {number}: terminal restored", terminal.restored())
        terminal.close()


def test_stop_and_continue():
    terminal = open_demo()
    terminal.process.send_signal(signal.SIGTSTP)
    for _ in range(100):
        time.sleep(0.02)
        with open(f"/proc/{terminal.process.pid}/stat") as stat:
            if stat.read().rsplit(")", 1)[1].split()[0] == "T":
                break
    terminal.read(0.1)
    check("SIGTSTP: stopped with the terminal restored", terminal.restored())
    terminal.output = b""
    terminal.process.send_signal(signal.SIGCONT)
    check("SIGCONT: the screen is drawn anew", terminal.wait_for("closed"))
    terminal.press("q")
    check("after SIGCONT: exit 0", terminal.finish() == 0)
    terminal.close()


def test_terminal_vanishes():
    terminal = open_demo()
    os.close(terminal.master)
    os.close(terminal.slave)
    try:
        terminal.process.wait(10)
        check("terminal closed: exit 129", terminal.process.returncode in (129, -1), terminal.process.returncode)
    except subprocess.TimeoutExpired:
        check("terminal closed: ends", False)
        terminal.process.kill()


def test_sizes():
    terminal = open_demo()
    for size in [(1, 1), (20, 5), (2, 40), (500, 200), (500, 1), (80, 24)]:
        terminal.resize(*size)
        terminal.process.send_signal(signal.SIGWINCH)
        terminal.press("\r\t4567?q123", 0.2)
    check("any size is survived", terminal.process.poll() is None)
    for step in range(150):
        terminal.resize(1 + step * 7 % 150, 1 + step * 3 % 60)
        terminal.process.send_signal(signal.SIGWINCH)
        terminal.read(0.005)
    terminal.resize(80, 24)
    terminal.process.send_signal(signal.SIGWINCH)
    terminal.press("Q", 0.3)
    check("a storm of resizes is survived", terminal.finish() == 0)
    check("after the storm: terminal restored", terminal.restored())
    terminal.close()


def refused(sentence, *arguments, **environment):
    terminal = Terminal(*(arguments or ("view", DEMO)), **environment)
    status = terminal.finish()
    text = terminal.output.decode(errors="replace").strip()
    check(f"refused with a sentence: {sentence}", status == 3 and re.fullmatch("ws101: .*" + sentence + ".*", text),
          f"{status}: {text}")
    terminal.close()


def test_refusals():
    refused("set TERM", TERM="no-such-terminal")
    refused("set TERM", TERM="dumb")
    refused("set TERM", TERM="")
    refused("No such file", "view", "/nonexistent")
    result = subprocess.run([WS101, "view", DEMO], capture_output=True, text=True)
    check("no terminal: exit 3, one sentence", result.returncode == 3 and "ws101 print" in result.stderr
          and result.stderr.count("\n") == 1, result.stderr)
    result = subprocess.run([WS101, "view", "-Y", "opcod == 1", DEMO], capture_output=True, text=True)
    check("a filter with a mistake: exit 2", result.returncode == 2 and "did you mean" in result.stderr,
          result.stderr)


def test_ascii():
    terminal = open_demo(LC_ALL="C")
    terminal.press("jjj\r")
    terminal.press("5")
    terminal.press("Q")
    terminal.finish()
    check("no UTF-8 locale: nothing but ASCII", all(byte < 0x80 for byte in terminal.output))
    terminal.close()


def test_no_colour():
    terminal = open_demo(NO_COLOR="1")
    terminal.press("jjj\r")
    terminal.press("Q")
    terminal.finish()
    colours = re.findall(rb"\x1b\[(?:[0-9;]*;)?(?:38|48|3[0-7]|4[0-7])[;m]", terminal.output)
    check("NO_COLOR: no colours", not colours, colours[:5])
    terminal.close()


def test_standard_input():
    """The capture comes through a pipe, keys from the terminal all the same."""
    terminal = Terminal("view", DEMO)
    terminal.close()
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(["sh", "-c", f"cat {DEMO} | {WS101} view -"], stdin=slave, stdout=slave,
                               stderr=slave, env=dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8"),
                               start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    time.sleep(1)
    os.write(master, b"q")
    try:
        check("capture on standard input, keys from the terminal", process.wait(10) == 0)
    except subprocess.TimeoutExpired:
        check("capture on standard input, keys from the terminal", False)
        process.kill()
    os.close(master)
    os.close(slave)


def test_frozen():
    """fault 84: a terminal that nobody reads holds nothing up, neither the packets nor the end."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    for end in ("q", signal.SIGTERM):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        before = termios.tcgetattr(slave)
        process = subprocess.Popen([WS101, "view", "-"], stdin=subprocess.PIPE, stdout=slave, stderr=slave,
                                   env=dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8"),
                                   start_new_session=True, preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0))
        process.stdin.write(header)
        for number in range(300):               # a connection each, so that there is much to draw
            packet = (b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0\x45\0\0\x28\0\0\0\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2" +
                      struct.pack(">HHIIBBHHH", 10000 + number, 80, 1, 0, 0x50, 2, 999, 0, 0))
            process.stdin.write(struct.pack("<IIII", number, 0, len(packet), len(packet)) + packet)
            process.stdin.flush()
            time.sleep(0.01)
        time.sleep(0.5)
        pending = struct.unpack("i", fcntl.ioctl(process.stdin, termios.FIONREAD, b"\0\0\0\0"))[0]
        check("84 frozen: the packets were taken", pending == 0, pending)
        if end == "q":
            os.write(master, b"q")
        else:
            process.send_signal(end)
        try:
            status = process.wait(5)
        except subprocess.TimeoutExpired:
            status = "hangs"
            process.kill()
        check(f"84 frozen: {end} is answered", status == (0 if end == "q" else 128 + end), status)
        check("84 frozen: its modes are restored", termios.tcgetattr(slave) == before)
        os.close(master)
        os.close(slave)


def test_save():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)      # root has become nobody by then
        path = os.path.join(directory, "payload")
        terminal = open_demo(directory=directory)
        terminal.press("jjj\rjjj\r")
        terminal.press("w" + path + "\r", 0.3)
        saved = open(path, "rb").read() if os.path.exists(path) else b""
        check("a payload is saved as it was meant", saved.startswith(b'{"type":"join"'), saved)
        check("with mode 0600", os.path.exists(path) and os.stat(path).st_mode & 0o777 == 0o600)
        terminal.output = b""
        terminal.press("w" + path + "\r", 0.3)
        check("never over a file that is there", b"exists" in terminal.output and open(path, "rb").read() == saved)
        terminal.press("\x1b", 0.5)
        terminal.output = b""
        terminal.press("w/tmp/elsewhere\r", 0.3)
        check("81: nowhere but where it was started", b"not allowed" in terminal.output, terminal.output[-300:])
        terminal.press("Q")
        terminal.finish()
        terminal.close()


def test_replay():
    """At the file's own pace: 1.95 seconds of it take as long, eight times as fast an eighth."""
    for speed, least, most in (("--replay", 1.8, 6), ("--replay=8", 0.2, 1.8), ("--replay=max", 0, 1.8)):
        terminal = Terminal("view", speed, DEMO)
        terminal.wait_for("packet")
        begun = time.monotonic()
        check(f"{speed}: ends at the end", terminal.wait_for("■", 15), terminal.output[-500:])
        took = time.monotonic() - begun
        check(f"{speed}: at its pace", least <= took <= most, took)
        terminal.press("Q")
        check(f"{speed}: exit 0", terminal.finish() == 0)
        terminal.close()

    terminal = Terminal("view", "--replay=1/8", DEMO)
    terminal.wait_for("packet")
    terminal.press(" ", 0.3)
    terminal.output = b""
    terminal.read(0.5)
    check("a replay that waits draws nothing new", len(terminal.output) < 200, terminal.output)
    terminal.output = b""
    terminal.press("@100%\r")
    check("it goes to the end", terminal.wait_for("■"), terminal.output[-500:])
    terminal.output = b""
    terminal.press("@0\r")
    check("and back", terminal.wait_for("0.00"), terminal.output[-500:])
    terminal.output = b""
    terminal.press("@+0.9\r1")
    check("states are those of then", terminal.wait_for(" http"), terminal.output[-500:])
    terminal.press("E")
    check("and the rest is read at once", terminal.wait_for("all read"), terminal.output[-500:])
    terminal.press("Q")
    terminal.finish()
    terminal.close()


def test_random_keys_in_a_replay():
    """faults 73 and 76, while the same packets come again and again, from before and from behind."""
    terminal = Terminal("view", "--replay=64", "--memory", "8M", "captures/mixed.pcap")
    terminal.wait_for("packet")
    generator = random.Random(73)
    for _ in range(150):
        if terminal.process.poll() is not None:
            break
        click = f"\x1b[<0;{generator.randint(1, 80)};{generator.randint(22, 24)}M"
        terminal.press("".join(generator.choice(STORM) for _ in range(10)) + click, 0.002)
    check("random keys in a replay are survived", terminal.process.poll() is None, terminal.output[-3000:])
    terminal.press("\x1b\x1b", 0.5)
    terminal.press("Q")
    check("and it still quits", terminal.finish(20) == 0)
    terminal.close()


def test_cut_capture():
    """Read to its last whole packet, with a warning, and replayed so, too: exit 0."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = os.path.join(directory, "cut.pcapng")
        with open(DEMO, "rb") as whole, open(path, "wb") as cut:
            cut.write(whole.read()[:-30])
        for options in ([], ["--replay=max"]):
            terminal = Terminal("view", *options, path)
            check("a cut capture: said", terminal.wait_for("ends inside a packet"), terminal.output[-500:])
            terminal.press("Q")
            check("a cut capture: exit 0, and said again", terminal.finish() == 0 and
                  b"read up to there" in terminal.output.split(b"\x1b[?1049l")[-1], terminal.output[-300:])
            terminal.close()


def test_replay_of_several_files():
    """Read anew from the first of them, after all rights are gone; and -w has every packet once."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        path = os.path.join(directory, "written.pcapng")
        terminal = Terminal("view", "-w", path, DEMO, "captures/endings.pcap")
        terminal.wait_for("all read")
        for key in ("R+++++++++", "@50%\r", "R"):
            terminal.press(key, 0.4)
        terminal.press("@100%\r")
        check("several files are replayed as one", terminal.wait_for("■"), terminal.output[-500:])
        terminal.press("Q")
        check("several files: exit 0", terminal.finish() == 0, terminal.output[-300:])
        counts = [json.loads(subprocess.run([WS101, "stats", "--json", *files], capture_output=True).stdout)["packets"]
                  for files in ([path], [DEMO, "captures/endings.pcap"])]
        check("-w has every packet once", counts[0] == counts[1], counts)
        terminal.close()


def test_replay_of_a_pipe():
    """It plays, and goes back nowhere; a sentence says so."""
    terminal = Terminal("-c", f"cat {DEMO} | {WS101} view --replay=64 -", program="/bin/sh")
    check("a pipe plays", terminal.wait_for("■"), terminal.output[-500:])
    terminal.press("[")
    check("and cannot go back", terminal.wait_for("a pipe can be read only once"), terminal.output[-500:])
    terminal.press("Q")
    check("a pipe: exit 0", terminal.finish() == 0)
    terminal.close()
    result = subprocess.run([WS101, "view", "--replay", "-i", "lo"], capture_output=True, text=True)
    check("live is not replayed: exit 2, a sentence", result.returncode == 2 and "is for files" in result.stderr)


def save_as(terminal, form, path):
    """The connection under the cursor, as the form-th kind."""
    terminal.output = b""
    terminal.press("wgj\rg" + "j" * (4 + form) + "\r\x15" + path + "\r", 0.3)
    terminal.press("\x0c")             # curses sends differences: all of it once more
    check(f"{os.path.basename(path)} is written", terminal.wait_for("written to", 5), terminal.output[-400:])
    return open(path, "rb").read() if os.path.exists(path) else b""


def by_command(*arguments):
    return subprocess.run([WS101, *arguments], capture_output=True).stdout


def test_save_connection():
    """One connection in every form: what the commands say of it. faults 85: mode, links, what is there."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        path = lambda name: os.path.join(directory, name)
        terminal = open_demo(directory=directory)
        terminal.press("jjj")
        lines = save_as(terminal, 1, path("a.json")).splitlines()
        check("JSON: what json tells", lines[1:] == by_command("json", "-Y", "conn == 4", DEMO).splitlines()[1:])
        check("text: what print tells", save_as(terminal, 2, path("a.txt")) == by_command("print", "-Y", "conn == 4", DEMO))
        check("HAR: what json --har tells",
              save_as(terminal, 3, path("a.har")) == by_command("json", "--har", "-Y", "conn == 4", DEMO))
        check("a ladder", save_as(terminal, 4, path("a.ladder")).startswith(b"Connection 4"))
        check("a drawing", save_as(terminal, 5, path("a.svg")).startswith(b"<svg"))
        save_as(terminal, 0, path("a.pcapng"))
        check("its packets, and no others", b"34 packets" in terminal.output)
        check("which tell the same", [line.split(None, 3)[3] for line in by_command("print", "-t", "e", path("a.pcapng")).splitlines()] ==
              [line.split(None, 3)[3] for line in by_command("print", "-t", "e", "-Y", "conn == 4", DEMO).splitlines()])
        check("each with mode 0600", all(os.stat(path(name)).st_mode & 0o777 == 0o600 for name in os.listdir(directory)))

        os.symlink(path("elsewhere"), path("link"))
        for form in (0, 1):
            terminal.press("wgj\rg" + "j" * (4 + form) + "\r\x15" + path("link") + "\r", 0.3)
            terminal.press("\x1b", 0.5)
        check("never through a link", not os.path.exists(path("elsewhere")) and b"exists already" in terminal.output)
        before = open(path("a.json"), "rb").read()
        terminal.press("wg\rg" + "j" * 5 + "\r\x15" + path("a.json") + "\r", 0.3)
        check("what exists stays", b"choose another name" in terminal.output and open(path("a.json"), "rb").read() == before)
        terminal.press("2\r", 0.3)
        check("the name can be changed", os.path.exists(path("a.json2")))
        terminal.press("wg\rg" + "j" * 5 + "\r\x15" + path("none/a") + "\r", 0.3)
        check("what cannot be created is told", terminal.wait_for("cannot be created", 2), terminal.output[-300:])
        terminal.press("Q")
        check("exit 0 after saving", terminal.finish() == 0)
        terminal.close()


def coloured(output):
    return re.search(rb"\x1b\[(?:[0-9;]*;)?(?:38|48|3[0-7]|4[0-7])[;m]", output) is not None


def test_settings():
    """Changed on their screen, kept in a file, there again the next time; a line that makes no sense is told."""
    with tempfile.TemporaryDirectory() as directory:
        config = os.path.join(directory, "ws101/config")
        environment = {"XDG_CONFIG_HOME": directory}
        if os.geteuid() == 0:           # root becomes who called sudo
            environment.update(SUDO_UID="1234", SUDO_GID="1234")
            os.chown(directory, 1234, 1234)
        terminal = open_demo(**environment)
        check("colours to begin with", coloured(terminal.output))
        terminal.press("O" + "\r" * 3 + "jj\rG\rKw", 0.5)
        check("the settings are kept", terminal.wait_for("kept in", 3), terminal.output[-300:])
        terminal.press("Q")
        terminal.finish()
        terminal.close()
        text = open(config).read() if os.path.exists(config) else ""
        check("as lines", "theme = none\n" in text and "time = clock\n" in text and "bytes-received" in text, text)
        check("for the user alone", os.path.exists(config) and os.stat(config).st_mode & 0o777 == 0o600)
        check("and nothing is left beside it", os.listdir(os.path.dirname(config)) == ["config"])

        terminal = open_demo(**environment)
        check("the next time there is no colour", not coloured(terminal.output))
        terminal.press("Q")
        terminal.finish()
        terminal.close()

        with open(config, "a") as file:
            file.write("colour = \x1b[31mred\nhide-http = yes\n")
        terminal = open_demo(**environment)
        check("a line that makes no sense is told", terminal.wait_for('"colour" is no setting', 3),
              terminal.output[-300:])
        check("and the next one counts", b"10.0.0.1:49788" not in terminal.output)
        terminal.press("Q")
        terminal.finish()
        terminal.close()
        if os.geteuid() == 0:
            os.chown(directory, 0, 0)
            os.chown(os.path.dirname(config), 0, 0)
            terminal = open_demo(**environment)
            terminal.press("Ow", 0.5)
            check("another user's file is left alone", terminal.wait_for("not saved", 3), terminal.output[-300:])
            terminal.press("Q")
            terminal.finish()
            terminal.close()


def status_of(process):
    with open(f"/proc/{process.pid}/status") as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def test_rights_are_given_up():
    terminal = open_demo(SUDO_UID="1234", SUDO_GID="1235")
    status = status_of(terminal.process)
    none = "0" * 16
    check("no capability", all(status["Cap" + name] == none for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")), status)
    check("no new privileges, and seccomp", status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status)
    if os.geteuid() == 0:
        check("root has become who called sudo", set(status["Uid"].split()) == {"1234"}, status["Uid"])
        check("and no group is left", set(status["Gid"].split()) == {"1235"} and not status["Groups"].strip(), status)
    terminal.press("Q")
    check("exit 0 without rights", terminal.finish() == 0)
    terminal.close()


TALK = """
import base64, hashlib, socket, threading, time
def serve():
    peer = listener.accept()[0]
    key = [line for line in peer.recv(4096).split(b"\\r\\n") if line.startswith(b"Sec-WebSocket-Key")][0].split(b": ")[1]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    peer.send(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
              b"Sec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n")
    for number in range(20):
        peer.send(b"\\x81\\x09event %03d" % number)
        time.sleep(0.01)
    peer.send(b"\\x88\\x02\\x03\\xe8")
    peer.recv(100)
    peer.close()
listener = socket.create_server(("127.0.0.1", 8101))
thread = threading.Thread(target=serve)
thread.start()
client = socket.create_connection(("127.0.0.1", 8101))
client.send(b"GET /live HTTP/1.1\\r\\nHost: here\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n")
received = b""
while b"\\x88" not in received:
    received += client.recv(4096)
client.send(b"\\x88\\x82\\x01\\x02\\x03\\x04\\x02\\xea")
client.close()
listener.close()
thread.join()
print("spoken")
"""


# A network of its own. Root needs no user namespace for it, and in a chroot there is none.
UNSHARE = ["unshare", "-n" if os.geteuid() == 0 else "-rn"]


def has_namespaces():
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


def test_run():
    """A command's traffic in a network of its own: as lines, and in the viewer."""
    if not has_namespaces():
        result = subprocess.run([WS101, "run", "--", "true"], capture_output=True, text=True)
        check("where private networks are forbidden, a sentence says so", result.returncode == 3, result.stderr)
        return
    command = ["run", "--", "/usr/bin/python3", "-c", TALK]
    result = subprocess.run([WS101, *command], capture_output=True, text=True, timeout=60)
    lines = result.stdout.splitlines()
    check("run: exit 0", result.returncode == 0, result.stderr)
    check("run: every message is there", sum("  message  " in line for line in lines) == 20, result.stdout)
    # behind it a note, where the client's FIN was the first
    check("run: up to the end", any("close-handshake" in line for line in lines[-2:]), result.stdout)
    check("run: what the command writes is kept apart", result.stderr.endswith("spoken\n"), result.stderr)

    terminal = Terminal(*command)
    check("run: the end of the command is told", terminal.wait_for("ended with status 0"), terminal.output[-500:])
    terminal.press("\rG")
    check("run: live messages in the viewer", terminal.wait_for("event 019", 3))
    terminal.press("wgj\rgjjjj\r\r")
    check("run: that packets are not kept is told", terminal.wait_for("start with -w FILE", 3), terminal.output[-300:])
    status = status_of(terminal.process)
    check("run: the viewer has no capability left", status["CapEff"] == "0" * 16 and status["Seccomp"] == "2")
    terminal.press("Q")
    check("run: exit 0 after the viewer", terminal.finish() == 0)
    check("run: then the command's output is shown", terminal.output.endswith(b"spoken\r\n"), terminal.output[-80:])
    terminal.close()


def in_network(commands, *arguments):
    """A terminal on ws101 in a network of its own, where these commands have been run as root."""
    return Terminal(*UNSHARE[1:], "sh", "-c", commands + '; exec "$0" "$@"', os.path.abspath(WS101), *arguments,
                    program=UNSHARE[0])


def test_interfaces():
    """-i without a name: a screen to choose from, or a list."""
    result = subprocess.run([WS101, "print", "-i"], capture_output=True, text=True)
    check("the interfaces are listed", result.returncode == 0 and re.search(r"(?m)^lo +(up|down)", result.stdout),
          result.stdout + result.stderr)
    result = subprocess.run([WS101, "print", "-i", "nosuch0"], capture_output=True, text=True)
    check("a wrong name is answered with the right ones",
          result.returncode == 3 and re.search("there are: .*lo", result.stderr), result.stderr)
    if not has_namespaces() or subprocess.run(["sh", "-c", "command -v ip"], capture_output=True).returncode:
        return
    terminal = in_network("ip link add left type veth peer name right; ip link set lo up", "view", "-i")
    check("interfaces to choose from", terminal.wait_for("Which interface?"), terminal.output[-500:])
    terminal.press("Gk")
    terminal.output = b""
    terminal.press("\r")
    check("one that is down says so, and another can be chosen", terminal.wait_for("is down"), terminal.output[-500:])
    terminal.press("q")
    check("quitting there: exit 0", terminal.finish() == 0)
    check("and the terminal is restored", terminal.restored())
    terminal.close()

    terminal = in_network("ip link set lo up", "-i")
    terminal.wait_for("Which interface?")
    for _ in range(3):
        if b"127.0.0.1" in terminal.output.split(b"\x1b[0;7m")[-1][:80]:
            break
        terminal.press("j")
    terminal.output = b""
    terminal.press("\r")
    check("what is chosen is captured", terminal.wait_for("live") and b"0 dropped" in terminal.output,
          terminal.output[-500:])
    check("and no rights are left", status_of(terminal.process)["CapEff"] == "0" * 16)
    terminal.press("q")
    check("exit 0 after that", terminal.finish() == 0)
    terminal.close()


LOSE = """
ip link add left type veth peer name right; ip link set left up; ip link set right up
(sleep 2; ip link del left) >/dev/null 2>&1 &
exec "$0" view -i left
"""


def test_interface_vanishes():
    """faults 83: said within two seconds, what was read stays, exit 3."""
    if not has_namespaces() or subprocess.run(["sh", "-c", "command -v ip"], capture_output=True).returncode:
        return
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen([*UNSHARE, "sh", "-c", LOSE, os.path.abspath(WS101)], stdin=slave,
                               stdout=slave, stderr=slave, env=dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8"),
                               start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    output, end = b"", time.monotonic() + 8
    while b"disappeared" not in output and time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            output += os.read(master, 65536)
    check("an interface that vanishes is told of", b"disappeared" in output, output[-300:])
    os.write(master, b"q")
    try:
        check("and the exit status is 3", process.wait(10) == 3, process.returncode)
    except subprocess.TimeoutExpired:
        check("and the viewer ends", False)
        process.kill()
    os.close(master)
    os.close(slave)


STORM = ["j", "k", "\r", "\x1b", "\t", *"fcovzsSxanNpFtgGmMdO?1234567", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~",
         "\x1b[6~", "/a\r", "\\fin\r", "\\\x15\r", "\\opcode == t\t\r\x1b", "é", "|text matches \"(a*)*b\"\r\x1b"]


def test_random_keys():
    """faults 73 and 76: 100,000 of any keys, while traffic comes and goes and the window changes."""
    if not has_namespaces():
        return
    talk = f"import time\nend = time.time() + 120\nwhile time.time() < end:\n exec({TALK!r}, {{}})"
    terminal = Terminal("run", "--memory", "4M", "--", "/usr/bin/python3", "-c", talk)
    terminal.wait_for("open")
    generator = random.Random(76)
    for turn in range(5000):
        if terminal.process.poll() is not None:
            break
        terminal.press("".join(generator.choice(STORM) for _ in range(20)), 0.002)
        if turn % 50 == 0:
            terminal.resize(generator.randint(1, 200), generator.randint(1, 60))
            terminal.process.send_signal(signal.SIGWINCH)
        terminal.output = terminal.output[-5000:]
    check("random keys are survived", terminal.process.poll() is None, terminal.output[-3000:])
    terminal.press("\x1b\x1b", 0.5)
    terminal.press("Q")
    status = terminal.finish(20)
    check("and q still quits", status == 0, status)
    terminal.close()


def test_run_mistakes():
    result = subprocess.run([WS101, "run"], capture_output=True, text=True)
    check("run without a command: exit 2", result.returncode == 2, result.stderr)
    if has_namespaces():
        result = subprocess.run([WS101, "run", "--", "/nonexistent"], capture_output=True, text=True)
        check("run of nothing: a sentence, exit 3", result.returncode == 3 and result.stderr ==
              "ws101: cannot run the command: /nonexistent: No such file or directory\n", result.stderr)


def test_run_status():
    """A command's failure is ours, so that a script sees it; what we do to it is not."""
    if not has_namespaces():
        return
    for command, status in ("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137):
        result = subprocess.run([WS101, "run", "--", "sh", "-c", command], capture_output=True, text=True, timeout=60)
        check(f"run of {command}: exit {status}", result.returncode == status, (result.returncode, result.stderr))
    with open("/dev/full", "w") as full:
        result = subprocess.run([WS101, "run", "--", "/usr/bin/python3", "-c", TALK], stdout=full,
                                stderr=subprocess.PIPE, text=True, timeout=60)
    check("run: what we could not write is told first", result.returncode == 3 and "No space" in result.stderr,
          result.stderr)
    for command, wanted in ("exit 7", 7), ("sleep 100", 0):
        terminal = Terminal("run", "--", "sh", "-c", command)
        terminal.wait_for("ended with status 7" if wanted else "Connections")
        terminal.press("Q")
        check(f"run of {command} in the viewer: exit {wanted}", terminal.finish() == wanted)
        terminal.close()


def test_doctor():
    result = subprocess.run([WS101, "doctor"], capture_output=True, text=True)
    check("doctor: every way is named", all(way in result.stdout for way in
          ("files", "private network", "live interfaces", "seccomp", "terminal")), result.stdout)


def tmux(*arguments):
    return subprocess.run(["tmux", "-L", f"ws101-{os.getpid()}", *arguments], capture_output=True, text=True)


def test_grid():
    """What a terminal emulator makes of it is what the golden screens say."""
    keys = ["jjj", "Enter"]
    command = f"XDG_CONFIG_HOME=/dev/null LC_ALL=C.UTF-8 TZ=UTC {os.path.abspath(WS101)} view {DEMO}"
    tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command)
    tmux("set-option", "-g", "status", "off")
    time.sleep(1.5)
    for key in keys:
        tmux("send-keys", key)
        time.sleep(0.5)
    grid = tmux("capture-pane", "-p").stdout.rstrip("\n").split("\n")
    with open("tests/screens/messages.80x24.txt") as golden:
        wanted = golden.read().split("\n")[:24]
    wanted[22] = grid[22] if "demo.pcapng" in grid[22] else "the status line"
    check("the grid in tmux is the golden screen", grid == wanted, "\n".join(grid))
    tmux("kill-server")


for name, function in list(globals().items()):
    if name.startswith("test_"):
        function()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
