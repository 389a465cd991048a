"""Commands of sorted sets."""

from .exceptions import DataError
from .replies import casting, number, scored
from .words import counted, flag, limits, of_pattern, option


class SortedSets:
    """Base class of `Client` with the commands of one sorted set."""

    __slots__ = ()

    def zadd(self, name, mapping, nx=False, xx=False, ch=False, incr=False, gt=False, lt=False):
        if not mapping:
            raise DataError("ZADD requires at least one element/score pair")
        if bool(nx) + bool(xx) > 1 or bool(nx) + bool(gt) + bool(lt) > 1:
            raise DataError("ZADD allows one of 'nx' and 'xx', and one of 'nx', 'gt' and 'lt'")
        if incr and len(mapping) != 1:
            raise DataError("ZADD with 'incr' takes a single element/score pair")
        flags = [
            *flag("NX", nx),
            *flag("XX", xx),
            *flag("GT", gt),
            *flag("LT", lt),
            *flag("CH", ch),
            *flag("INCR", incr),
        ]
        pairs = [word for member, score in mapping.items() for word in (score, member)]
        reply = self._run("ZADD", name, *flags, *pairs)
        return number(reply) if incr else reply

    def zincrby(self, name, amount, value):
        return number(self._run("ZINCRBY", name, amount, value))

    def zrem(self, name, *values):
        return self._run("ZREM", name, *values)

    def zcard(self, name):
        return self._run("ZCARD", name)

    def zcount(self, name, min, max):
        return self._run("ZCOUNT", name, min, max)

    def zlexcount(self, name, min, max):
        return self._run("ZLEXCOUNT", name, min, max)

    def zscore(self, name, value):
        return number(self._run("ZSCORE", name, value))

    def zmscore(self, key, members):
        if not members:
            raise DataError("ZMSCORE members must be a non-empty list")
        # A text is no list of members, and raises TypeError here.
        return [number(score) for score in self._run("ZMSCORE", *([key] + members))]

    def zrank(self, name, value, withscore=False, score_cast_func=float):
        return self._rank("ZRANK", name, value, withscore, score_cast_func)

    def zrevrank(self, name, value, withscore=False, score_cast_func=float):
        return self._rank("ZREVRANK", name, value, withscore, score_cast_func)

    def _rank(self, command, name, value, withscore, cast):
        reply = self._run(command, name, value, *flag("WITHSCORE", withscore))
        return [reply[0], casting(cast)(reply[1])] if withscore and reply else reply

    def zrandmember(self, key, count=None, withscores=False):
        return self._run("ZRANDMEMBER", key, *counted(count), *flag("WITHSCORES", withscores))

    # -- ranges

    def _range(self, words, withscores, score_cast_func):
        reply = self._run(*words, *flag("WITHSCORES", withscores))
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
        if desc and not (byscore or bylex) and offset is None and num is None:
            return self.zrevrange(name, start, end, withscores, score_cast_func)
        if bylex and withscores:
            raise DataError("``withscores`` not supported in combination with ``bylex``.")
        words = ["ZRANGE", name, start, end, *_order(desc, byscore, bylex, offset, num)]
        return self._range(words, withscores, score_cast_func)

    def zrangestore(
        self, dest, name, start, end, byscore=False, bylex=False, desc=False, offset=None, num=None
    ):
        return self._run(
            "ZRANGESTORE", dest, name, start, end, *_order(desc, byscore, bylex, offset, num)
        )

    def zrevrange(self, name, start, end, withscores=False, score_cast_func=float):
        return self._range(["ZREVRANGE", name, start, end], withscores, score_cast_func)

    def zrangebyscore(
        self, name, min, max, start=None, num=None, withscores=False, score_cast_func=float
    ):
        words = ["ZRANGEBYSCORE", name, min, max, *limits(start, num)]
        return self._range(words, withscores, score_cast_func)

    def zrevrangebyscore(
        self, name, max, min, start=None, num=None, withscores=False, score_cast_func=float
    ):
        words = ["ZREVRANGEBYSCORE", name, max, min, *limits(start, num)]
        return self._range(words, withscores, score_cast_func)

    def zrangebylex(self, name, min, max, start=None, num=None):
        return self._run("ZRANGEBYLEX", name, min, max, *limits(start, num))

    def zrevrangebylex(self, name, max, min, start=None, num=None):
        return self._run("ZREVRANGEBYLEX", name, max, min, *limits(start, num))

    # -- removal

    def zpopmin(self, name, count=None):
        return scored(self._run("ZPOPMIN", name, *counted(count)))

    def zpopmax(self, name, count=None):
        return scored(self._run("ZPOPMAX", name, *counted(count)))

    def zremrangebyrank(self, name, min, max):
        return self._run("ZREMRANGEBYRANK", name, min, max)

    def zremrangebyscore(self, name, min, max):
        return self._run("ZREMRANGEBYSCORE", name, min, max)

    def zremrangebylex(self, name, min, max):
        return self._run("ZREMRANGEBYLEX", name, min, max)

    # -- iteration

    def zscan(self, name, cursor=0, match=None, count=None, score_cast_func=float):
        cursor, items = self._run("ZSCAN", name, cursor, *of_pattern(match, count))
        return int(cursor), scored(items, score_cast_func)

    def zscan_iter(self, name, match=None, count=None, score_cast_func=float):
        cursor = None
        while cursor != 0:
            cursor, items = self.zscan(name, cursor or 0, match, count, score_cast_func)
            yield from items


class SortedSetSets:
    """Base class of `Client` with the commands of several sorted sets."""

    __slots__ = ()

    def zdiff(self, keys, withscores=False):
        # The scores stay bytes, as with redis-py.
        return self._run("ZDIFF", len(keys), *keys, *flag("WITHSCORES", withscores))

    def zdiffstore(self, dest, keys):
        return self._run("ZDIFFSTORE", dest, len(keys), *keys)

    def zinter(self, keys, aggregate=None, withscores=False):
        reply = self._run("ZINTER", *_sources(keys, aggregate), *flag("WITHSCORES", withscores))
        return scored(reply) if withscores else reply

    def zinterstore(self, dest, keys, aggregate=None):
        return self._run("ZINTERSTORE", dest, *_sources(keys, aggregate))

    def zintercard(self, numkeys, keys, limit=0):
        return self._run("ZINTERCARD", numkeys, *keys, "LIMIT", limit)

    def zunion(self, keys, aggregate=None, withscores=False, score_cast_func=float):
        reply = self._run("ZUNION", *_sources(keys, aggregate), *flag("WITHSCORES", withscores))
        return scored(reply, score_cast_func) if withscores else reply

    def zunionstore(self, dest, keys, aggregate=None):
        return self._run("ZUNIONSTORE", dest, *_sources(keys, aggregate))

    def zmpop(self, num_keys, keys, min=False, max=False, count=1):
        if bool(min) == bool(max):
            raise DataError("ZMPOP needs either 'min' or 'max'")
        # A text is no list of keys, and raises TypeError here.
        words = [num_keys] + keys
        words.append("MIN" if min else "MAX")
        return self._run("ZMPOP", *words, *option("COUNT", None if count == 1 else count))


def _order(desc, byscore, bylex, offset, num):
    if byscore and bylex:
        raise DataError("``byscore`` and ``bylex`` can not be specified together.")
    if (offset is None) != (num is None):
        raise DataError("``offset`` and ``num`` must both be specified.")
    return [*flag("BYSCORE", byscore), *flag("BYLEX", bylex), *flag("REV", desc), *limits(offset, num)]


def _sources(keys, aggregate):
    weights = ["WEIGHTS", *keys.values()] if isinstance(keys, dict) and keys else []
    if aggregate and str(aggregate).upper() not in ("SUM", "MIN", "MAX", "COUNT"):
        raise DataError("aggregate can be sum, min, max or count.")
    return [len(keys), *keys, *weights, *option("AGGREGATE", aggregate or None)]
