"""Converts Python values to the words of a command."""


def encoded(value):
    """Encodes one word as bytes.

    Like `execute`, and unlike redis-py, this accepts any type, because gears pass the values of
    readers to commands: dictionaries and None are sent as text.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    return str(value).encode("utf-8", "surrogateescape")


def listed(first, more=()):
    """Makes one list from a name or several names, and further names."""
    names = [first] if isinstance(first, (str, bytes, bytearray, int, float)) else list(first)
    return names + list(more)


def flat(mapping):
    """The names and values of a dictionary in one list."""
    return [word for pair in mapping.items() for word in pair]


def option(word, value):
    """The words of an option; none if its value is None."""
    return [] if value is None else [word, value]


def flag(word, is_set):
    """The word of a flag; none if the flag is not set."""
    return [word] if is_set else []


def seconds(value):
    """Converts a number or a `timedelta` to seconds."""
    return int(value.total_seconds()) if hasattr(value, "total_seconds") else value


def milliseconds(value):
    """Converts a number or a `timedelta` to milliseconds."""
    return int(value.total_seconds() * 1000) if hasattr(value, "total_seconds") else value


def at_seconds(value):
    """Converts a number or a `datetime` to a Unix time in seconds."""
    return int(value.timestamp()) if hasattr(value, "timestamp") else value


def at_milliseconds(value):
    """Converts a number or a `datetime` to a Unix time in milliseconds."""
    return int(value.timestamp() * 1000) if hasattr(value, "timestamp") else value


def of_pattern(match, count):
    """The options of SCAN and similar commands."""
    return option("MATCH", match) + option("COUNT", count)
