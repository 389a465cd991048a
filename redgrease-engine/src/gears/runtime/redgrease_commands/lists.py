"""Commands of lists."""

from .replies import is_ok
from .words import counted, option


class Lists:
    """Base class of `Client` with the commands of lists."""

    __slots__ = ()

    def lpush(self, name, *values):
        return self._run("LPUSH", name, *values)

    def rpush(self, name, *values):
        return self._run("RPUSH", name, *values)

    def lpushx(self, name, *values):
        return self._run("LPUSHX", name, *values)

    def rpushx(self, name, *values):
        return self._run("RPUSHX", name, *values)

    def lpop(self, name, count=None):
        return self._run("LPOP", name, *counted(count))

    def rpop(self, name, count=None):
        return self._run("RPOP", name, *counted(count))

    def lmpop(self, num_keys, *args, direction, count=1):
        return self._run("LMPOP", num_keys, *args, direction, *option("COUNT", None if count == 1 else count))

    def llen(self, name):
        return self._run("LLEN", name)

    def lrange(self, name, start, end):
        return self._run("LRANGE", name, start, end)

    def lindex(self, name, index):
        return self._run("LINDEX", name, index)

    def linsert(self, name, where, refvalue, value):
        return self._run("LINSERT", name, where, refvalue, value)

    def lset(self, name, index, value):
        return is_ok(self._run("LSET", name, index, value))

    def lrem(self, name, count, value):
        return self._run("LREM", name, count, value)

    def ltrim(self, name, start, end):
        return is_ok(self._run("LTRIM", name, start, end))

    def rpoplpush(self, src, dst):
        return self._run("RPOPLPUSH", src, dst)

    def lmove(self, first_list, second_list, src="LEFT", dest="RIGHT"):
        return self._run("LMOVE", first_list, second_list, src, dest)

    def lpos(self, name, value, rank=None, count=None, maxlen=None):
        words = option("RANK", rank) + option("COUNT", count) + option("MAXLEN", maxlen)
        return self._run("LPOS", name, value, *words)
