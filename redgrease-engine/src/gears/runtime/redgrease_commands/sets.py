"""Commands of sets."""

from .replies import members
from .words import counted, listed, of_pattern


class Sets:
    """Base class of `Client` with the commands of sets."""

    __slots__ = ()

    def sadd(self, name, *values):
        return self._run("SADD", name, *values)

    def srem(self, name, *values):
        return self._run("SREM", name, *values)

    def smembers(self, name):
        return members(self._run("SMEMBERS", name))

    def scard(self, name):
        return self._run("SCARD", name)

    def sismember(self, name, value):
        return self._run("SISMEMBER", name, value)

    def smismember(self, name, values, *args):
        return self._run("SMISMEMBER", name, *listed(values, args))

    def smove(self, src, dst, value):
        return bool(self._run("SMOVE", src, dst, value))

    def spop(self, name, count=None):
        return self._run("SPOP", name, *counted(count))

    def srandmember(self, name, number=None):
        return self._run("SRANDMEMBER", name, *counted(number))

    def sdiff(self, keys, *args):
        return members(self._run("SDIFF", *listed(keys, args)))

    def sinter(self, keys, *args):
        return members(self._run("SINTER", *listed(keys, args)))

    def sunion(self, keys, *args):
        return members(self._run("SUNION", *listed(keys, args)))

    def sintercard(self, numkeys, keys, limit=0):
        return self._run("SINTERCARD", numkeys, *keys, "LIMIT", limit)

    def sdiffstore(self, dest, keys, *args):
        return self._run("SDIFFSTORE", dest, *listed(keys, args))

    def sinterstore(self, dest, keys, *args):
        return self._run("SINTERSTORE", dest, *listed(keys, args))

    def sunionstore(self, dest, keys, *args):
        return self._run("SUNIONSTORE", dest, *listed(keys, args))

    def sscan(self, name, cursor=0, match=None, count=None):
        cursor, values = self._run("SSCAN", name, cursor, *of_pattern(match, count))
        return int(cursor), values

    def sscan_iter(self, name, match=None, count=None):
        cursor = None
        while cursor != 0:
            cursor, values = self.sscan(name, cursor or 0, match, count)
            yield from values
