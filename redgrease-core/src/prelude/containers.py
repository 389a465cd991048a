# Codecs that use JSON on the wire: JSON itself, lists, sets, dicts and tuples. Also the codec of optional values.
import json as _jsonlib
import re as _re

_json_forms = {
    'timedelta': "a number, `.total_seconds()`, for a field of the type `f64`, or a dict with `secs` and `nanos` for `Duration`",
    'datetime': 'text, `.isoformat()`',
    'date': 'text, `.isoformat()`',
    'time': 'text, `.isoformat()`',
    'UUID': 'text, `str(..)`',
    'Decimal': 'text, `str(..)`, or a number, `float(..)`',
    'bytes': 'text, `.decode()`, or a list of numbers, `list(..)`',
    'bytearray': 'text, `.decode()`, or a list of numbers, `list(..)`',
}


def _no_json(value):
    # Called for a value that JSON does not have.
    if _is_err(value):
        raise _is_not(value, 'a value of JSON')
    form = _json_forms.get(type(value).__name__)
    if form is None:
        form = 'a list, `list(..)`' if hasattr(value, '__iter__') else 'a dict, a list, text or a number'
    raise TypeError('JSON, and so `Json` and `#[derive(GearValue)]`, has no form for %s: convert it to %s' % (
        _shown(value), form))


_json_encoder = _jsonlib.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(',', ':'), default=_no_json)


# --- JSON; values that another JSON reader would change are refused

# Finds numbers that may be too long, and keys that may not have been text.
_suspect = _re.compile(r'\d{19}|"(?:-?\d[^"]*|true|false|null)":')


def _no_constant(name):
    raise ValueError('JSON has no %s' % name)


def _json_parse(value):
    if not isinstance(value, str):
        raise ValueError('%s is not UTF-8 text' % _shown(bytes(value)))
    if 'NaN' in value or 'Infinity' in value:
        return _jsonlib.loads(value, parse_constant=_no_constant)
    return _jsonlib.loads(value)


def _json_read(value):
    return value


def _json_check(value):
    if isinstance(value, dict):
        _json_keys(value)
        for item in value.values():
            _json_check(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _json_check(item)
    elif isinstance(value, int) and not -0x8000000000000000 <= value <= 0xffffffffffffffff:
        raise ValueError('%d has more than 64 bits, which JSON readers round: return it typed, or as text' % value)


def _json_keys(value):
    # Keys are text in JSON, so the keys 1 and '1' would collide.
    for key in value:
        if not isinstance(key, str):
            text = _json_encoder.encode(key).strip('"')
            if text in value:
                raise ValueError('JSON has only text as keys, and would take %r and %r for the same' % (key, text))


def _json_write(value):
    _json_check(value)
    return value


def _json_dump(value):
    text = _json_encoder.encode(value)
    if _suspect.search(text):
        _json_check(value)
    return text.encode('utf-8')


_json = _Codec(_json_parse, _json_dump, _json_read, _json_write)


# --- optional values: empty for None, else a plus sign and the value. Other clients may leave the plus sign out where the
# value alone cannot be taken for another one.

def _opt(inner):
    inner_parse, inner_dump, inner_read, inner_write = inner.parse, inner.dump, inner.read, inner.write
    inner_frozen, inner_word, inner_reply, plain = inner.frozen, inner.word, inner.reply, inner.plain

    def parse(value):
        if not value:
            return None
        if value[:1] == '+' or value[:1] == b'+':
            return inner_parse(value[1:])
        if plain:
            return inner_parse(value)
        raise ValueError('%s is not an optional value: nothing for None, a plus sign in front of a value' % _shown(value))

    def dump(value):
        return [] if value is None else inner_dump(value)

    def read(value):
        return None if value is None else inner_read(value)

    def write(value):
        return None if value is None else inner_write(value)

    def frozen(value):
        return None if value is None else inner_frozen(value)

    def word(value):
        return None if value is None else inner_word(value)

    def reply(value):
        return _nil() if value is None else inner_reply(value)

    return _Codec(parse, dump, read, write, frozen, dump_inline='[] if {x} is None else {f}({x})', optional=True,
                  catches=inner.catches, word=word, reply=reply, plain=False)


# --- containers: one JSON value at the top level

def _contained(read, write, frozen, reply):
    def parse(value):
        return read(_json_parse(value))

    def dump(value):
        return _json_encoder.encode(write(value)).encode('utf-8')

    return _Codec(parse, dump, read, write, frozen, reply=reply)


def _items_read(value):
    if type(value) is not list:
        raise _is_not(value, 'a list')
    return value


def _items_write(value):
    if isinstance(value, (list, tuple, set, frozenset)):
        return value
    if isinstance(value, (str, bytes, bytearray, dict)):
        raise _is_not(value, 'a list')
    try:
        items = iter(value)
    except TypeError:
        if hasattr(value, '__aiter__'):
            raise _is_not(value, 'a list: `[item async for item in ..]` makes one')
        raise _is_not(value, 'a list')
    # Runs the code of a generator, whose errors are its own.
    return list(items)


def _list(item):
    item_read, item_write, item_frozen, item_reply = item.read, item.write, item.frozen, item.reply

    def read(value):
        return [item_read(x) for x in _items_read(value)]

    def write(value):
        return [item_write(x) for x in _items_write(value)]

    def frozen(value):
        return tuple([item_frozen(x) for x in _items_read(value)])

    def reply(value):
        return [item_reply(x) for x in _items_write(value)]

    return _contained(read, write, frozen, reply)


def _set(item):
    item_write, item_frozen, item_reply = item.write, item.frozen, item.reply

    def read(value):
        items = [item_frozen(x) for x in _items_read(value)]
        members = set(items)
        _check_distinct(members, items, 'two members of the set')
        return members

    def members(value):
        items = _items_write(value)
        if not isinstance(items, (set, frozenset)):
            try:
                # Removes duplicates.
                items = dict.fromkeys(items)
            except TypeError:
                # Members such as lists are not hashable in Python, but they are in Rust.
                pass
        return items

    def write(value):
        return [item_write(x) for x in members(value)]

    def frozen(value):
        return frozenset(read(value))

    def reply(value):
        return [item_reply(x) for x in members(value)]

    return _contained(read, write, frozen, reply)


def _map(key, item):
    key_read, key_write, item_read, item_write = key.frozen, key.write, item.read, item.write
    key_reply, item_reply = key.reply, item.reply

    def read(value):
        # Rust sends pairs. Other clients may send an object.
        pairs = value.items() if type(value) is dict else _items_read(value)
        items = [(key_read(k), item_read(x)) for k, x in pairs]
        entries = dict(items)
        if len(entries) < len(items):
            _check_distinct(entries, [k for k, _ in items], 'two keys')
        return entries

    def pairs_of(value):
        if not hasattr(value, 'items'):
            raise _is_not(value, 'a dict')
        return value.items()

    def write(value):
        return [[key_write(k), item_write(x)] for k, x in pairs_of(value)]

    def frozen(value):
        raise TypeError('a dict cannot be a key or a member of a set in Python')

    def reply(value):
        return [part for k, x in pairs_of(value) for part in (key_reply(k), item_reply(x))]

    return _contained(read, write, frozen, reply)


def _tuple(*items):
    size = len(items)
    reads, writes = [x.read for x in items], [x.write for x in items]
    frozens, replies = [x.frozen for x in items], [x.reply for x in items]

    def sized(value):
        if len(value) != size:
            raise _is_not(value, 'a tuple of %d' % size)
        return value

    def read(value):
        return tuple([f(x) for f, x in zip(reads, sized(_items_read(value)))])

    def each(functions, value):
        if not isinstance(value, (tuple, list)):
            raise _is_not(value, 'a tuple')
        return [f(x) for f, x in zip(functions, sized(value))]

    def write(value):
        return each(writes, value)

    def frozen(value):
        return tuple([f(x) for f, x in zip(frozens, sized(_items_read(value)))])

    def reply(value):
        return each(replies, value)

    return _contained(read, write, frozen, reply)
