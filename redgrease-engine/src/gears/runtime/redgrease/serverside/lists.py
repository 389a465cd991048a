"""Commands of lists."""

from .replies import is_ok
from .words import option


def _count(count):
    return [] if count is None else [count]


class Lists:
    """Base class of `Client` with the commands of lists."""

    def lpush(self, name, *values):
        return self.execute_command("LPUSH", name, *values)

    def rpush(self, name, *values):
        return self.execute_command("RPUSH", name, *values)

    def lpushx(self, name, *values):
        return self.execute_command("LPUSHX", name, *values)

    def rpushx(self, name, *values):
        return self.execute_command("RPUSHX", name, *values)

    def lpop(self, name, count=None):
        return self.execute_command("LPOP", name, *_count(count))

    def rpop(self, name, count=None):
        return self.execute_command("RPOP", name, *_count(count))

    def llen(self, name):
        return self.execute_command("LLEN", name)

    def lrange(self, name, start, end):
        return self.execute_command("LRANGE", name, start, end)

    def lindex(self, name, index):
        return self.execute_command("LINDEX", name, index)

    def linsert(self, name, where, refvalue, value):
        return self.execute_command("LINSERT", name, where, refvalue, value)

    def lset(self, name, index, value):
        return is_ok(self.execute_command("LSET", name, index, value))

    def lrem(self, name, count, value):
        return self.execute_command("LREM", name, count, value)

    def ltrim(self, name, start, end):
        return is_ok(self.execute_command("LTRIM", name, start, end))

    def rpoplpush(self, src, dst):
        return self.execute_command("RPOPLPUSH", src, dst)

    def lmove(self, first_list, second_list, src="LEFT", dest="RIGHT"):
        return self.execute_command("LMOVE", first_list, second_list, src, dest)

    def lpos(self, name, value, rank=None, count=None, maxlen=None):
        words = option("RANK", rank) + option("COUNT", count) + option("MAXLEN", maxlen)
        return self.execute_command("LPOS", name, value, *words)
