"""A small client for the protocol of Redis, so that this package needs no other one."""

import socket
from typing import Any, List, Optional, Union

from .errors import ReplyError

Word = Union[str, bytes, int, float]


class Connection:
    """One connection over a unix socket. Strings in replies are bytes."""

    def __init__(self, path: str, timeout: Optional[float]) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.settimeout(timeout)
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._replies = self._socket.makefile("rb")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._replies.close()
        self._socket.close()

    def call(self, *words: Word) -> Any:
        """Sends a command and returns its reply. Raises `ReplyError` if the reply is an error."""
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            encoded = word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogateescape")
            parts.append(b"$%d\r\n%s\r\n" % (len(encoded), encoded))
        self._socket.sendall(b"".join(parts))
        reply = self._read()
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def _read(self) -> Any:
        line = self._replies.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return ReplyError(rest.decode("utf-8", "replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._exactly(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else self._array(int(rest))
        raise ConnectionError(f"the server sent {line!r}, which is not a reply of Redis")

    def _array(self, length: int) -> List[Any]:
        return [self._read() for _ in range(length)]

    def _exactly(self, length: int) -> bytes:
        read = self._replies.read(length + 2)
        if len(read) != length + 2:
            raise ConnectionError("the server closed the connection within a reply")
        return read[:-2]
