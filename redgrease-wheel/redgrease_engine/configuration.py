"""Writes the configuration file of a server."""

import os
from typing import List

from .errors import ServerError


class Configuration:
    """The text of a configuration file, with one directive per line."""

    def __init__(self) -> None:
        self._lines: List[bytes] = []

    def add(self, name: str, *values: object) -> "Configuration":
        """Adds a directive with quoted values, which may contain any bytes."""
        self._lines.append(b" ".join([name.encode(), *map(_quoted, values)]))
        return self

    def line(self, name: str, value: object) -> "Configuration":
        """Adds a directive as it stands, so that one value may hold several words, such as `save 60 1`."""
        text = f"{name} {value}"
        if len(name.split()) != 1 or any(character in text for character in "\r\n\0"):
            raise ServerError(
                f"{text!r} is not a line of a configuration file: "
                "give the name of one directive, and its value without line breaks"
            )
        self._lines.append(text.encode("utf-8", "surrogateescape"))
        return self

    def encoded(self) -> bytes:
        """The file's bytes."""
        return b"\n".join([*self._lines, b""])


def _quoted(value: object) -> bytes:
    """A value in double quotes, with the escapes of the server's parser."""
    encoded = os.fsencode(value) if isinstance(value, os.PathLike) else os.fsencode(str(value))
    plain = set(range(0x20, 0x7F)) - set(b'"\\')
    return b'"' + b"".join(bytes([byte]) if byte in plain else b"\\x%02x" % byte for byte in encoded) + b'"'
