"""Commands that give the fields of a hash a time to live: Redis 7.4, Valkey 9."""

from .words import at_milliseconds, at_seconds, conditions, milliseconds, seconds


class HashExpiry:
    """Base class of `Client` with the commands of the time to live of fields."""

    __slots__ = ()

    def hexpire(self, name, seconds, *fields, nx=False, xx=False, gt=False, lt=False):
        return self._expire("HEXPIRE", name, _seconds(seconds), fields, nx, xx, gt, lt)

    def hpexpire(self, name, milliseconds, *fields, nx=False, xx=False, gt=False, lt=False):
        return self._expire("HPEXPIRE", name, _milliseconds(milliseconds), fields, nx, xx, gt, lt)

    def hexpireat(self, name, unix_time_seconds, *fields, nx=False, xx=False, gt=False, lt=False):
        return self._expire("HEXPIREAT", name, at_seconds(unix_time_seconds), fields, nx, xx, gt, lt)

    def hpexpireat(self, name, unix_time_milliseconds, *fields, nx=False, xx=False, gt=False, lt=False):
        time = at_milliseconds(unix_time_milliseconds)
        return self._expire("HPEXPIREAT", name, time, fields, nx, xx, gt, lt)

    def _expire(self, command, name, time, fields, nx, xx, gt, lt):
        words = conditions(nx, xx, gt, lt)
        if len(words) > 1:
            raise ValueError("Only one of 'nx', 'xx', 'gt', 'lt' can be specified.")
        return self._run(command, name, time, *words, "FIELDS", len(fields), *fields)

    def hpersist(self, name, *fields):
        return self._run("HPERSIST", name, "FIELDS", len(fields), *fields)

    def httl(self, key, *fields):
        return self._run("HTTL", key, "FIELDS", len(fields), *fields)

    def hpttl(self, key, *fields):
        return self._run("HPTTL", key, "FIELDS", len(fields), *fields)

    def hexpiretime(self, key, *fields):
        return self._run("HEXPIRETIME", key, "FIELDS", len(fields), *fields)

    def hpexpiretime(self, key, *fields):
        return self._run("HPEXPIRETIME", key, "FIELDS", len(fields), *fields)


# The parameters of `hexpire` and `hpexpire` have the names of the conversions.
_seconds, _milliseconds = seconds, milliseconds
