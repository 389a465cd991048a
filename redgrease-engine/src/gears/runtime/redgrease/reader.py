"""The readers: gear functions without an operation yet, some with first steps of their own."""

from collections.abc import Container

from .actions import Reader
from .gears import OpenGearFunction
from .operands import callable_of
from .utils import record, stream_record


class GearReader(OpenGearFunction):
    """The beginning of a gear function."""

    def __init__(self, reader="KeysReader", defaultArg="*", desc=None, requirements=None):
        super().__init__(Reader(reader, defaultArg, desc), None, requirements)


class KeysReader(GearReader):
    """Keys with their values: those of a pattern, or those that something happens to."""

    def __init__(self, default_key_pattern="*", desc=None, requirements=None):
        super().__init__("KeysReader", default_key_pattern, desc, requirements)

    def _select(self, type, event):
        # "stream" is what the manuals call it, "unknown" what the server does.
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
        """The values, of keys of these types and after these events only."""
        return self._select(type, event).map(lambda r: r.get("value"))

    def keys(self, type=..., event=...):
        """The names, of keys of these types and after these events only."""
        return self._select(type, event).map(lambda r: r["key"])

    def records(self, type=..., event=...):
        """Records with attributes, of keys of these types and after these events only."""
        return self._select(type, event).map(lambda r: record(r))


class KeysOnlyReader(GearReader):
    """The names of keys."""

    def __init__(self, default_key_pattern="*", desc=None, requirements=None):
        super().__init__("KeysOnlyReader", default_key_pattern, desc, requirements)


class StreamReader(GearReader):
    """The messages of streams."""

    def __init__(self, default_key_pattern="*", desc=None, requirements=None):
        super().__init__("StreamReader", default_key_pattern, desc, requirements)

    def values(self):
        """The messages' fields with their values."""
        return self.map(lambda r: r["value"])

    def keys(self):
        """The streams' names."""
        return self.map(lambda r: r["key"])

    def records(self):
        """Records with attributes."""
        return self.map(lambda r: stream_record(r))


class PythonReader(GearReader):
    """What a generator function yields, or the elements of an iterable."""

    def __init__(self, desc=None, requirements=None):
        super().__init__("PythonReader", None, desc, requirements)


class ShardsIDReader(GearReader):
    """The id of each shard."""

    def __init__(self, desc=None, requirements=None):
        super().__init__("ShardsIDReader", "*", desc, requirements)


class CommandReader(GearReader):
    """The words of a command: its name, and what follows."""

    def __init__(self, desc=None, requirements=None):
        super().__init__("CommandReader", "*", desc, requirements)

    def args(self, max_count=None):
        """What follows the name, at most so many words."""
        end = None if max_count is None else max_count + 1
        return self.map(lambda words: words[1:end])

    def apply(self, fun, requirements=None, **kwargs):
        """What `fun` gives for what follows the name."""
        fun = callable_of(fun, "apply")
        return self.map(lambda words: fun(*words[1:]), requirements, **kwargs)


class _Either:
    """A container of what either of two holds."""

    def __init__(self, first, second):
        self._parts = (first, second)

    def __contains__(self, item):
        return any(item in part for part in self._parts)


def _wanted(choice):
    """A container of what is wanted; None for anything."""
    if choice is ...:
        return None
    if isinstance(choice, str) or not isinstance(choice, Container):
        return (choice,)
    return choice
