"""Replies as redis-py gives them: bytes, and Python types where it has some."""


def raw(value):
    """Bytes, whatever `execute` made of them."""
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
    """True for OK, anything else as it is."""
    return True if value == b"OK" else value


def number(value):
    """A floating-point number, or None."""
    return None if value is None else float(value)


def native(value):
    """Text; None stays."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def members(value):
    """A set."""
    return set(value or ())


def pairs(items, item=lambda value: value):
    """Pairs of items that follow each other."""
    items = iter(items or ())
    return [(first, item(second)) for first, second in zip(items, items)]


def mapping(items):
    """A dictionary of names and values that follow each other."""
    return dict(pairs(items))


def native_mapping(items):
    """The same with text as names, and as values where they are bytes."""
    return {native(name): native(value) for name, value in pairs(items)}


def scored(items, cast=float):
    """Members with their scores."""
    return pairs(items, cast)


def entry(item):
    """A message of a stream: its id and its fields; None if it is gone."""
    if item is None:
        return None
    return item[0], None if item[1] is None else mapping(item[1])


def entries(items):
    """Messages of a stream."""
    return [entry(item) for item in items or ()]


def info(text):
    """What INFO says: numbers as such, lists of fields as dictionaries."""
    result = {}
    for line in native(text).splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            # Windows paths and addresses have more colons.
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
