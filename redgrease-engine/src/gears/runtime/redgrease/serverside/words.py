"""Words of a command."""


def encoded(value):
    """One word as bytes.

    Values of readers go into commands as they are, dictionaries and None among them: like
    `execute`, and unlike redis-py, this takes the text of anything.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    return str(value).encode("utf-8", "surrogateescape")


def listed(first, more=()):
    """One name, or several, as a list."""
    names = [first] if isinstance(first, (str, bytes, bytearray, int, float)) else list(first)
    return names + list(more)


def flat(mapping):
    """The names and values of a dictionary, one after the other."""
    return [word for pair in mapping.items() for word in pair]


def option(word, value):
    """An option with its value, unless that is None."""
    return [] if value is None else [word, value]


def flag(word, is_set):
    """A word, if it is wanted."""
    return [word] if is_set else []


def seconds(value):
    """A time in seconds, of a number or a `timedelta`."""
    return int(value.total_seconds()) if hasattr(value, "total_seconds") else value


def milliseconds(value):
    """A time in milliseconds, of a number or a `timedelta`."""
    return int(value.total_seconds() * 1000) if hasattr(value, "total_seconds") else value


def at_seconds(value):
    """A point in time in seconds, of a number or a `datetime`."""
    return int(value.timestamp()) if hasattr(value, "timestamp") else value


def at_milliseconds(value):
    """A point in time in milliseconds, of a number or a `datetime`."""
    return int(value.timestamp() * 1000) if hasattr(value, "timestamp") else value


def of_pattern(match, count):
    """What the commands of the SCAN kind take."""
    return option("MATCH", match) + option("COUNT", count)
