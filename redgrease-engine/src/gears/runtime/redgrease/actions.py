"""The reader that begins a gear function, and the actions `run` and `register` that end it."""

from . import operands
from .exceptions import DuplicateTriggerError
from .host import READER_ALIASES, Chain, GearsError
from .operations import Operation
from .triggers import is_taken, release


class Reader(Operation):
    """The source of the records."""

    def __init__(self, reader="KeysReader", defaultArg="*", desc=None, **kwargs):
        super().__init__(**kwargs)
        self.reader = READER_ALIASES.get(str(reader), str(reader))
        self.defaultArg = defaultArg
        self.desc = desc

    def add_to(self, chain=None):
        return Chain(self.reader, self.defaultArg, self.desc)


class _Action(Operation):
    """The end of a gear function, with the arguments of `run` or `register`."""

    def __init__(self, convertToStr=True, collect=True, **kwargs):
        super().__init__(**{name: value for name, value in kwargs.items() if value is not None})
        self.convertToStr = convertToStr
        self.collect = collect

    def _arguments(self, chain, has_client):
        """The keyword arguments for the chain. Records for a client are converted to text here."""
        convert = self.convertToStr
        if convert and has_client:
            chain.map(operands.text)
            convert = False
        return {"convertToStr": convert, "collect": self.collect, **self.kwargs}


class Run(_Action):
    """Runs the function once."""

    def __init__(self, arg=None, convertToStr=True, collect=True, **kwargs):
        super().__init__(convertToStr, collect, **kwargs)
        self.arg = arg

    def add_to(self, chain):
        arg = self.arg
        if chain.reader == "PythonReader" and arg is not None:
            arg = _generator_function(arg)
        return chain.run(arg, **self._arguments(chain, has_client=True))


class Register(_Action):
    """Runs the function for each event."""

    def __init__(
        self,
        prefix="*",
        convertToStr=True,
        collect=True,
        mode="async",
        onRegistered=None,
        replace=None,
        **kwargs
    ):
        if onRegistered is not None:
            onRegistered = operands.function(onRegistered, "onRegistered")
        for name in ("eventTypes", "keyTypes", "commands"):
            if isinstance(kwargs.get(name), str):
                kwargs[name] = [kwargs[name]]
        super().__init__(convertToStr, collect, mode=mode, onRegistered=onRegistered, **kwargs)
        self.prefix = prefix
        self.replace = replace

    def add_to(self, chain):
        trigger = self.kwargs.get("trigger")
        if trigger is not None and self.replace is not None and is_taken(trigger):
            if not self.replace:
                return None
            release(trigger)
        arguments = self._arguments(chain, has_client=chain.reader == "CommandReader")
        try:
            return chain.register(self.prefix, **arguments)
        except GearsError as refused:
            if "trigger already registered" not in str(refused):
                raise
            # A session that is not restored keeps its triggers: the error says which one.
            why = str(refused).partition("trigger already registered: ")[2]
            if why:
                message = "the trigger %r is already registered: %s" % (trigger, why)
                raise DuplicateTriggerError(message) from None
            raise DuplicateTriggerError(
                "the trigger %r is already registered: choose another name, or pass `replace=True`"
                " to replace it or `replace=False` to keep it" % trigger
            ) from None


def _generator_function(items):
    """The function that `PythonReader` reads from: `items` itself, or one that iterates over it."""
    if callable(items):
        return operands.function(items, "run")
    try:
        iter(items)
    except TypeError:
        raise TypeError(
            "PythonReader reads from a generator function or an iterable, not %r" % (items,)
        ) from None

    def generate():
        yield from items

    return generate
