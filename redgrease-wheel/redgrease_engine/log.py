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


def of_module(text: str) -> str:
    """The last message of a module, which says what to do if it is that of a failure; empty if there is none."""
    messages = [_HEAD.sub("", line) for line in text.splitlines()]
    of_modules = [message for message in messages if message.startswith("<")]
    return of_modules[-1].partition("> ")[2] if of_modules else ""


def last(text: str) -> str:
    """The last message; empty if there is none."""
    lines = text.splitlines()
    return _HEAD.sub("", lines[-1]) if lines else ""
