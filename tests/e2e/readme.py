#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The commands of the READMEs do what is said there. In a fenced block marked `console`, what follows `$ ` is run
and its output compared, `...` standing for any lines; in one marked `sh`, every line is run and must succeed.
make TARGET, in any block, must name a target. Links lead to files, pictures are SVG with the words of their screen."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
PAGES = ["README.md", "analyzer/README.md", "captures/README.md", "minimal-server/README.md", "tests/README.md",
         "tests/conversations/README.md", "analyzer/play/README.md"]
PICTURES = {"messages": ["handshake", "Bye,"], "detail": ["opcode", "MASK"]}
passed = failed = skipped = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}\n{more}")


def blocks(text):
    """(language, lines) of each fenced block."""
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S):
        yield match.group(1), match.group(2).split("\n")[:-1]


def shell(command, work):
    """With the programs under test; files that the page makes go into a directory of their own."""
    command = command.replace("build/", BUILD + "/")
    return ["bash", "-c", re.sub(r"(?<= )\w+\.pcap\b", work + r"/\g<0>", command)]


def run(command, work):
    return subprocess.run(shell(command, work), cwd=ROOT, stdin=subprocess.DEVNULL, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


FIRST_SCREEN = re.compile(b"Connections|Which interface")


def run_viewer(command, work):
    """On a terminal, until it has drawn its screen; then q."""
    child, master = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        arguments = shell(command, work)
        os.execvp(arguments[0], arguments)
    shown, end, quitting = b"", time.monotonic() + 20, False
    while time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                shown += os.read(master, 65536)
            except OSError:
                break
        if not quitting and FIRST_SCREEN.search(shown):
            os.write(master, b"qq")
            quitting = True
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown


def is_viewer(command):
    return re.match(r"build/ws101 (-i|--replay|captures/)", command) is not None


def same(expected, shown):
    """`...` alone on a line is any number of lines."""
    pattern = "".join("(?:.*\n)*?" if line == "..." else re.escape(line) + "\n" for line in expected)
    return re.fullmatch(pattern, shown) is not None


def forbidden(command):
    """What this machine does not let us do, as doctor sees it."""
    ways = subprocess.run([BUILD + "/ws101", "doctor"], text=True, stdout=subprocess.PIPE).stdout
    return (" -i " in command and "yes  live interfaces" not in ways or
            "ws101 run" in command and "yes  a private network" not in ways)


def test_console(lines, work):
    command, expected = lines[0][2:], lines[1:]
    done = run(command, work)
    check(command, same(expected, done.stdout), done.stdout)


def test_shell(lines, work):
    global skipped
    for command in lines:
        if forbidden(command):
            skipped += 1
            continue
        if is_viewer(command):
            status, shown = run_viewer(command, work)
            check(command, status == 0 and FIRST_SCREEN.search(shown), shown[-2000:])
        else:
            done = run(command, work)
            answer = ("check" in command and done.returncode == 1 or    # what was asked for, if not good news
                      "doctor" in command and done.returncode == 3)
            check(command, done.returncode == 0 or answer, done.stdout)


def test_targets(text, helped):
    for target in set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.M)):
        check(f"make {target}", re.search(rf"^  {target} ", helped, re.M))


def test_links(page, text):
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        path = os.path.join(ROOT, os.path.dirname(page), target)
        check(f"{page} leads to {target}", os.path.exists(path))


def test_rules(text):
    table = json.loads(subprocess.run([BUILD + "/ws101", "rules", "--json"], stdout=subprocess.PIPE).stdout)
    severities = list({rule["rule"]: rule["severity"] for rule in table["rules"]}.values())
    told = "There are %d rules, %d MUST, %d SHOULD and %d notes" % (
        len(severities), *(severities.count(severity) for severity in ("must", "should", "note")))
    check("how many rules there are", told in text, told)


def test_pictures():
    for name, words in PICTURES.items():
        path = os.path.join(ROOT, "analyzer/view/pictures", name + ".svg")
        shown = " ".join(xml.etree.ElementTree.parse(path).getroot().itertext())
        check(f"{name}.svg", all(word in shown for word in words), shown)


def main():
    helped = subprocess.run(["make", "-s", "help"], cwd=ROOT, text=True, stdout=subprocess.PIPE).stdout
    for page in PAGES:
        with open(os.path.join(ROOT, page), encoding="utf-8") as file:
            text = file.read()
        test_targets(text, helped)
        test_links(page, text)
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file, tempfile.TemporaryDirectory() as work:
        text = file.read()
        test_rules(text)
        for language, lines in blocks(text):
            if language == "console":
                test_console(lines, work)
            elif language == "sh":
                test_shell(lines, work)
    test_pictures()
    if skipped:
        print(f"{skipped} skipped: capturing is forbidden here")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
