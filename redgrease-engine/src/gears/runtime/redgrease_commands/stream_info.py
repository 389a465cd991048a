"""Commands that describe streams."""

from .replies import mapping, native_names
from .words import flag


class StreamInfo:
    """Base class of `Client` with the commands that describe streams."""

    __slots__ = ()

    def xinfo_stream(self, name, full=False):
        about = native_names(self._run("XINFO", "STREAM", name, *flag("FULL", full)))
        if full:
            about["entries"] = {id: mapping(fields) for id, fields in about["entries"]}
            about["groups"] = [_group(group) for group in about["groups"]]
            return about
        for side in ("first-entry", "last-entry"):
            message = about.get(side)
            if message is not None and message[0] is not None:
                about[side] = message[0], mapping(message[1])
        return about

    def xinfo_groups(self, name):
        return [native_names(group) for group in self._run("XINFO", "GROUPS", name)]

    def xinfo_consumers(self, name, groupname):
        rows = self._run("XINFO", "CONSUMERS", name, groupname)
        return [native_names(consumer) for consumer in rows]


def _group(items):
    group = native_names(items)
    group["consumers"] = [native_names(consumer) for consumer in group["consumers"]]
    return group
