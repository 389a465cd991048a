# Codecs: the Python counterparts of the Rust codecs. A codec reads an argument and writes a result, at the top level of
# a call (`parse`, `dump`) and inside a list, map or tuple (`read`, `write`). The functions can be pickled by value, so
# they must not hold state of their process.
import base64 as _base64
import builtins as _builtins
import operator as _operator


class _Codec(object):
    # `parse`: str or bytes-like -> value           `dump`: value -> bytes, int, or [] for None
    # `read`: parsed JSON -> value                  `write`: value -> JSON value
    # `frozen`: like `read`, but hashable: for keys and members of sets
    # `parse_inline`, `dump_inline`: an expression of {x} with a fast path; {f} stands for `parse` or `dump`
    # `optional`: whether other clients may omit the argument at the end
    # `catches`: whether an `Err` that the function raises is a result
    # `word`: like `parse`, for a word of a client that knows nothing of gears; the clients of a hook are such clients
    # `reply`: like `dump`, for these clients: lists are arrays, None is nil
    # `plain`: whether the argument is never empty and never begins with a plus sign
    # `nothing`: whether the value is always None
    def __init__(self, parse, dump, read, write, frozen=None, parse_inline='{f}({x})', dump_inline='{f}({x})',
                 optional=False, catches=False, word=None, reply=None, plain=True, nothing=False):
        self.parse = parse
        self.dump = dump
        self.read = read
        self.write = write
        self.frozen = frozen or read
        self.parse_inline = parse_inline
        self.dump_inline = dump_inline
        self.optional = optional
        self.catches = catches
        self.word = word or parse
        self.reply = reply or dump
        self.plain = plain
        self.nothing = nothing


def _shown(value):
    text = repr(value)
    if len(text) > 60:
        text = text[:60] + '..'
    return '%s %s' % (type(value).__name__, text) if value is not None else 'None'


def _is_err(value):
    return getattr(type(value), '_is_gear_err', False)


# Python 3.11 and later have groups.
_GROUP = getattr(_builtins, 'BaseExceptionGroup', ())


def _err_of(error):
    # The `Err` that was raised, also by the only task of a group that failed. None if it is another exception.
    while isinstance(error, _GROUP) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error if _is_err(error) else None


def _is_not(value, what):
    if _is_err(value):
        return TypeError(
            'an `Err` is not %s: make it the whole result of a gear with `-> Result<T, E>`, or raise another exception'
            % what)
    text = '%s is not %s' % (_shown(value), what)
    if value is None:
        text += ': give a value, or make the type in Rust an `Option`'
    return TypeError(text)


def _check_distinct(kept, items, what):
    # Values that differ in Rust can be equal in Python: a timedelta has no nanoseconds.
    if len(kept) < len(items):
        seen = set()
        for item in items:
            if item in seen:
                raise ValueError('%s are equal in Python: %s' % (what, _shown(item)))
            seen.add(item)


def _textual(read, write):
    # A codec for values that are text at the top level and inside containers.
    def dump(value):
        return write(value).encode('utf-8')

    return _Codec(read, dump, read, write)


# --- None

def _unit_dump(value):
    if _is_err(value):
        raise _is_not(value, 'None')
    if value is not None:
        raise TypeError('%s was returned, but the Rust function returns nothing' % _shown(value))
    return []


def _unit_parse(value):
    if len(value):
        raise _is_not(value, 'None')


def _unit_read(value):
    if value is not None:
        raise _is_not(value, 'None')


def _unit_reply(value):
    _unit_dump(value)
    return _nil()


_unit = _Codec(_unit_parse, _unit_dump, _unit_read, _unit_read, reply=_unit_reply, plain=False, nothing=True)


# --- text and bytes; arguments encode the byte 00 as 01 30, and the byte 01 as 01 31

def _str_word(value):
    if not isinstance(value, str):
        raise ValueError('%s is not UTF-8 text' % _shown(bytes(value)))
    return value


def _str_parse(value):
    value = _str_word(value)
    if '\x01' in value:
        value = value.replace('\x010', '\x00').replace('\x011', '\x01')
    return value


def _str_write(value):
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode('utf-8')
    raise _is_not(value, 'text')


def _str_dump(value):
    return _str_write(value).encode('utf-8')


def _str_read(value):
    if type(value) is not str:
        raise _is_not(value, 'text')
    return value


_str = _Codec(
    _str_parse, _str_dump, _str_read, _str_write,
    parse_inline="{x} if type({x}) is str and '\\x01' not in {x} else {f}({x})",
    dump_inline="{x}.encode() if type({x}) is str else {f}({x})",
    word=_str_word, plain=False)


def _bytes_word(value):
    return value.encode('utf-8') if isinstance(value, str) else bytes(value)


def _bytes_parse(value):
    value = _bytes_word(value)
    if b'\x01' in value:
        value = value.replace(b'\x010', b'\x00').replace(b'\x011', b'\x01')
    return value


def _bytes_dump(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str):
        return value.encode('utf-8')
    raise _is_not(value, 'bytes')


def _bytes_read(value):
    if type(value) is not str:
        raise _is_not(value, 'base64 text')
    return _base64.b64decode(value, validate=True)


def _bytes_write(value):
    return _base64.b64encode(_bytes_dump(value)).decode('ascii')


_bytes = _Codec(
    _bytes_parse, _bytes_dump, _bytes_read, _bytes_write,
    dump_inline='{x} if type({x}) is bytes else {f}({x})',
    word=_bytes_word, plain=False)


# --- numbers

def _int_parse(value):
    try:
        return int(value)
    except ValueError:
        raise _is_not(value, 'an integer')


def _int_read(value):
    if type(value) is not int:
        raise _is_not(value, 'an integer')
    return value


def _int_write(value):
    try:
        return int(_operator.index(value))
    except TypeError:
        raise _is_not(value, 'an integer')


def _int_dump(value):
    value = _int_write(value)
    # An integer reply has 64 bits. Larger numbers are sent as text.
    return value if -0x8000000000000000 <= value <= 0x7fffffffffffffff else b'%d' % value


_int = _Codec(
    _int_parse, _int_dump, _int_read, _int_write,
    parse_inline='int({x})',
    dump_inline='{x} if type({x}) is int and -0x8000000000000000 <= {x} <= 0x7fffffffffffffff else {f}({x})')


def _float_parse(value):
    try:
        return float(value)
    except ValueError:
        raise _is_not(value, 'a number')


def _float_read(value):
    if type(value) is float:
        return value
    if type(value) is int:
        return _float_exact(value)
    if value in ('NaN', 'nan', 'inf', '-inf'):
        return float(value)
    raise _is_not(value, 'a number')


def _float_exact(value):
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int):
        number = float(value)
        if number == value:
            return number
        raise ValueError('%d cannot be a float without changing it' % value)
    raise _is_not(value, 'a float')


def _float_dump(value):
    return repr(_float_exact(value)).encode('ascii')


def _float_write(value):
    value = _float_exact(value)
    # JSON has no NaN and no infinities. They are sent as text, which `_float_read` accepts.
    return value if value - value == 0.0 else repr(value)


_float = _Codec(_float_parse, _float_dump, _float_read, _float_write, parse_inline='float({x})')


def _bool_parse(value):
    if value in ('1', 'true', 'True'):
        return True
    if value in ('0', 'false', 'False'):
        return False
    raise _is_not(value, 'a boolean: 1 or 0')


def _bool_read(value):
    if type(value) is not bool:
        raise _is_not(value, 'a boolean')
    return value


def _bool_write(value):
    # Commands such as EXISTS return 1 and 0.
    if type(value) is bool or (type(value) is int and (value == 0 or value == 1)):
        return bool(value)
    raise _is_not(value, 'a boolean')


def _bool_dump(value):
    return int(_bool_write(value))


_bool = _Codec(
    _bool_parse, _bool_dump, _bool_read, _bool_write,
    parse_inline="True if {x} == '1' else {f}({x})",
    dump_inline='1 if {x} is True else {f}({x})')
