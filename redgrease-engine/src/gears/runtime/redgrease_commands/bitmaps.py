"""Commands of bitmaps and HyperLogLogs."""

from .exceptions import DataError
from .replies import is_ok


class Bitmaps:
    """Base class of `Client` with the commands of bitmaps and HyperLogLogs."""

    __slots__ = ()

    def getbit(self, name, offset):
        return self._run("GETBIT", name, offset)

    def setbit(self, name, offset, value):
        return self._run("SETBIT", name, offset, 1 if value else 0)

    def bitcount(self, key, start=None, end=None, mode=None):
        if (start is None) != (end is None):
            raise DataError("Both start and end must be specified")
        return self._run("BITCOUNT", key, *_given(start, end, mode))

    def bitop(self, operation, dest, *keys):
        return self._run("BITOP", operation, dest, *keys)

    def bitpos(self, key, bit, start=None, end=None, mode=None):
        if bit not in (0, 1):
            raise DataError("bit must be 0 or 1")
        if start is None and end is not None:
            raise DataError("start argument is not set, when end is specified")
        return self._run("BITPOS", key, bit, *_given(start, end, mode))

    def bitfield(self, key, default_overflow=None):
        return BitField(self, key, default_overflow)

    def bitfield_ro(self, key, encoding, offset, items=None):
        words = ["GET", encoding, offset]
        for encoding, offset in items or ():
            words += ["GET", encoding, offset]
        return self._run("BITFIELD_RO", key, *words)

    # -- HyperLogLogs

    def pfadd(self, name, *values):
        return self._run("PFADD", name, *values)

    def pfcount(self, *sources):
        return self._run("PFCOUNT", *sources)

    def pfmerge(self, dest, *sources):
        return is_ok(self._run("PFMERGE", dest, *sources))


class BitField:
    """Operations on the integers in a bitmap. `execute` sends them as one command."""

    __slots__ = ("_client", "_key", "_default", "_overflow", "_words")

    def __init__(self, client, key, default_overflow=None):
        self._client = client
        self._key = key
        self._default = default_overflow or "WRAP"
        self.reset()

    def reset(self):
        self._words = []
        self._overflow = "WRAP"
        self.overflow(self._default)

    def overflow(self, overflow):
        overflow = overflow.upper()
        if overflow != self._overflow:
            self._overflow = overflow
            self._words += ["OVERFLOW", overflow]
        return self

    def get(self, fmt, offset):
        self._words += ["GET", fmt, offset]
        return self

    def set(self, fmt, offset, value):
        self._words += ["SET", fmt, offset, value]
        return self

    def incrby(self, fmt, offset, increment, overflow=None):
        if overflow is not None:
            self.overflow(overflow)
        self._words += ["INCRBY", fmt, offset, increment]
        return self

    @property
    def command(self):
        return ["BITFIELD", self._key, *self._words]

    def execute(self):
        words = self.command
        self.reset()
        return self._client._run(*words)


def _given(*words):
    return [word for word in words if word is not None]
