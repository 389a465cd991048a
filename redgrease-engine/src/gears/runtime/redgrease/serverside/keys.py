"""Commands of keys of any type."""

from .replies import is_ok
from .words import (
    at_milliseconds,
    at_seconds,
    flag,
    milliseconds,
    of_pattern,
    option,
    seconds,
)


def _conditions(nx, xx, gt, lt):
    return flag("NX", nx) + flag("XX", xx) + flag("GT", gt) + flag("LT", lt)


class Keys:
    """Base class of `Client` with the commands of keys of any type."""

    def delete(self, *names):
        return self.execute_command("DEL", *names)

    def unlink(self, *names):
        return self.execute_command("UNLINK", *names)

    def exists(self, *names):
        return self.execute_command("EXISTS", *names)

    __contains__ = exists

    def touch(self, *args):
        return self.execute_command("TOUCH", *args)

    def type(self, name):
        return self.execute_command("TYPE", name)

    def rename(self, src, dst):
        return is_ok(self.execute_command("RENAME", src, dst))

    def renamenx(self, src, dst):
        return bool(self.execute_command("RENAMENX", src, dst))

    def copy(self, source, destination, destination_db=None, replace=False):
        words = option("DB", destination_db) + flag("REPLACE", replace)
        return bool(self.execute_command("COPY", source, destination, *words))

    def move(self, name, db):
        return bool(self.execute_command("MOVE", name, db))

    def dump(self, name):
        return self.execute_command("DUMP", name)

    def restore(self, name, ttl, value, replace=False, absttl=False):
        words = flag("REPLACE", replace) + flag("ABSTTL", absttl)
        return self.execute_command("RESTORE", name, ttl, value, *words)

    def randomkey(self):
        return self.execute_command("RANDOMKEY")

    def keys(self, pattern="*"):
        return self.execute_command("KEYS", pattern)

    def object(self, infotype, key):
        return self.execute_command("OBJECT", infotype, key)

    def memory_usage(self, key, samples=None):
        return self.execute_command("MEMORY USAGE", key, *option("SAMPLES", samples))

    def sort(
        self,
        name,
        start=None,
        num=None,
        by=None,
        get=None,
        desc=False,
        alpha=False,
        store=None,
    ):
        patterns = [get] if isinstance(get, (str, bytes)) else get or ()
        return self.execute_command(
            "SORT",
            name,
            *option("BY", by),
            *([] if start is None or num is None else ["LIMIT", start, num]),
            *[word for pattern in patterns for word in ("GET", pattern)],
            *flag("DESC", desc),
            *flag("ALPHA", alpha),
            *option("STORE", store),
        )

    # -- time to live

    def expire(self, name, time, nx=False, xx=False, gt=False, lt=False):
        words = _conditions(nx, xx, gt, lt)
        return bool(self.execute_command("EXPIRE", name, seconds(time), *words))

    def pexpire(self, name, time, nx=False, xx=False, gt=False, lt=False):
        words = _conditions(nx, xx, gt, lt)
        return bool(self.execute_command("PEXPIRE", name, milliseconds(time), *words))

    def expireat(self, name, when, nx=False, xx=False, gt=False, lt=False):
        words = _conditions(nx, xx, gt, lt)
        return bool(self.execute_command("EXPIREAT", name, at_seconds(when), *words))

    def pexpireat(self, name, when, nx=False, xx=False, gt=False, lt=False):
        words = _conditions(nx, xx, gt, lt)
        return bool(self.execute_command("PEXPIREAT", name, at_milliseconds(when), *words))

    def persist(self, name):
        return bool(self.execute_command("PERSIST", name))

    def ttl(self, name):
        return self.execute_command("TTL", name)

    def pttl(self, name):
        return self.execute_command("PTTL", name)

    # -- iteration

    def scan(self, cursor=0, match=None, count=None, _type=None):
        cursor, names = self.execute_command(
            "SCAN", cursor, *of_pattern(match, count), *option("TYPE", _type)
        )
        return int(cursor), names

    def scan_iter(self, match=None, count=None, _type=None):
        cursor = None
        while cursor != 0:
            cursor, names = self.scan(cursor or 0, match, count, _type)
            yield from names
