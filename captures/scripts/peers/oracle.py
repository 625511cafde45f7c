# SPDX-License-Identifier: MIT
"""What a Python peer writes to the file $ORACLE: what its API told it, one JSON object per line."""
import hashlib
import json
import os


def write(**line):
    with open(os.environ["ORACLE"], "a", encoding="utf-8") as oracle:
        oracle.write(json.dumps(line, ensure_ascii=False) + "\n")


def describe(data, kind=None):
    """Kind, length in bytes, and the text itself where it is short text, else its hash."""
    raw = data.encode() if isinstance(data, str) else bytes(data)
    kind = kind or ("text" if isinstance(data, str) else "binary")
    if kind != "binary" and len(raw) <= 120:
        return {"kind": kind, "length": len(raw), "text": raw.decode(errors="replace")}
    return {"kind": kind, "length": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
