"""What operations are given: functions, and what stands in where none is given.

The server takes Python functions only, because they can leave its process. Any other callable
gets one around it, made here so that it carries nothing of this module with it.
"""

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from numbers import Number
from types import FunctionType


def callable_of(operand, operation):
    """The operand, which must be something that can be called."""
    if not callable(operand):
        raise TypeError("%s takes a callable, not %r" % (operation, operand))
    return operand


def function(operand, operation):
    """The operand as a Python function, of however many arguments."""
    if isinstance(operand, FunctionType):
        return operand
    callable_of(operand, operation)
    return _named(lambda *args: operand(*args), operand)


def function_of_record(operand, operation):
    """The operand as a Python function of one argument: what is called the most."""
    if isinstance(operand, FunctionType):
        return operand
    callable_of(operand, operation)
    return _named(lambda record: operand(record), operand)


def _named(wrapper, operand):
    wrapper.__name__ = getattr(operand, "__name__", type(operand).__name__)
    return wrapper


def function_or(operand, operation, default):
    """The operand as a Python function, or the default."""
    return default if operand is None else function(operand, operation)


# -- operands that were left out


def identity(record):
    """The record."""
    return record


def text_of(record):
    """The record as text."""
    return record if type(record) is str else str(record)


def hash_of(record):
    """What equal records have in common."""
    try:
        return hash(record)
    except TypeError:
        # Dictionaries, and whatever holds one.
        return hash(repr(record))


def append(records, record):
    """All records in a list."""
    if records is None:
        return [record]
    records.append(record)
    return records


def append_in_group(key, records, record):
    """All records of a group in a list."""
    return append(records, record)


def size_of_group(key, records):
    """How many records a group has."""
    return len(records)


def _extend(records, more):
    records.extend(more)
    return records


def _add(total, number):
    return total + number


def folding(zero):
    """How records are added to `zero`, and partial results to each other."""
    if isinstance(zero, list):
        return append, _extend
    if isinstance(zero, Number):
        return _add, _add
    raise ValueError(
        "how to aggregate records into %r cannot be guessed: give a function for it" % (zero,)
    )


def folding_groups(zero):
    """The same for groups, whose functions get the key first."""
    seq, comb = folding(zero)
    return (lambda key, acc, record: seq(acc, record)), (lambda key, acc, part: comb(acc, part))


# -- results

_SEQUENCES = (tuple, set, frozenset, range, Iterator, KeysView, ValuesView, ItemsView)


def expanding(expander):
    """A function whose sequence of records, of whatever kind, the server can take apart."""

    def expand(record):
        records = expander(record)
        # What is a list already is by far the most frequent. Text and dictionaries are records.
        if type(records) is not list and isinstance(records, _SEQUENCES):
            return list(records)
        return records

    return expand


def text(record):
    """The record as text, for clients.

    Bytes stay what they are. A number below zero is sent as bytes, because a client would take
    text that begins with a minus sign for an error.
    """
    kind = type(record)
    if kind is str or kind is bytes:
        return record
    if kind is bytearray:
        return bytes(record)
    result = str(record)
    return result.encode() if result[:1] == "-" else result
