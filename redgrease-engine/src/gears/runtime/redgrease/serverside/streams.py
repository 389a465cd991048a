"""Commands of streams."""

from .replies import entries, entry, is_ok, native, pairs
from .words import flag, flat, option


def _trimming(maxlen, approximate, minid=None, limit=None):
    word, bound = ("MAXLEN", maxlen) if minid is None else ("MINID", minid)
    if bound is None:
        return []
    return [word, *flag("~", approximate), bound, *option("LIMIT", limit)]


def _by_stream(reply):
    return [[name, entries(items)] for name, items in reply or ()]


class Streams:
    """Base class of `Client` with the commands of streams."""

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
    ):
        words = flag("NOMKSTREAM", nomkstream) + _trimming(maxlen, approximate, minid, limit)
        return self.execute_command("XADD", name, *words, id, *flat(fields))

    def xlen(self, name):
        return self.execute_command("XLEN", name)

    def xrange(self, name, min="-", max="+", count=None):
        return entries(self.execute_command("XRANGE", name, min, max, *option("COUNT", count)))

    def xrevrange(self, name, max="+", min="-", count=None):
        words = option("COUNT", count)
        return entries(self.execute_command("XREVRANGE", name, max, min, *words))

    def xdel(self, name, *ids):
        return self.execute_command("XDEL", name, *ids)

    def xtrim(self, name, maxlen=None, approximate=True, minid=None, limit=None):
        words = _trimming(maxlen, approximate, minid, limit)
        return self.execute_command("XTRIM", name, *words)

    def xread(self, streams, count=None, block=None):
        words = option("BLOCK", block) + option("COUNT", count)
        return _by_stream(
            self.execute_command("XREAD", *words, "STREAMS", *streams, *streams.values())
        )

    # -- groups

    def xgroup_create(self, name, groupname, id="$", mkstream=False):
        words = flag("MKSTREAM", mkstream)
        return is_ok(self.execute_command("XGROUP CREATE", name, groupname, id, *words))

    def xgroup_destroy(self, name, groupname):
        return bool(self.execute_command("XGROUP DESTROY", name, groupname))

    def xgroup_setid(self, name, groupname, id):
        return is_ok(self.execute_command("XGROUP SETID", name, groupname, id))

    def xgroup_delconsumer(self, name, groupname, consumername):
        return self.execute_command("XGROUP DELCONSUMER", name, groupname, consumername)

    def xreadgroup(
        self, groupname, consumername, streams, count=None, block=None, noack=False
    ):
        words = option("BLOCK", block) + option("COUNT", count) + flag("NOACK", noack)
        return _by_stream(
            self.execute_command(
                "XREADGROUP",
                "GROUP",
                groupname,
                consumername,
                *words,
                "STREAMS",
                *streams,
                *streams.values(),
            )
        )

    def xack(self, name, groupname, *ids):
        return self.execute_command("XACK", name, groupname, *ids)

    def xpending(self, name, groupname):
        pending, lowest, highest, consumers = self.execute_command("XPENDING", name, groupname)
        return {
            "pending": pending,
            "min": lowest,
            "max": highest,
            "consumers": [
                {"name": consumer, "pending": int(count)} for consumer, count in consumers or ()
            ],
        }

    def xpending_range(self, name, groupname, min="-", max="+", count=100, consumername=None):
        words = [] if consumername is None else [consumername]
        fields = ("message_id", "consumer", "time_since_delivered", "times_delivered")
        rows = self.execute_command("XPENDING", name, groupname, min, max, count, *words)
        return [dict(zip(fields, row)) for row in rows]

    def xclaim(self, name, groupname, consumername, min_idle_time, message_ids, **options):
        words = flag("FORCE", options.pop("force", False))
        just_ids = options.pop("justid", False)
        if options:
            raise TypeError(
                "without the package `redis` xclaim has no option %s: use"
                " execute_command('XCLAIM', ..), or add `redis` to the requirements"
                % ", ".join(sorted(options))
            )
        words += flag("JUSTID", just_ids)
        reply = self.execute_command(
            "XCLAIM", name, groupname, consumername, min_idle_time, *message_ids, *words
        )
        return reply if just_ids else entries(reply)

    # -- information

    def xinfo_stream(self, name):
        about = _row(self.execute_command("XINFO STREAM", name))
        for side in ("first-entry", "last-entry"):
            about[side] = entry(about.get(side))
        return about

    def xinfo_groups(self, name):
        return [_row(group) for group in self.execute_command("XINFO GROUPS", name)]

    def xinfo_consumers(self, name, groupname):
        rows = self.execute_command("XINFO CONSUMERS", name, groupname)
        return [_row(consumer) for consumer in rows]


def _row(items):
    # Names of fields become texts. Values stay bytes.
    return {native(name): value for name, value in pairs(items)}
