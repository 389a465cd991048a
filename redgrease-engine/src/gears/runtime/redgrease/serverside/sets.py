"""Commands of sets."""

from .replies import members
from .words import listed, of_pattern


def _count(count):
    return [] if count is None else [count]


class Sets:
    """Base class of `Client` with the commands of sets."""

    def sadd(self, name, *values):
        return self.execute_command("SADD", name, *values)

    def srem(self, name, *values):
        return self.execute_command("SREM", name, *values)

    def smembers(self, name):
        return members(self.execute_command("SMEMBERS", name))

    def scard(self, name):
        return self.execute_command("SCARD", name)

    def sismember(self, name, value):
        return bool(self.execute_command("SISMEMBER", name, value))

    def smismember(self, name, values, *args):
        return self.execute_command("SMISMEMBER", name, *listed(values, args))

    def smove(self, src, dst, value):
        return bool(self.execute_command("SMOVE", src, dst, value))

    def spop(self, name, count=None):
        return self.execute_command("SPOP", name, *_count(count))

    def srandmember(self, name, number=None):
        return self.execute_command("SRANDMEMBER", name, *_count(number))

    def sdiff(self, keys, *args):
        return members(self.execute_command("SDIFF", *listed(keys, args)))

    def sinter(self, keys, *args):
        return members(self.execute_command("SINTER", *listed(keys, args)))

    def sunion(self, keys, *args):
        return members(self.execute_command("SUNION", *listed(keys, args)))

    def sdiffstore(self, dest, keys, *args):
        return self.execute_command("SDIFFSTORE", dest, *listed(keys, args))

    def sinterstore(self, dest, keys, *args):
        return self.execute_command("SINTERSTORE", dest, *listed(keys, args))

    def sunionstore(self, dest, keys, *args):
        return self.execute_command("SUNIONSTORE", dest, *listed(keys, args))

    def sscan(self, name, cursor=0, match=None, count=None):
        cursor, values = self.execute_command("SSCAN", name, cursor, *of_pattern(match, count))
        return int(cursor), values

    def sscan_iter(self, name, match=None, count=None):
        cursor = None
        while cursor != 0:
            cursor, values = self.sscan(name, cursor or 0, match, count)
            yield from values
