"""The readers: gear functions without operations. Some have shortcuts for first operations."""

from collections.abc import Container

from .actions import Reader
from .gears import OpenGearFunction
from .operands import callable_of
from .typing import OutputRecord
from .utils import record, stream_record


class GearReader(OpenGearFunction):
    """A gear function that consists of a reader only."""

    def __init__(self, reader="KeysReader", defaultArg="*", desc=None, requirements=None):
        super().__init__(Reader(reader, defaultArg, desc), None, requirements)


class KeysReader(GearReader):
    """Reads keys with their values: the keys of a pattern, or the keys of events."""

    def __init__(self, default_key_pattern="*", desc=None, requirements=None):
        super().__init__("KeysReader", default_key_pattern, desc, requirements)

    def _select(self, type, event):
        # The documentation of RedisGears calls this type "stream", its records say "unknown".
        types, events = _wanted(type), _wanted(event)
        if types is not None and "stream" in types:
            types = _Either(types, ("unknown",))
        if types is None and events is None:
            return self
        return self.filter(
            lambda r: (types is None or r.get("type") in types)
            and (events is None or r.get("event") in events)
        )

    def values(self, type=..., event=...):
        """Selects records by type and event, and replaces them by their values."""
        return self._select(type, event).map(lambda r: r.get("value"))

    def keys(self, type=..., event=...):
        """Selects records by type and event, and replaces them by the names of their keys."""
        return self._select(type, event).map(lambda r: r["key"])

    def records(self, type=..., event=...):
        """Selects records by type and event, and converts them to `Record` objects."""
        return self._select(type, event).map(lambda r: record(r))


class KeysOnlyReader(GearReader):
    """Reads the names of keys."""

    def __init__(self, default_key_pattern="*", desc=None, requirements=None):
        super().__init__("KeysOnlyReader", default_key_pattern, desc, requirements)


class StreamReader(GearReader):
    """Reads the messages of streams."""

    def __init__(self, default_key_pattern="*", desc=None, requirements=None):
        super().__init__("StreamReader", default_key_pattern, desc, requirements)

    def values(self):
        """Replaces messages by their fields and values."""
        return self.map(lambda r: r["value"])

    def keys(self):
        """Replaces messages by the names of their streams."""
        return self.map(lambda r: r["key"])

    def records(self):
        """Converts messages to `StreamRecord` objects."""
        return self.map(lambda r: stream_record(r))


class PythonReader(GearReader):
    """Reads the elements of a generator function or of an iterable."""

    def __init__(self, desc=None, requirements=None):
        super().__init__("PythonReader", None, desc, requirements)


class ShardsIDReader(GearReader):
    """Reads the id of each shard."""

    def __init__(self, desc=None, requirements=None):
        super().__init__("ShardsIDReader", "*", desc, requirements)


class CommandReader(GearReader):
    """Reads the words of a command: the trigger and its arguments."""

    def __init__(self, desc=None, requirements=None):
        super().__init__("CommandReader", "*", desc, requirements)

    def args(self, max_count=None):
        """Replaces the words by the arguments, at most `max_count`."""
        end = None if max_count is None else max_count + 1
        return self.map(lambda words: words[1:end])

    def apply(self, fun, requirements=None, **kwargs):
        """Replaces the words by the result of `fun`, called with the arguments."""
        fun = callable_of(fun, "apply")
        return self.map(lambda words: fun(*words[1:]), requirements, **kwargs)


class _Either:
    """A container of the items of two containers."""

    def __init__(self, first, second):
        self._parts = (first, second)

    def __contains__(self, item):
        return any(item in part for part in self._parts)


def _wanted(choice):
    """A container of the chosen values, or None if every value is chosen."""
    if choice is ...:
        return None
    if isinstance(choice, str) or not isinstance(choice, Container):
        return (choice,)
    return choice
