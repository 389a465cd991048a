"""Commands of hashes."""

from ..exceptions import DataError
from .replies import is_ok, mapping as as_mapping, number, pairs
from .words import flag, flat, listed, of_pattern


class Hashes:
    """Base class of `Client` with the commands of hashes."""

    def hget(self, name, key):
        return self.execute_command("HGET", name, key)

    def hmget(self, name, keys, *args):
        return self.execute_command("HMGET", name, *listed(keys, args))

    def hgetall(self, name):
        return as_mapping(self.execute_command("HGETALL", name))

    def hkeys(self, name):
        return self.execute_command("HKEYS", name)

    def hvals(self, name):
        return self.execute_command("HVALS", name)

    def hlen(self, name):
        return self.execute_command("HLEN", name)

    def hexists(self, name, key):
        return bool(self.execute_command("HEXISTS", name, key))

    def hstrlen(self, name, key):
        return self.execute_command("HSTRLEN", name, key)

    def hset(self, name, key=None, value=None, mapping=None, items=None):
        words = list(items or ())
        if key is not None:
            words += [key, value]
        words += flat(mapping or {})
        if not words:
            raise DataError("'hset' with no key value pairs")
        return self.execute_command("HSET", name, *words)

    def hmset(self, name, mapping):
        if not mapping:
            raise DataError("'hmset' with 'mapping' of length 0")
        return is_ok(self.execute_command("HMSET", name, *flat(mapping)))

    def hsetnx(self, name, key, value):
        return self.execute_command("HSETNX", name, key, value)

    def hdel(self, name, *keys):
        return self.execute_command("HDEL", name, *keys)

    def hincrby(self, name, key, amount=1):
        return self.execute_command("HINCRBY", name, key, amount)

    def hincrbyfloat(self, name, key, amount=1.0):
        return number(self.execute_command("HINCRBYFLOAT", name, key, amount))

    def hrandfield(self, key, count=None, withvalues=False):
        words = ([] if count is None else [count]) + flag("WITHVALUES", withvalues)
        return self.execute_command("HRANDFIELD", key, *words)

    def hscan(self, name, cursor=0, match=None, count=None):
        cursor, items = self.execute_command("HSCAN", name, cursor, *of_pattern(match, count))
        return int(cursor), as_mapping(items)

    def hscan_iter(self, name, match=None, count=None):
        cursor = None
        while cursor != 0:
            cursor, items = self.execute_command(
                "HSCAN", name, cursor or 0, *of_pattern(match, count)
            )
            cursor = int(cursor)
            yield from pairs(items)
