"""Commands of streams."""

from .exceptions import DataError
from .replies import entries, is_ok
from .words import flag, flat, natural, option, positive


class Streams:
    """Base class of `Client` with the commands that write and read streams."""

    __slots__ = ()

    def xadd(
        self,
        name,
        fields,
        id="*",
        maxlen=None,
        approximate=True,
        nomkstream=False,
        minid=None,
        limit=None,
        ref_policy=None,
    ):
        if not isinstance(fields, dict) or not fields:
            raise DataError("XADD fields must be a non-empty dict")
        words = [*flag("NOMKSTREAM", nomkstream), *flag(_policy(ref_policy), ref_policy)]
        words += _trimming("XADD", natural("XADD maxlen", maxlen), approximate, minid, limit)
        return self._run("XADD", name, *words, id, *flat(fields))

    def xlen(self, name):
        return self._run("XLEN", name)

    def xrange(self, name, min="-", max="+", count=None):
        words = option("COUNT", positive("XRANGE count", count))
        return entries(self._run("XRANGE", name, min, max, *words))

    def xrevrange(self, name, max="+", min="-", count=None):
        words = option("COUNT", positive("XREVRANGE count", count))
        return entries(self._run("XREVRANGE", name, max, min, *words))

    def xdel(self, name, *ids):
        return self._run("XDEL", name, *ids)

    def xdelex(self, name, *ids, ref_policy="KEEPREF"):
        return self._run("XDELEX", name, _policy(ref_policy), "IDS", len(ids), *ids)

    def xtrim(self, name, maxlen=None, approximate=True, minid=None, limit=None, ref_policy=None):
        if maxlen is None and minid is None:
            raise DataError("One of ``maxlen`` or ``minid`` must be specified")
        words = [*_trimming("XTRIM", maxlen, approximate, minid, limit)]
        words += flag(_policy(ref_policy), ref_policy)
        return self._run("XTRIM", name, *words)

    def xread(self, streams, count=None, block=None):
        if block is not None:
            raise NotImplementedError("XREAD must not wait inside a gear: leave `block` out")
        words = [*option("COUNT", positive("XREAD count", count)), *_streams("XREAD", streams)]
        return _by_stream(self._run("XREAD", *words))


class StreamGroups:
    """Base class of `Client` with the commands of consumer groups."""

    __slots__ = ()

    def xgroup_create(self, name, groupname, id="$", mkstream=False, entries_read=None):
        words = [*flag("MKSTREAM", mkstream), *option("ENTRIESREAD", entries_read)]
        return is_ok(self._run("XGROUP", "CREATE", name, groupname, id, *words))

    def xgroup_createconsumer(self, name, groupname, consumername):
        return self._run("XGROUP", "CREATECONSUMER", name, groupname, consumername)

    def xgroup_destroy(self, name, groupname):
        return bool(self._run("XGROUP", "DESTROY", name, groupname))

    def xgroup_setid(self, name, groupname, id, entries_read=None):
        words = option("ENTRIESREAD", entries_read)
        return is_ok(self._run("XGROUP", "SETID", name, groupname, id, *words))

    def xgroup_delconsumer(self, name, groupname, consumername):
        return self._run("XGROUP", "DELCONSUMER", name, groupname, consumername)

    def xreadgroup(self, groupname, consumername, streams, count=None, block=None, noack=False):
        if block is not None:
            raise NotImplementedError("XREADGROUP must not wait inside a gear: leave `block` out")
        words = [*option("COUNT", positive("XREADGROUP count", count)), *flag("NOACK", noack)]
        words += _streams("XREADGROUP", streams)
        return _by_stream(self._run("XREADGROUP", "GROUP", groupname, consumername, *words))

    def xack(self, name, groupname, *ids):
        return self._run("XACK", name, groupname, *ids)

    def xackdel(self, name, groupname, *ids, ref_policy="KEEPREF"):
        return self._run("XACKDEL", name, groupname, _policy(ref_policy), "IDS", len(ids), *ids)

    def xpending(self, name, groupname):
        pending, lowest, highest, consumers = self._run("XPENDING", name, groupname)
        return {
            "pending": pending,
            "min": lowest,
            "max": highest,
            "consumers": [
                {"name": consumer, "pending": int(count)} for consumer, count in consumers or ()
            ],
        }

    def xpending_range(self, name, groupname, min, max, count, consumername=None, idle=None):
        if min is None or max is None or count is None:
            raise DataError("XPENDING needs min, max and count")
        words = [*option("IDLE", natural("XPENDING idle", idle)), min, max, natural("XPENDING count", count)]
        words += flag(consumername, consumername)
        fields = ("message_id", "consumer", "time_since_delivered", "times_delivered")
        return [dict(zip(fields, row)) for row in self._run("XPENDING", name, groupname, *words)]

    def xclaim(
        self,
        name,
        groupname,
        consumername,
        min_idle_time,
        message_ids,
        idle=None,
        time=None,
        retrycount=None,
        force=False,
        justid=False,
    ):
        if not isinstance(message_ids, (list, tuple)) or not message_ids:
            raise DataError("XCLAIM message_ids must be a non empty list or tuple of message IDs to claim")
        if natural("XCLAIM min_idle_time", min_idle_time) is None:
            raise DataError("XCLAIM min_idle_time must be a non-negative integer")
        words = [*option("IDLE", idle), *option("TIME", time), *option("RETRYCOUNT", retrycount)]
        words += [*flag("FORCE", force), *flag("JUSTID", justid)]
        reply = self._run("XCLAIM", name, groupname, consumername, min_idle_time, *message_ids, *words)
        return reply if justid else entries(reply)

    def xautoclaim(
        self, name, groupname, consumername, min_idle_time, start_id="0-0", count=None, justid=False
    ):
        words = [*option("COUNT", natural("XAUTOCLAIM count", count)), *flag("JUSTID", justid)]
        natural("XAUTOCLAIM min_idle_time", min_idle_time)
        reply = self._run("XAUTOCLAIM", name, groupname, consumername, min_idle_time, start_id, *words)
        if justid:
            return reply[1]
        reply[1] = entries(reply[1])
        return reply


def _policy(policy):
    if policy not in (None, "KEEPREF", "DELREF", "ACKED"):
        raise DataError("ref_policy must be one of: KEEPREF, DELREF, ACKED")
    return policy


def _trimming(command, maxlen, approximate, minid, limit):
    if maxlen is not None and minid is not None:
        raise DataError("%s takes either ``maxlen`` or ``minid``" % command)
    word, bound = ("MAXLEN", maxlen) if minid is None else ("MINID", minid)
    if bound is None:
        return []
    return [word, *flag("~", approximate), bound, *option("LIMIT", limit)]


def _streams(command, streams):
    if not isinstance(streams, dict) or not streams:
        raise DataError("%s streams must be a non empty dict" % command)
    return ["STREAMS", *streams, *streams.values()]


def _by_stream(reply):
    return [[name, entries(items)] for name, items in reply or ()]
