"""Commands of sorted sets."""

from ..exceptions import DataError
from .replies import number, scored
from .words import flag, listed, of_pattern, option


def _limit(start, num):
    if (start is None) != (num is None):
        raise DataError("``start`` and ``num`` must both be specified")
    return [] if start is None else ["LIMIT", start, num]


class SortedSets:
    """Base class of `Client` with the commands of sorted sets."""

    def zadd(
        self, name, mapping, nx=False, xx=False, ch=False, incr=False, gt=False, lt=False
    ):
        if not mapping:
            raise DataError("ZADD requires at least one element/score pair")
        flags = [
            *flag("NX", nx),
            *flag("XX", xx),
            *flag("GT", gt),
            *flag("LT", lt),
            *flag("CH", ch),
            *flag("INCR", incr),
        ]
        pairs = [word for member, score in mapping.items() for word in (score, member)]
        reply = self.execute_command("ZADD", name, *flags, *pairs)
        return number(reply) if incr else reply

    def zincrby(self, name, amount, value):
        return number(self.execute_command("ZINCRBY", name, amount, value))

    def zrem(self, name, *values):
        return self.execute_command("ZREM", name, *values)

    def zcard(self, name):
        return self.execute_command("ZCARD", name)

    def zcount(self, name, min, max):
        return self.execute_command("ZCOUNT", name, min, max)

    def zlexcount(self, name, min, max):
        return self.execute_command("ZLEXCOUNT", name, min, max)

    def zscore(self, name, value):
        return number(self.execute_command("ZSCORE", name, value))

    def zmscore(self, key, members):
        return [number(score) for score in self.execute_command("ZMSCORE", key, *members)]

    def zrank(self, name, value):
        return self.execute_command("ZRANK", name, value)

    def zrevrank(self, name, value):
        return self.execute_command("ZREVRANK", name, value)

    # -- ranges

    def _range(self, words, withscores, score_cast_func):
        reply = self.execute_command(*words, *flag("WITHSCORES", withscores))
        return scored(reply, score_cast_func) if withscores else reply

    def zrange(
        self,
        name,
        start,
        end,
        desc=False,
        withscores=False,
        score_cast_func=float,
        byscore=False,
        bylex=False,
        offset=None,
        num=None,
    ):
        if desc and not (byscore or bylex):
            return self.zrevrange(name, start, end, withscores, score_cast_func)
        words = [
            *flag("BYSCORE", byscore),
            *flag("BYLEX", bylex),
            *flag("REV", desc),
            *_limit(offset, num),
        ]
        return self._range(["ZRANGE", name, start, end, *words], withscores, score_cast_func)

    def zrevrange(self, name, start, end, withscores=False, score_cast_func=float):
        return self._range(["ZREVRANGE", name, start, end], withscores, score_cast_func)

    def zrangebyscore(
        self, name, min, max, start=None, num=None, withscores=False, score_cast_func=float
    ):
        words = ["ZRANGEBYSCORE", name, min, max, *_limit(start, num)]
        return self._range(words, withscores, score_cast_func)

    def zrevrangebyscore(
        self, name, max, min, start=None, num=None, withscores=False, score_cast_func=float
    ):
        words = ["ZREVRANGEBYSCORE", name, max, min, *_limit(start, num)]
        return self._range(words, withscores, score_cast_func)

    def zrangebylex(self, name, min, max, start=None, num=None):
        return self.execute_command("ZRANGEBYLEX", name, min, max, *_limit(start, num))

    def zrevrangebylex(self, name, max, min, start=None, num=None):
        return self.execute_command("ZREVRANGEBYLEX", name, max, min, *_limit(start, num))

    # -- removal

    def zpopmin(self, name, count=None):
        return scored(self.execute_command("ZPOPMIN", name, *([] if count is None else [count])))

    def zpopmax(self, name, count=None):
        return scored(self.execute_command("ZPOPMAX", name, *([] if count is None else [count])))

    def zremrangebyrank(self, name, min, max):
        return self.execute_command("ZREMRANGEBYRANK", name, min, max)

    def zremrangebyscore(self, name, min, max):
        return self.execute_command("ZREMRANGEBYSCORE", name, min, max)

    def zremrangebylex(self, name, min, max):
        return self.execute_command("ZREMRANGEBYLEX", name, min, max)

    # -- several sorted sets

    def _store(self, command, dest, keys, aggregate):
        weights = list(keys.values()) if isinstance(keys, dict) else []
        names = listed(keys)
        words = ["WEIGHTS", *weights] if weights else []
        return self.execute_command(
            command, dest, len(names), *names, *words, *option("AGGREGATE", aggregate)
        )

    def zunionstore(self, dest, keys, aggregate=None):
        return self._store("ZUNIONSTORE", dest, keys, aggregate)

    def zinterstore(self, dest, keys, aggregate=None):
        return self._store("ZINTERSTORE", dest, keys, aggregate)

    # -- iteration

    def zscan(self, name, cursor=0, match=None, count=None, score_cast_func=float):
        cursor, items = self.execute_command("ZSCAN", name, cursor, *of_pattern(match, count))
        return int(cursor), scored(items, score_cast_func)

    def zscan_iter(self, name, match=None, count=None, score_cast_func=float):
        cursor = None
        while cursor != 0:
            cursor, items = self.zscan(name, cursor or 0, match, count, score_cast_func)
            yield from items
