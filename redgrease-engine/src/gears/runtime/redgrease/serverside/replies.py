"""Converts replies to the types that redis-py returns."""


def raw(value):
    """Converts the texts in a reply of `execute` back to bytes."""
    kind = type(value)
    if kind is str:
        return value.encode("utf-8", "surrogateescape")
    if kind is bytearray:
        return bytes(value)
    if kind is list:
        return [raw(item) for item in value]
    return value


def is_ok(value):
    """Whether the reply is OK."""
    return value == b"OK"


def ok_or(value):
    """True for OK. Any other reply is returned as it is."""
    return True if value == b"OK" else value


def number(value):
    """Converts a reply to a float; None stays None."""
    return None if value is None else float(value)


def native(value):
    """Converts bytes to text, and returns any other value as it is."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def members(value):
    """Converts a reply to a set."""
    return set(value or ())


def pairs(items, item=lambda value: value):
    """Pairs of adjacent items. `item` converts the second item of each pair."""
    items = iter(items or ())
    return [(first, item(second)) for first, second in zip(items, items)]


def mapping(items):
    """A dictionary of a reply in which names and values alternate."""
    return dict(pairs(items))


def native_mapping(items):
    """Like `mapping`, with texts in place of bytes."""
    return {native(name): native(value) for name, value in pairs(items)}


def scored(items, cast=float):
    """Pairs of members and scores."""
    return pairs(items, cast)


def entry(item):
    """A message of a stream as a pair of its id and its fields. None for a missing message."""
    if item is None:
        return None
    return item[0], None if item[1] is None else mapping(item[1])


def entries(items):
    """Messages of a stream."""
    return [entry(item) for item in items or ()]


def info(text):
    """Parses the reply of INFO, with numbers and with dictionaries for lists of fields."""
    result = {}
    for line in native(text).splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            # Values such as paths and addresses may contain more colons.
            result[name] = _info_value(value)
    return result


def _info_value(value):
    if "=" in value and "," in value:
        fields = (part.partition("=") for part in value.split(","))
        return {name: _figure(field) for name, equals, field in fields if equals}
    return _figure(value)


def _figure(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
