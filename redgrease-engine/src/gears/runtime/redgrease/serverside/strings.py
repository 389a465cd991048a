"""Commands of strings, bitmaps and HyperLogLogs."""

from .replies import is_ok, number, ok_or
from .words import (
    at_milliseconds,
    at_seconds,
    flag,
    flat,
    listed,
    milliseconds,
    option,
    seconds,
)


class Strings:
    """Base class of `Client` with the commands of strings, bitmaps and HyperLogLogs."""

    def get(self, name):
        return self.execute_command("GET", name)

    def set(
        self,
        name,
        value,
        ex=None,
        px=None,
        nx=False,
        xx=False,
        keepttl=False,
        get=False,
        exat=None,
        pxat=None,
    ):
        reply = self.execute_command(
            "SET",
            name,
            value,
            *option("EX", None if ex is None else seconds(ex)),
            *option("PX", None if px is None else milliseconds(px)),
            *option("EXAT", None if exat is None else at_seconds(exat)),
            *option("PXAT", None if pxat is None else at_milliseconds(pxat)),
            *flag("KEEPTTL", keepttl),
            *flag("NX", nx),
            *flag("XX", xx),
            *flag("GET", get),
        )
        return reply if get else (None if reply is None else is_ok(reply))

    def setex(self, name, time, value):
        return is_ok(self.execute_command("SETEX", name, seconds(time), value))

    def psetex(self, name, time_ms, value):
        return is_ok(self.execute_command("PSETEX", name, milliseconds(time_ms), value))

    def setnx(self, name, value):
        return bool(self.execute_command("SETNX", name, value))

    def getset(self, name, value):
        return self.execute_command("GETSET", name, value)

    def getdel(self, name):
        return self.execute_command("GETDEL", name)

    def getex(self, name, ex=None, px=None, exat=None, pxat=None, persist=False):
        return self.execute_command(
            "GETEX",
            name,
            *option("EX", None if ex is None else seconds(ex)),
            *option("PX", None if px is None else milliseconds(px)),
            *option("EXAT", None if exat is None else at_seconds(exat)),
            *option("PXAT", None if pxat is None else at_milliseconds(pxat)),
            *flag("PERSIST", persist),
        )

    def mget(self, keys, *args):
        return self.execute_command("MGET", *listed(keys, args))

    def mset(self, mapping):
        return is_ok(self.execute_command("MSET", *flat(mapping)))

    def msetnx(self, mapping):
        return bool(self.execute_command("MSETNX", *flat(mapping)))

    def append(self, key, value):
        return self.execute_command("APPEND", key, value)

    def strlen(self, name):
        return self.execute_command("STRLEN", name)

    def getrange(self, key, start, end):
        return self.execute_command("GETRANGE", key, start, end)

    substr = getrange

    def setrange(self, name, offset, value):
        return self.execute_command("SETRANGE", name, offset, value)

    # -- numbers

    def incr(self, name, amount=1):
        return self.execute_command("INCRBY", name, amount)

    incrby = incr

    def decr(self, name, amount=1):
        return self.execute_command("DECRBY", name, amount)

    decrby = decr

    def incrbyfloat(self, name, amount=1.0):
        return number(self.execute_command("INCRBYFLOAT", name, amount))

    # -- bits

    def getbit(self, name, offset):
        return self.execute_command("GETBIT", name, offset)

    def setbit(self, name, offset, value):
        return self.execute_command("SETBIT", name, offset, int(bool(value)))

    def bitcount(self, key, start=None, end=None):
        return self.execute_command(
            "BITCOUNT", key, *[word for word in (start, end) if word is not None]
        )

    def bitop(self, operation, dest, *keys):
        return self.execute_command("BITOP", operation, dest, *keys)

    def bitpos(self, key, bit, start=None, end=None):
        return self.execute_command(
            "BITPOS", key, bit, *[word for word in (start, end) if word is not None]
        )

    # -- HyperLogLogs

    def pfadd(self, name, *values):
        return self.execute_command("PFADD", name, *values)

    def pfcount(self, *sources):
        return self.execute_command("PFCOUNT", *sources)

    def pfmerge(self, dest, *sources):
        return ok_or(self.execute_command("PFMERGE", dest, *sources))
