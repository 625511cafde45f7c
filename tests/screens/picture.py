#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A picture of a screen, made from the program itself: runs it in tmux and writes what is there as SVG.

usage: picture.py OUT.svg COLUMNSxROWS KEYS... -- COMMAND...     (keys as tmux names them)
"""

import html
import os
import re
import subprocess
import sys
import time
import unicodedata

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 17, 12
GROUND, INK = "#1c1e26", "#d5d8e0"
EIGHT = ["#1c1e26", "#e06c75", "#98c379", "#d19a66", "#61afef", "#c678dd", "#56b6c2", "#d5d8e0"]


def colour(code):
    """One of the 256 as terminals show them."""
    if code < 16:
        return EIGHT[code % 8]
    if code >= 232:
        return "#" + f"{8 + (code - 232) * 10:02x}" * 3
    levels = [0, 95, 135, 175, 215, 255]
    code -= 16
    return "#" + "".join(f"{levels[code // step % 6]:02x}" for step in (36, 6, 1))


class Pen:
    """The attributes that escape sequences have set."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.ink, self.ground, self.bold, self.reverse, self.underline = INK, None, False, False, False

    def obey(self, numbers):
        codes = [int(number or 0) for number in numbers.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in (38, 48) and codes[:1] == [5]:
                if code == 38:
                    self.ink = colour(codes[1])
                else:
                    self.ground = colour(codes[1])
                del codes[:2]
            elif 30 <= code <= 37:
                self.ink = EIGHT[code - 30]
            elif code == 39:
                self.ink = INK
            elif code in (1, 22):
                self.bold = code == 1
            elif code in (4, 24):
                self.underline = code == 4
            elif code in (7, 27):
                self.reverse = code == 7

    def look(self):
        if self.reverse:
            return self.ground or GROUND, self.ink, self.bold, self.underline
        return self.ink, self.ground, self.bold, self.underline


def runs(line, pen):
    """The line as pieces of one look: (column, text, columns, look)."""
    column, start, text = 0, 0, ""
    for part in re.split(r"(\x1b\[[0-9;]*m|\x1b\(B|\x0f|\x0e)", line):
        if part.startswith("\x1b["):
            if text:
                yield start, text, column - start, pen.look()
            pen.obey(part[2:-1])
            start, text = column, ""
            continue
        if part.startswith(("\x1b", "\x0e", "\x0f")):
            continue
        for character in part:
            text += character
            column += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    if text:
        yield start, text, column - start, pen.look()


def svg(lines, columns, rows):
    width, height = columns * CELL_WIDTH + 2 * MARGIN, rows * CELL_HEIGHT + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
           f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">',
           f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>']
    pen = Pen()
    for row, line in enumerate(lines):
        y = MARGIN + row * CELL_HEIGHT
        for column, text, span, (ink, ground, bold, underline) in runs(line, pen):
            x = MARGIN + column * CELL_WIDTH
            if ground:
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{span * CELL_WIDTH:.1f}" height="{CELL_HEIGHT}" '
                           f'fill="{ground}"/>')
            if text.strip():
                style = (' font-weight="bold"' if bold else "") + (' text-decoration="underline"' if underline else "")
                out.append(f'<text x="{x:.1f}" y="{y + 13}" fill="{ink}" xml:space="preserve" '
                           f'textLength="{span * CELL_WIDTH:.1f}"{style}>{html.escape(text)}</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    split = sys.argv.index("--")
    path, size, keys, command = sys.argv[1], sys.argv[2], sys.argv[3:split], sys.argv[split + 1:]
    columns, rows = (int(number) for number in size.split("x"))

    def tmux(*arguments):
        return subprocess.run(["tmux", "-L", f"picture-{os.getpid()}", *arguments], capture_output=True, text=True)

    environment = ["env", "LC_ALL=C.UTF-8", "TZ=UTC", "TERM=tmux-256color"]
    tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), *environment, *command)
    tmux("set-option", "-g", "status", "off")
    time.sleep(1)
    for key in keys:
        tmux("send-keys", key)
        time.sleep(0.3)
    lines = tmux("capture-pane", "-p", "-e", "-N").stdout.split("\n")
    tmux("kill-server")
    with open(path, "w", encoding="utf-8") as file:
        file.write(svg(lines[:rows], columns, rows))


main()
