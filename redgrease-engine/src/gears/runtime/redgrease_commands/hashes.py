"""Commands of hashes."""

from .exceptions import DataError
from .replies import is_ok, mapping as as_mapping
from .words import counted, expiry, flag, flat, listed, of_pattern


class Hashes:
    """Base class of `Client` with the commands of hashes."""

    __slots__ = ()

    def hget(self, name, key):
        return self._run("HGET", name, key)

    def hmget(self, name, keys, *args):
        return self._run("HMGET", name, *listed(keys, args))

    def hgetall(self, name):
        return as_mapping(self._run("HGETALL", name))

    def hkeys(self, name):
        return self._run("HKEYS", name)

    def hvals(self, name):
        return self._run("HVALS", name)

    def hlen(self, name):
        return self._run("HLEN", name)

    def hexists(self, name, key):
        return bool(self._run("HEXISTS", name, key))

    def hstrlen(self, name, key):
        return self._run("HSTRLEN", name, key)

    def hset(self, name, key=None, value=None, mapping=None, items=None):
        return self._run("HSET", name, *_fields("hset", key, value, mapping, items))

    def hmset(self, name, mapping):
        if not mapping:
            raise DataError("'hmset' with 'mapping' of length 0")
        return is_ok(self._run("HMSET", name, *flat(mapping)))

    def hsetnx(self, name, key, value):
        return self._run("HSETNX", name, key, value)

    def hdel(self, name, *keys):
        return self._run("HDEL", name, *keys)

    def hincrby(self, name, key, amount=1):
        return self._run("HINCRBY", name, key, amount)

    def hincrbyfloat(self, name, key, amount=1.0):
        return float(self._run("HINCRBYFLOAT", name, key, amount))

    def hrandfield(self, key, count=None, withvalues=False):
        return self._run("HRANDFIELD", key, *counted(count), *flag("WITHVALUES", withvalues))

    # -- fields with a time to live, and commands that need Redis 8 or Valkey 9

    def hgetdel(self, name, *keys):
        return self._run("HGETDEL", name, *_names("hgetdel", keys))

    def hgetex(self, name, *keys, ex=None, px=None, exat=None, pxat=None, persist=False):
        fields = _names("hgetex", keys)
        return self._run("HGETEX", name, *expiry(ex, px, exat, pxat, persist, "persist"), *fields)

    def hsetex(
        self,
        name,
        key=None,
        value=None,
        mapping=None,
        items=None,
        ex=None,
        px=None,
        exat=None,
        pxat=None,
        data_persist_option=None,
        keepttl=False,
    ):
        fields = _fields("hsetex", key, value, mapping, items)
        if len(fields) % 2:
            raise DataError("'hsetex' needs a value for each field in 'items'")
        words = [*expiry(ex, px, exat, pxat, keepttl)]
        if data_persist_option:
            words.append(getattr(data_persist_option, "value", data_persist_option))
        return self._run("HSETEX", name, *words, "FIELDS", len(fields) // 2, *fields)

    # -- iteration

    def hscan(self, name, cursor=0, match=None, count=None, no_values=None):
        cursor, items = self._run(
            "HSCAN", name, cursor, *of_pattern(match, count), *flag("NOVALUES", no_values is not None)
        )
        return int(cursor), (items or []) if no_values else as_mapping(items)

    def hscan_iter(self, name, match=None, count=None, no_values=None):
        cursor = None
        while cursor != 0:
            cursor, items = self.hscan(name, cursor or 0, match, count, no_values)
            yield from items if no_values else items.items()


def _fields(method, key, value, mapping, items):
    if key is None and not mapping and not items:
        raise DataError("'%s' with no key value pairs" % method)
    words = [*(items or ())]
    if key is not None:
        words += [key, value]
    return words + flat(mapping or {})


def _names(method, fields):
    if not fields:
        raise DataError("'%s' needs at least one field" % method)
    return ["FIELDS", len(fields), *fields]
