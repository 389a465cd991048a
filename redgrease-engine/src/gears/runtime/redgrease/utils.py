"""Conversions between Python and Redis values, and functions for gears."""

from .functions import compose, dict_filter, optional, passfun
from .records import Record, StreamRecord, record, stream_record
from .typing import Key, T, Val

__all__ = """
    CaseInsensitiveDict Record StreamRecord as_is bool_ok compose dict_filter dict_of list_of_str
    list_parser optional passfun record safe_bool safe_str safe_str_upper str_if_bytes
    stream_record to_bytes to_dict to_int_if_bool to_kwargs to_list to_redis_type transform
""".split()


class CaseInsensitiveDict(dict):
    """A dictionary whose keys are texts. The case of keys is ignored."""

    def __init__(self, data=()):
        super().__init__()
        self.update(data)

    def __contains__(self, k):
        return super().__contains__(k.upper())

    def __delitem__(self, k):
        super().__delitem__(k.upper())

    def __getitem__(self, k):
        return super().__getitem__(k.upper())

    def __setitem__(self, k, v):
        super().__setitem__(k.upper(), v)

    def get(self, k, default=None):
        """The value of a key, or the default if there is no such key."""
        return super().get(k.upper(), default)

    def update(self, data=(), **more):
        """Adds the items of a dictionary or of pairs."""
        for k, v in dict(data, **more).items():
            self[k] = v


# -- text and bytes


def as_is(value):
    """Returns the value."""
    return value


def str_if_bytes(value):
    """Converts bytes to text, and returns any other value as it is."""
    return value.decode("utf-8", "replace") if isinstance(value, (bytes, bytearray)) else value


def safe_str(value):
    """Converts any value to text; None becomes an empty text."""
    return "" if value is None else str(str_if_bytes(value))


def safe_str_upper(value):
    """Converts any value to text in upper case; None becomes an empty text."""
    return safe_str(value).upper()


def to_redis_type(value):
    """Converts any value to bytes, int or float; None becomes empty bytes."""
    if value is None:
        return b""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (bytes, int, float)):
        return value
    if isinstance(value, (bytearray, memoryview)) or hasattr(value, "__bytes__"):
        return bytes(value)
    return str(value).encode()


def to_bytes(value):
    """Converts any value to bytes."""
    value = to_redis_type(value)
    return value if isinstance(value, bytes) else str(value).encode()


# -- truth


def bool_ok(value):
    """Whether a reply begins with OK."""
    # Only the beginning is converted, because the value may be long.
    start = value[:2] if isinstance(value, (str, bytes, bytearray)) else ""
    return safe_str_upper(start) == "OK"


def safe_bool(input):
    """Whether a value is true. Of texts, `true`, `yes`, `ok` and `1` are true, in any case."""
    if isinstance(input, (bool, int)):
        return bool(input)
    return safe_str_upper(input) in ("TRUE", "YES", "OK", "1")


def to_int_if_bool(value):
    """Converts booleans to 1 and 0, and returns any other value as it is."""
    return int(value) if isinstance(value, bool) else value


# -- lists and dictionaries


def transform(value, constructor, key=None):
    """Returns `constructor(value)`.

    `constructor` may be a dictionary of constructors by key. Its constructor for None is used for
    all other keys.
    """
    if isinstance(constructor, dict):
        constructor = constructor.get(key, constructor.get(None))
    return value if constructor is None else constructor(value)


def to_list(mapping, key_transform=str_if_bytes, val_transform=to_redis_type):
    """The keys and values of a dictionary in one list, as arguments of a command."""
    words = []
    for key, value in (mapping or {}).items():
        words.append(transform(key, key_transform, key))
        words.append(transform(value, val_transform, key))
    return words


def to_dict(items, keys=None, key_transform=None, val_transform=None):
    """Makes a dictionary from values and their keys. Without `keys`, keys and values alternate."""
    items = iter(items)
    pairs = zip(items, items) if keys is None else zip(keys, items)
    result = {}
    for key, value in pairs:
        key = transform(key, key_transform, key)
        result[key] = transform(value, val_transform, key)
    return result


def to_kwargs(items):
    """Makes a dictionary with texts as keys. Keys and values alternate in `items`."""
    return to_dict(items, key_transform=safe_str)


def list_parser(item_parser):
    """A function that applies `item_parser` to each item and returns the list of results."""
    return lambda items: [item_parser(item) for item in items]


list_of_str = list_parser(safe_str)


def dict_of(constructors):
    """A function that makes a dictionary from values and keys, with one constructor per key."""
    return lambda items, keys: to_dict(items, keys, val_transform=constructors)
