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


def tuples(items, size):
    """Tuples of `size` adjacent items."""
    items = iter(items)
    return list(zip(*[items] * size))


def mapping(items):
    """A dictionary of a reply in which names and values alternate."""
    items = iter(items or ())
    return dict(zip(items, items))


def native_names(items):
    """Like `mapping`, with texts as names. Values stay bytes."""
    return {native(name): value for name, value in pairs(items)}


def native_mapping(items):
    """Like `mapping`, with texts in place of bytes."""
    return {native(name): native(value) for name, value in pairs(items)}


def scored(items, cast=float):
    """Pairs of members and scores. `cast` converts the bytes of a score."""
    return pairs(items, casting(cast))


def casting(cast):
    """As `cast`, which then also takes large scores: the server writes them as 1.5e+18, which `int` does not read."""
    if cast is float:
        return float

    def convert(score):
        try:
            return cast(score)
        except (TypeError, ValueError):
            return cast(float(score))

    return convert


def entry(item):
    """A message of a stream as a pair of its id and its fields."""
    return (None, None) if item is None else (item[0], mapping(item[1]))


def entries(items):
    """Messages of a stream."""
    return [entry(item) for item in items or ()]


def slow_command(row):
    """A row of SLOWLOG GET as a dictionary."""
    about = {
        "id": row[0],
        "start_time": int(row[1]),
        "duration": int(row[2]),
        "command": b" ".join(row[3]),
    }
    if len(row) >= 6:
        about["client_address"], about["client_name"] = row[4], row[5]
    return about


def info(text):
    """Parses the reply of INFO, with numbers, and with dictionaries and lists for several values."""
    result = {}
    for line in native(text).splitlines():
        if not line or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon:
            result.setdefault("__raw__", []).append(line)
        elif name == "module":
            result.setdefault("modules", []).append(_info_value(value))
        else:
            # Values such as paths and addresses may contain more colons.
            result[name] = _info_value(value)
    return result


def _info_value(value):
    if "=" in value:
        fields = (part.rpartition("=") for part in value.split(",") if part)
        return {name or field: _info_value(field) if name else True for name, _, field in fields}
    if "," in value:
        return [_info_value(part) for part in value.split(",") if part]
    try:
        return float(value) if "." in value else int(value)
    except ValueError:
        return value
