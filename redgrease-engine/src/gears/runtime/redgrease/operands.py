"""The operands of operations: functions, and their defaults.

The built-in `GearsBuilder` accepts only Python functions, because it can pickle them. This module
wraps any other callable in a function, which does not refer to the globals of this module.
"""

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from numbers import Number
from types import CoroutineType, FunctionType


def callable_of(operand, operation):
    """Returns the operand. Raises a TypeError if it is not callable."""
    if not callable(operand):
        raise TypeError("%s takes a callable, not %r" % (operation, operand))
    return operand


def function(operand, operation):
    """The operand as a Python function with any number of arguments."""
    if isinstance(operand, FunctionType):
        return operand
    callable_of(operand, operation)
    return _named(lambda *args: operand(*args), operand)


def function_of_record(operand, operation):
    """The operand as a Python function with one argument, which is faster than `function`."""
    if isinstance(operand, FunctionType):
        return operand
    callable_of(operand, operation)
    return _named(lambda record: operand(record), operand)


def _named(wrapper, operand):
    wrapper.__name__ = getattr(operand, "__name__", type(operand).__name__)
    return wrapper


def function_or(operand, operation, default):
    """The operand as a Python function, or the default if the operand is None."""
    return default if operand is None else function(operand, operation)


# -- default operands


def identity(record):
    """Returns the record."""
    return record


def text_of(record):
    """The record as text."""
    return record if type(record) is str else str(record)


def hash_of(record):
    """A value that equal records have in common."""
    try:
        return hash(record)
    except TypeError:
        # The record is or contains a dictionary or another unhashable value.
        return hash(repr(record))


def append(records, record):
    """Appends a record to a list; to a new list for None."""
    if records is None:
        return [record]
    records.append(record)
    return records


def append_in_group(key, records, record):
    """Appends a record of a group to a list; to a new list for None."""
    return append(records, record)


def size_of_group(key, records):
    """The number of records of a group."""
    return len(records)


def _extend(records, more):
    records.extend(more)
    return records


def _add(total, number):
    return total + number


def folding(zero):
    """The functions that add a record to `zero`, and that combine two results."""
    if isinstance(zero, list):
        return append, _extend
    if isinstance(zero, Number):
        return _add, _add
    raise ValueError(
        "the function that aggregates records into %r cannot be guessed: pass `seqOp`" % (zero,)
    )


def folding_groups(zero):
    """Like `folding`, for functions that get the key of a group as first argument."""
    seq, comb = folding(zero)
    return (lambda key, acc, record: seq(acc, record)), (lambda key, acc, part: comb(acc, part))


# -- results

_SEQUENCES = (tuple, set, frozenset, range, Iterator, KeysView, ValuesView, ItemsView)


def _expanded(records):
    # Lists are by far the most frequent. Texts and dictionaries count as single records.
    if type(records) is not list and isinstance(records, _SEQUENCES):
        return list(records)
    return records


async def _expanded_later(coroutine):
    return _expanded(await coroutine)


def expanding(expander):
    """Wraps an `expander`, so that it returns a list where it returned another kind of sequence."""

    def expand(record):
        records = expander(record)
        if type(records) is CoroutineType:
            return _expanded_later(records)
        return _expanded(records)

    return expand


def text(record):
    """The record as text for clients.

    Bytes stay bytes. A result that begins with a minus sign, such as a negative number, becomes
    bytes, because a client would take such a text for an error.
    """
    kind = type(record)
    if kind is str or kind is bytes:
        return record
    if kind is bytearray:
        return bytes(record)
    result = str(record)
    return result.encode() if result[:1] == "-" else result
