"""Commands of keys of any type."""

from .exceptions import DataError
from .replies import is_ok, tuples
from .words import (
    at_milliseconds,
    at_seconds,
    conditions,
    flag,
    limits,
    milliseconds,
    of_pattern,
    option,
    seconds,
)


class Keys:
    """Base class of `Client` with the commands of keys of any type."""

    __slots__ = ()

    def delete(self, *names):
        return self._run("DEL", *names)

    def unlink(self, *names):
        return self._run("UNLINK", *names)

    def exists(self, *names):
        return self._run("EXISTS", *names)

    def touch(self, *args):
        return self._run("TOUCH", *args)

    def type(self, name):
        return self._run("TYPE", name)

    def rename(self, src, dst):
        return is_ok(self._run("RENAME", src, dst))

    def renamenx(self, src, dst):
        return bool(self._run("RENAMENX", src, dst))

    def copy(self, source, destination, destination_db=None, replace=False):
        words = option("DB", destination_db) + flag("REPLACE", replace)
        return bool(self._run("COPY", source, destination, *words))

    def move(self, name, db):
        return bool(self._run("MOVE", name, db))

    def dump(self, name):
        return self._run("DUMP", name)

    def restore(self, name, ttl, value, replace=False, absttl=False, idletime=None, frequency=None):
        words = [*flag("REPLACE", replace), *flag("ABSTTL", absttl)]
        for word, number in (("IDLETIME", idletime), ("FREQ", frequency)):
            if number is not None:
                try:
                    words += [word, int(number)]
                except ValueError:
                    raise DataError("%s must be an integer" % word.lower()) from None
        return self._run("RESTORE", name, ttl, value, *words)

    def randomkey(self):
        return self._run("RANDOMKEY")

    def keys(self, pattern="*"):
        return self._run("KEYS", pattern)

    def object(self, infotype, key):
        return self._run("OBJECT", infotype, key)

    def memory_usage(self, key, samples=None):
        return self._run("MEMORY", "USAGE", key, *option("SAMPLES", samples))

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
        groups=False,
    ):
        patterns = [get] if isinstance(get, (str, bytes)) else list(get or ())
        if groups and (isinstance(get, (str, bytes)) or len(patterns) < 2):
            raise DataError('with "groups", "get" must contain at least two keys')
        reply = self._run(
            "SORT",
            name,
            *option("BY", by),
            *limits(start, num),
            *[word for pattern in patterns for word in ("GET", pattern)],
            *flag("DESC", desc),
            *flag("ALPHA", alpha),
            *option("STORE", store),
        )
        return tuples(reply, len(patterns)) if groups and reply else reply

    def sort_ro(self, key, start=None, num=None, by=None, get=None, desc=False, alpha=False):
        return self.sort(key, start, num, by, get, desc, alpha)

    # -- time to live

    def expire(self, name, time, nx=False, xx=False, gt=False, lt=False):
        return bool(self._run("EXPIRE", name, seconds(time), *conditions(nx, xx, gt, lt)))

    def pexpire(self, name, time, nx=False, xx=False, gt=False, lt=False):
        return bool(self._run("PEXPIRE", name, milliseconds(time), *conditions(nx, xx, gt, lt)))

    def expireat(self, name, when, nx=False, xx=False, gt=False, lt=False):
        return bool(self._run("EXPIREAT", name, at_seconds(when), *conditions(nx, xx, gt, lt)))

    def pexpireat(self, name, when, nx=False, xx=False, gt=False, lt=False):
        return bool(self._run("PEXPIREAT", name, at_milliseconds(when), *conditions(nx, xx, gt, lt)))

    def expiretime(self, key):
        return self._run("EXPIRETIME", key)

    def pexpiretime(self, key):
        return self._run("PEXPIRETIME", key)

    def persist(self, name):
        return bool(self._run("PERSIST", name))

    def ttl(self, name):
        return self._run("TTL", name)

    def pttl(self, name):
        return self._run("PTTL", name)

    # -- iteration

    def scan(self, cursor=0, match=None, count=None, _type=None):
        cursor, names = self._run("SCAN", cursor, *of_pattern(match, count), *option("TYPE", _type))
        return int(cursor), names

    def scan_iter(self, match=None, count=None, _type=None):
        cursor = None
        while cursor != 0:
            cursor, names = self.scan(cursor or 0, match, count, _type)
            yield from names
