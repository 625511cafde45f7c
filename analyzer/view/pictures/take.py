#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pictures of the viewer for the README: the real program in tmux, real keys, the pane drawn as SVG.

    analyzer/view/pictures/take.py [DIRECTORY]      here, unless told otherwise; WS101 names the program
"""

import os
import re
import subprocess
import sys
import time
import unicodedata
from html import escape

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
WS101 = os.path.abspath(os.environ.get("WS101", os.path.join(ROOT, "build", "ws101")))
DEMO = "captures/demo.pcapng"

PICTURES = {    # name: columns, rows, keys, text that is on the screen when they have been handled
    "connections": (100, 12, "", "→1000"),
    "messages": (100, 25, "Down Down Down Enter", "Bye, 再见"),
    "detail": (100, 30, "Down Down Down Enter Down Down Down Enter Down Down", "F|R|R|R| opcode"),
    "handshake": (100, 30, "Down Down Down Enter 4", "equal: the server"),
    "ladder": (100, 24, "Down Down Down Enter 5", "10.0.0.2:8080"),
}

CELL_WIDTH, CELL_HEIGHT = 8.4, 18
BACKGROUND, FOREGROUND = "#101418", "#d7dde4"
COLOURS = ["#3b4252", "#f0716f", "#8fce82", "#e5c15d", "#6ca8f0", "#c78df0", "#62c9c9", "#d7dde4",
           "#6b7686", "#ff8f8d", "#a9e09d", "#f2d47c", "#8fbef7", "#d9acf7", "#86dede", "#ffffff"]


# --- the program in a terminal of its own ---------------------------------------------------------------

def tmux(socket, *arguments):
    return subprocess.run(["tmux", "-L", socket, "-f", "/dev/null", *arguments], check=True, cwd=ROOT,
                          capture_output=True, text=True).stdout


def screen(columns, rows, keys, expected):
    """The pane's lines, with the escape sequences that style them."""
    socket = f"ws101-picture-{os.getpid()}"
    program = f"TZ=UTC LC_ALL=C.UTF-8 TERM=tmux-256color '{WS101}' view {DEMO}"
    tmux(socket, "new-session", "-d", "-x", str(columns), "-y", str(rows), program, ";",
         "set", "status", "off")
    try:
        wait_for(socket, "all read")
        for key in keys.split():
            tmux(socket, "send-keys", key)
            time.sleep(0.1)
        wait_for(socket, expected)
        return tmux(socket, "capture-pane", "-e", "-p", "-N").split("\n")[:rows]
    finally:
        tmux(socket, "kill-server")


def wait_for(socket, text):
    for _ in range(100):
        if text in tmux(socket, "capture-pane", "-p"):
            return
        time.sleep(0.1)
    sys.exit(f"the viewer does not show {text!r}")


# --- from styled lines to cells -------------------------------------------------------------------------

def colour(codes):
    """The colour behind 38 or 48: ;5;N or ;2;R;G;B."""
    if codes.pop(0) == 2:
        return "#%02x%02x%02x" % (codes.pop(0), codes.pop(0), codes.pop(0))
    number = codes.pop(0)
    if number < 16:
        return COLOURS[number]
    if number >= 232:
        return "#" + "%02x" % (8 + 10 * (number - 232)) * 3
    levels = [0, 95, 135, 175, 215, 255]
    number -= 16
    return "#%02x%02x%02x" % (levels[number // 36], levels[number // 6 % 6], levels[number % 6])


def apply(style, codes):
    """SGR: Select Graphic Rendition, ECMA-48 section 8.3.117."""
    flags = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
    while codes:
        code = codes.pop(0)
        if code == 0:
            style.clear()
        elif code in flags:
            style[flags[code]] = True
        elif code == 22:
            style.pop("bold", None), style.pop("dim", None)
        elif code - 20 in flags:
            style.pop(flags[code - 20], None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style["fg"] = COLOURS[code - 30 if code < 90 else code - 82]
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style["bg"] = COLOURS[code - 40 if code < 100 else code - 92]
        elif code in (38, 48):
            style["fg" if code == 38 else "bg"] = colour(codes)
        elif code in (39, 49):
            style.pop("fg" if code == 39 else "bg", None)


def width(character):
    if unicodedata.combining(character) or character == "\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def runs(line, style):
    """(column, columns, text, style): characters that look alike, a wide one by itself."""
    column, start, text = 0, 0, ""
    for piece in re.split(r"(\x1b\[[0-9;:]*m)", line.replace("\x0e", "").replace("\x0f", "")):
        if piece.startswith("\x1b"):
            if text:
                yield start, column - start, text, dict(style)
            start, text = column, ""
            apply(style, [int(code or 0) for code in re.split("[;:]", piece[2:-1])])
            continue
        for character in piece:
            if width(character) == 2 or (text and ord(character) > 0x2fff):
                if text:
                    yield start, column - start, text, dict(style)
                yield column, 2, character, dict(style)
                column, text = column + 2, ""
                start = column
            else:
                text += character
                column += width(character)
    if text:
        yield start, column - start, text, dict(style)


# --- from cells to SVG ------------------------------------------------------------------------------------

def draw(column, row, columns, text, style):
    fg, bg = style.get("fg", FOREGROUND), style.get("bg")
    if style.get("reverse"):
        fg, bg = bg or BACKGROUND, fg
    x, y = column * CELL_WIDTH, row * CELL_HEIGHT
    if bg:
        yield f'<rect x="{x:.1f}" y="{y}" width="{columns * CELL_WIDTH:.1f}" height="{CELL_HEIGHT}" fill="{bg}"/>'
    more = ' font-weight="bold"' if style.get("bold") else ""
    more += ' opacity="0.65"' if style.get("dim") else ""
    for word in re.finditer(r"\S+", text):      # each at its own column, whatever the font's widths are
        before, length = (sum(map(width, part)) for part in (text[:word.start()], word.group()))
        yield (f'<text x="{x + before * CELL_WIDTH:.1f}" y="{y + 13.5}" fill="{fg}" '
               f'textLength="{length * CELL_WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"{more}>'
               f'{escape(word.group())}</text>')


def picture(lines, columns, rows):
    w, h = columns * CELL_WIDTH, rows * CELL_HEIGHT
    style, parts = {}, []
    for row, line in enumerate(lines):
        for column, length, text, look in runs(line, style):
            parts += draw(column, row, length, text, look)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -12 {w + 24:.0f} {h + 24}" '
        f'font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="13.5">',
        f'<rect x="-12" y="-12" width="{w + 24:.0f}" height="{h + 24}" rx="8" fill="{BACKGROUND}"/>',
        *parts, "</svg>", ""])


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else HERE
    for name, (columns, rows, keys, expected) in PICTURES.items():
        lines = screen(columns, rows, keys, expected)
        with open(os.path.join(directory, name + ".svg"), "w", encoding="utf-8") as file:
            file.write(picture(lines, columns, rows))


main()
