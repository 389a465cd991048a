"""Commands of strings and numbers."""

from .exceptions import DataError
from .replies import is_ok
from .words import expiry, flag, flat, listed, milliseconds, option, seconds


class Strings:
    """Base class of `Client` with the commands of strings and numbers."""

    __slots__ = ()

    def get(self, name):
        return self._run("GET", name)

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
        ifeq=None,
        ifne=None,
        ifdeq=None,
        ifdne=None,
    ):
        if ex is px is exat is pxat is ifeq is ifne is ifdeq is ifdne is None and not (nx or xx or keepttl or get):
            # Most calls.
            return is_ok(self._run("SET", name, value))
        words = [name, value, *expiry(ex, px, exat, pxat, keepttl)]
        compared = _comparison(ifeq, ifne, ifdeq, ifdne)
        if bool(nx) + bool(xx) + bool(compared) > 1:
            raise DataError("``nx``, ``xx`` and the comparisons are mutually exclusive")
        if nx:
            words.append("NX")
        if xx:
            words.append("XX")
        words += compared
        if get:
            words.append("GET")
        reply = self._run("SET", *words)
        return reply if get or reply is None else is_ok(reply)

    def setex(self, name, time, value):
        return bool(self._run("SETEX", name, seconds(time), value))

    def psetex(self, name, time_ms, value):
        return bool(self._run("PSETEX", name, milliseconds(time_ms), value))

    def setnx(self, name, value):
        return bool(self._run("SETNX", name, value))

    def getset(self, name, value):
        return self._run("GETSET", name, value)

    def getdel(self, name):
        return self._run("GETDEL", name)

    def getex(self, name, ex=None, px=None, exat=None, pxat=None, persist=False):
        return self._run("GETEX", name, *expiry(ex, px, exat, pxat, persist, "persist"))

    def delex(self, name, ifeq=None, ifne=None, ifdeq=None, ifdne=None):
        return self._run("DELEX", name, *_comparison(ifeq, ifne, ifdeq, ifdne))

    def digest(self, name):
        return self._run("DIGEST", name)

    def mget(self, keys, *args):
        names = listed(keys, args)
        # As redis-py, which asks the server for nothing then.
        return self._run("MGET", *names) if names else []

    def mset(self, mapping):
        return is_ok(self._run("MSET", *flat(mapping)))

    def msetnx(self, mapping):
        return bool(self._run("MSETNX", *flat(mapping)))

    def append(self, key, value):
        return self._run("APPEND", key, value)

    def strlen(self, name):
        return self._run("STRLEN", name)

    def getrange(self, key, start, end):
        return self._run("GETRANGE", key, start, end)

    def substr(self, name, start, end=-1):
        return self._run("SUBSTR", name, start, end)

    def setrange(self, name, offset, value):
        return self._run("SETRANGE", name, offset, value)

    def lcs(self, key1, key2, len=False, idx=False, minmatchlen=0, withmatchlen=False):
        return self._run(
            "LCS",
            key1,
            key2,
            *flag("LEN", len),
            *flag("IDX", idx),
            *option("MINMATCHLEN", minmatchlen or None),
            *flag("WITHMATCHLEN", withmatchlen),
        )

    # -- numbers

    def incr(self, name, amount=1):
        return self._run("INCRBY", name, amount)

    incrby = incr

    def decr(self, name, amount=1):
        return self._run("DECRBY", name, amount)

    decrby = decr

    def incrbyfloat(self, name, amount=1.0):
        return float(self._run("INCRBYFLOAT", name, amount))

    # -- operators

    def __getitem__(self, name):
        value = self._run("GET", name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name, value):
        self._run("SET", name, value)

    def __delitem__(self, name):
        self._run("DEL", name)

    def __contains__(self, name):
        return bool(self._run("EXISTS", name))


def _comparison(ifeq, ifne, ifdeq, ifdne):
    if ifeq is ifne is ifdeq is ifdne is None:
        return ()
    words = [
        *option("IFEQ", ifeq),
        *option("IFNE", ifne),
        *option("IFDEQ", ifdeq),
        *option("IFDNE", ifdne),
    ]
    if len(words) > 2:
        raise ValueError("Only one of IFEQ/IFNE/IFDEQ/IFDNE may be specified")
    return words
