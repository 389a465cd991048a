"""Reads the log of a server."""

import re
from pathlib import Path

#: What stands before the message of a line: `12:M 29 Nov 2026 09:28:39.123 # `.
_HEAD = re.compile(r"^\d+:\w \d+ \w+ \d+ [\d:.]+ [.*#-] ")


def tail(file: Path, lines: int) -> str:
    """The last lines of a log that are not empty; empty if there is no log."""
    try:
        text = file.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
    kept = [line for line in text.splitlines() if line.strip()]
    return "\n".join(kept[-lines:])


def reason(text: str) -> str:
    """Why a server ended: the last message of a module, else the last line."""
    messages = [_HEAD.sub("", line) for line in text.splitlines()]
    of_modules = [message for message in messages if message.startswith("<")]
    if of_modules:
        return of_modules[-1].partition("> ")[2]
    return messages[-1] if messages else "it wrote nothing to its log"
