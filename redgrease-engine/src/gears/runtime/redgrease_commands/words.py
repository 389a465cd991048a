"""Converts Python values to the words of a command."""

from datetime import datetime, timedelta

from .exceptions import DataError


def encoded(value):
    """Encodes one word as bytes. Accepts any type: dictionaries and None are sent as text."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    return str(value).encode("utf-8", "surrogateescape")


def listed(first, more=()):
    """Makes one list from a name or several names, and further names."""
    if isinstance(first, (str, bytes, bytearray, memoryview)) or not hasattr(first, "__iter__"):
        return [first, *more]
    return [*first, *more]


def flat(mapping):
    """The names and values of a dictionary in one list."""
    return [word for pair in mapping.items() for word in pair]


def option(word, value):
    """The words of an option; none if its value is None."""
    return () if value is None else (word, value)


def flag(word, is_set):
    """The word of a flag; none if the flag is not set."""
    return (word,) if is_set else ()


def counted(count):
    """The word of a count; none if it is None."""
    return () if count is None else (count,)


def limits(start, num):
    """The words of LIMIT; none if both values are None."""
    if (start is None) != (num is None):
        raise DataError("``start`` and ``num`` must both be specified")
    return () if start is None else ("LIMIT", start, num)


def seconds(value):
    """Converts a number or a `timedelta` to seconds."""
    return int(value.total_seconds()) if isinstance(value, timedelta) else value


def milliseconds(value):
    """Converts a number or a `timedelta` to milliseconds."""
    return int(value.total_seconds() * 1000) if isinstance(value, timedelta) else value


def at_seconds(value):
    """Converts a number or a `datetime` to a Unix time in seconds."""
    return int(value.timestamp()) if isinstance(value, datetime) else value


def at_milliseconds(value):
    """Converts a number or a `datetime` to a Unix time in milliseconds."""
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else value


def expiry(ex, px, exat, pxat, other=False, name="keepttl"):
    """The words of the options that set a time to live. `other` is an option that excludes them."""
    if type(ex) is int and px is exat is pxat is None and not other:
        # Most calls.
        return "EX", ex
    given = [value for value in (ex, px, exat, pxat) if value is not None]
    if len(given) + bool(other) > 1:
        raise DataError("``ex``, ``px``, ``exat``, ``pxat`` and ``%s`` are mutually exclusive" % name)
    if ex is not None:
        return "EX", _whole("ex", seconds(ex))
    if px is not None:
        return "PX", _whole("px", milliseconds(px))
    if exat is not None:
        return "EXAT", at_seconds(exat)
    if pxat is not None:
        return "PXAT", at_milliseconds(pxat)
    return flag(name.upper(), other)


def _whole(name, value):
    if isinstance(value, int) or (name == "ex" and isinstance(value, str) and value.isdigit()):
        return value
    raise DataError("%s must be datetime.timedelta or int" % name)


def conditions(nx, xx, gt, lt):
    """The words of the conditions for a new time to live."""
    return [word for word, is_set in zip(("NX", "XX", "GT", "LT"), (nx, xx, gt, lt)) if is_set]


def of_pattern(match, count):
    """The options of SCAN and similar commands."""
    return (*option("MATCH", match), *option("COUNT", count))


def positive(name, value):
    """Checks that a number is a whole number above zero, or None."""
    if value is not None and (not isinstance(value, int) or value < 1):
        raise DataError("%s must be a positive integer" % name)
    return value


def natural(name, value):
    """Checks that a number is a whole number from zero, or None."""
    if value is not None and (not isinstance(value, int) or value < 0):
        raise DataError("%s must be a non-negative integer" % name)
    return value
