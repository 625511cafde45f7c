#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What ws101 may still do when the first byte from outside reaches it: faults 78 to 82, for root and for others."""

import fcntl
import os
import pty
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
WS101 = os.path.join(BUILD, "ws101")        # the one that is shipped
ATTACK = os.path.join(BUILD, "tools", "attack")
WITHOUT = os.path.join(BUILD, "tools", "without")
DEMO = os.path.abspath("captures/demo.pcapng")
ROOT = os.geteuid() == 0
NOBODY, CALLER, GROUP = 65534, 1234, 1235
COMMANDS = (["print"], ["json"], ["stats"], ["check"], ["ladder"], ["view"])
NONE = "0" * 16
passed = failed = 0
directory = tempfile.mkdtemp(prefix="ws101-")
os.chmod(directory, 0o777)


def check(what, good, more=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"FAILED: {what} {more}")


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def status_of(pid):
    with open(f"/proc/{pid}/status") as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


class Waiting:
    """A command whose input has been opened and has not brought a byte yet; the viewer on a terminal."""

    def __init__(self, *arguments, stdin=None, **environment):
        self.fifo = tempfile.mktemp(dir=directory)
        os.mkfifo(self.fifo)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        values = {name: value for name, value in os.environ.items() if not name.startswith(("SUDO_", "PKEXEC_"))}
        values.update(TERM="xterm", LC_ALL="C.UTF-8", **environment)
        reading = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.writing = os.open(self.fifo, os.O_WRONLY)
        on_terminal = arguments[0] == "view"
        self.process = subprocess.Popen(
            [WS101, *arguments, "-" if stdin else self.fifo], cwd=directory, env=values,
            stdin=slave if on_terminal else reading, stdout=slave if on_terminal else subprocess.PIPE,
            stderr=slave if on_terminal else subprocess.PIPE, start_new_session=True,
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if on_terminal else None)
        os.close(slave)
        os.close(reading)

    def confined(self):
        """Whether it has come to where nothing more is given up."""
        return wait_until(lambda: status_of(self.process.pid).get("Seccomp") == "2")

    def finish(self):
        """Now the bytes come; the exit status."""
        with open(DEMO, "rb") as capture:
            os.write(self.writing, capture.read())
        os.close(self.writing)
        if self.process.stdout:
            self.output = self.process.communicate(timeout=30)[0]
        else:
            time.sleep(0.3)
            os.write(self.master, b"q")
            self.process.wait(30)
        os.close(self.master)
        os.unlink(self.fifo)
        return self.process.returncode


def judge_status(what, status, user, group):
    names = ["Prm", "Eff", "Amb"] + (["Bnd", "Inh"] if ROOT else [])
    check(f"{what}: no capability", all(status["Cap" + name] == NONE for name in names), status)
    check(f"{what}: no new privileges, and seccomp", (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), status)
    check(f"{what}: one thread", status["Threads"] == "1", status)
    if ROOT:
        check(f"{what}: another user", set(status["Uid"].split()) == {str(user)}, status["Uid"])
        check(f"{what}: no group of root's", set(status["Gid"].split()) == {str(group)} and
              not status["Groups"].strip(), (status["Gid"], status["Groups"]))


def fault_78_and_82():
    """Before the first byte has come, rights are gone, whatever the command and wherever it reads."""
    for command in COMMANDS:
        for stdin in (False, True):
            if stdin and command == ["view"]:
                continue                # keys come from there
            waiting = Waiting(*command, stdin=stdin, SUDO_UID=str(CALLER), SUDO_GID=str(GROUP))
            what = f"82 {command[0]} {'-' if stdin else 'FILE'}"
            check(f"{what}: confined before the first byte", waiting.confined())
            judge_status(what, status_of(waiting.process.pid), CALLER, GROUP)
            status = waiting.finish()
            check(f"{what}: reads it all the same", status == (1 if command == ["check"] else 0), status)
    for variables, user in (({}, NOBODY), ({"SUDO_UID": "0"}, NOBODY), ({"SUDO_UID": "x"}, NOBODY),
                            ({"PKEXEC_UID": str(NOBODY - 1)}, NOBODY - 1), ({"SUDO_UID": "4294967295"}, NOBODY)):
        waiting = Waiting("print", **variables)
        waiting.confined()
        judge_status(f"78 {variables}", status_of(waiting.process.pid), user, NOBODY)
        waiting.finish()


def fault_78_live():
    """A live capture goes on, and its counters are read, with the rights gone."""
    if not ROOT and subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        return
    script = 'ip link set lo up; exec "$0" "$@"'
    for command in (["stats", "--json"], ["print"]):
        target = os.path.join(directory, "live")
        process = subprocess.Popen(["unshare", "-n" if ROOT else "-rn", "sh", "-c", script, WS101, *command, "-i", "lo",
                                    "-w", target], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=dict(os.environ, SUDO_UID=str(CALLER), SUDO_GID=str(GROUP)))
        check("78 live: confined", wait_until(lambda: status_of(process.pid)["Seccomp"] == "2"))
        judge_status("78 live", status_of(process.pid), CALLER, GROUP)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=30)[1]
        check("78 live: ends as asked", process.returncode == 130, (process.returncode, errors))
        check("78 live: what was written can be read", subprocess.run([WS101, "stats", target], capture_output=True)
              .returncode == 0)
        os.unlink(target)


def fault_82_order():
    """The system calls in their order: everything is opened, then rights go, then the first byte is read."""
    if not shutil.which("strace"):
        return
    second = shutil.copy(DEMO, os.path.join(directory, "second"))
    for command in COMMANDS[:-1]:
        log = os.path.join(directory, "calls")
        subprocess.run(["strace", "-o", log, "-y", WS101, *command, "-w", os.path.join(directory, "out"), DEMO, second],
                       capture_output=True)
        os.unlink(os.path.join(directory, "out"))
        with open(log) as calls:
            lines = calls.readlines()[1:]
        first = {name: next((i for i, line in enumerate(lines) if word in line and "= -1" not in line), -1)
                 for name, word in (("open", f', "{DEMO}"'), ("second", f', "{second}"'), ("writer", '/out", '),
                                    ("bounding", "PR_CAPBSET_DROP" if ROOT else "capset("), ("capset", "capset("),
                                    ("privileges", "PR_SET_NO_NEW_PRIVS"), ("landlock", "landlock_restrict_self("),
                                    ("seccomp", "PR_SET_SECCOMP"))}
        first["read"] = next(i for i, line in enumerate(lines) if line.startswith("read(") and f"<{DEMO}>" in line)
        order = ["open", "second", "writer", "capset", "privileges", "landlock", "seccomp", "read"]
        at = [first[name] for name in order]
        check(f"82 {command[0]}: order of the calls", at[0] >= 0 and at == sorted(at), first)
        after = lines[first["seccomp"] + 1:]
        check(f"82 {command[0]}: nothing is refused", not any("EPERM" in line for line in after),
              [line for line in after if "EPERM" in line])


def fault_82_owner():
    """What -w makes belongs to who called sudo, and is not made where that user may not."""
    if not ROOT:
        return
    target, private = os.path.join(directory, "mine"), os.path.join(directory, "private")
    os.mkdir(private, 0o700)
    environment = dict(os.environ, SUDO_UID=str(CALLER), SUDO_GID=str(GROUP))
    subprocess.run([WS101, "stats", "-w", target, DEMO], env=environment, capture_output=True)
    status = os.stat(target)
    check("82 -w: the caller's", (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) ==
          (CALLER, GROUP, 0o600), status)
    done = subprocess.run([WS101, "stats", "-w", private + "/x", DEMO], env=environment, capture_output=True, text=True)
    check("82 -w: not where only root may", done.returncode == 3 and "Permission denied" in done.stderr, done)
    secret = os.path.join(directory, "secret")
    shutil.copy(DEMO, secret)
    os.chmod(secret, 0o600)
    done = subprocess.run([WS101, "stats", secret, DEMO, secret], env=environment, capture_output=True)
    check("82 several files that only root may read", done.returncode == 0, done.stderr)


def fault_81():
    """Taken over while it reads: attack makes the process itself ask for it."""
    for command in (["print"], ["view"]):
        waiting = Waiting(*command, SUDO_UID=str(CALLER), SUDO_GID=str(GROUP))
        waiting.confined()
        time.sleep(0.3)                 # it waits for bytes
        done = subprocess.run([ATTACK, str(waiting.process.pid)], capture_output=True, text=True)
        waiting.finish()
        if done.stdout.startswith("not here") or done.stderr.startswith("attach"):
            return                      # another processor, or nobody may look into other processes
        results = dict(line.split(": ") for line in done.stdout.splitlines())
        for attempt in ("read /etc/shadow", "socket", "execve", "ptrace"):
            check(f"81 {command[0]}: {attempt} was tried", attempt in results, done)
        for attempt, result in results.items():
            check(f"81 {command[0]}: {attempt}", result in ("EPERM", "EACCES", "killed"), result)


def fault_81_files_alone():
    """Landlock holds where seccomp is missing: files by any call that is left."""
    fifo = os.path.join(directory, "quiet")
    os.mkfifo(fifo)
    holder = os.open(fifo, os.O_RDWR)
    process = subprocess.Popen([WITHOUT, "seccomp", "--", WS101, "print", fifo], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    done = subprocess.run([ATTACK, str(process.pid)], capture_output=True, text=True)
    results = dict(line.split(": ") for line in done.stdout.splitlines() if ": " in line)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=10)[1]
    os.close(holder)
    if results:
        for attempt in ("read /etc/passwd", "list /", "write a file", "make a file elsewhere", "open, the old call"):
            check(f"81 without seccomp: {attempt}", results[attempt] == "EACCES", results)
    if ROOT:
        check("78 without seccomp: a line says so", errors.startswith("ws101: this kernel has no seccomp"), errors)


def fault_79():
    """Somebody with cap_net_raw on the program, and nothing else: it captures, and the capability goes, too."""
    program = shutil.copy(WS101, os.path.join(directory, "capable"))
    os.chmod(program, 0o755)
    if not ROOT or not shutil.which("setcap") or subprocess.run(["setcap", "cap_net_raw=ep", program],
                                                                capture_output=True).returncode:
        return                          # only root may give it, and not every file system keeps it
    script = 'ip link set lo up; exec setpriv --reuid 1234 --regid 1235 --clear-groups --inh-caps=-all "$@"'
    process = subprocess.Popen(["unshare", "-n", "sh", "-c", script, "sh", program, "stats", "--json", "-i", "lo"],
                               cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    confined = wait_until(lambda: status_of(process.pid)["Seccomp"] == "2")
    status = status_of(process.pid)
    check("79 setcap: captures", confined, process.poll() is not None and process.communicate())
    check("79 setcap: as who called", set(status["Uid"].split()) == {"1234"}, status["Uid"])
    check("79 setcap: and no capability is left", status["CapPrm"] == status["CapEff"] == status["CapAmb"] == NONE, status)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=30)
    check("79 setcap: ends as asked", process.returncode == 130 and b'"packets"' in out, errors)


def fault_80():
    """Nobody's, and everything forbidden: exit 3, and one line that says what to do; doctor says the same."""
    without = [WITHOUT, "namespaces", "packets", "--", WS101]
    if ROOT:
        without = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *without]
    for arguments, words in ((["print", "-i", "lo"], "no permission to capture; allow it once with: sudo setcap"),
                             (["run", "--", "true"], "forbids private networks")):
        done = subprocess.run([*without, *arguments], capture_output=True, text=True)
        check(f"80 {arguments[0]}: exit 3 and one line", done.returncode == 3 and words in done.stderr and
              done.stderr.count("\n") == 1, done)
    done = subprocess.run([*without, "doctor"], capture_output=True, text=True)
    answers = {line[5:].split("  ")[0]: line for line in done.stdout.splitlines()}
    check("80 doctor: exit 3 where nothing live is open", done.returncode == 3, done)
    check("80 doctor: files always", answers["captures in files"].startswith("yes"), done.stdout)
    check("80 doctor: what to ask for", answers["a private network"].startswith("no ") and
          "sudo setcap cap_net_raw=ep" in answers["live interfaces"], done.stdout)
    forbidden = ("echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "
                 '"$0" run -- true')
    done = subprocess.run(["unshare", "-rn", "sh", "-c", forbidden, WS101], capture_output=True, text=True)
    if "sysctl" in done.stderr or "private networks" in done.stderr:
        check("80 run: the switch is named", done.returncode == 3 and
              "sudo sysctl user.max_user_namespaces=" in done.stderr, done)


def fault_78_old_kernels():
    """Where the kernel lacks one, the other and the rest hold, and root is told."""
    for missing in (["landlock"], ["seccomp"], ["landlock", "seccomp"]):
        done = subprocess.run([WITHOUT, *missing, "--", WS101, "stats", DEMO], capture_output=True, text=True)
        check(f"78 without {missing}: works", done.returncode == 0 and "conn" in done.stdout, done)
        told = [name in done.stderr for name in ("Landlock", "seccomp")]
        wanted = ["landlock" in missing, "seccomp" in missing] if ROOT else [False, False]
        check(f"78 without {missing}: said, to root", told == wanted, done.stderr)
        doctor = subprocess.run([WITHOUT, *missing, "--", WS101, "doctor"], capture_output=True, text=True).stdout
        lines = {line[5:].split("  ")[0]: line[:3] for line in doctor.splitlines()}
        check(f"78 without {missing}: doctor", (lines.get("landlock"), lines.get("seccomp")) ==
              tuple("no " if name in missing else "yes" for name in ("landlock", "seccomp")), doctor)
    done = subprocess.run([WS101, "stats", DEMO], capture_output=True, text=True)
    check("78: and where it lacks none, nothing is said", done.stderr == "", done.stderr)


def main():
    for name, test in list(globals().items()):
        if name.startswith("fault_") and (len(sys.argv) == 1 or name in sys.argv[1:]):
            test()
    shutil.rmtree(directory)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
