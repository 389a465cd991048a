"""The decorator `command`, which registers a function as a command of the server."""

import functools
import uuid

from .gears import ClosedGearFunction
from .reader import CommandReader


def command(
    trigger=None, prefix="*", collect=True, mode="async", onRegistered=None, **kargs
):
    """Registers a function that is called with the arguments of its trigger.

    The default trigger is the name of the function; `...` makes a random name. If the trigger is
    already registered, `replace=None` raises an error, True replaces the old function, and False
    keeps it. All other arguments are those of `register`.
    """
    if callable(trigger):
        return command()(trigger)

    def decorate(function):
        name = trigger
        if name is None:
            name = function.__name__
        elif name is ...:
            name = uuid.uuid4().hex
        chain = CommandReader(desc=kargs.pop("desc", None)).apply(function)
        closed = chain.register(
            prefix, collect=collect, mode=mode, onRegistered=onRegistered, trigger=name, **kargs
        )
        return _Command(function, closed)

    return decorate


# The older name of the decorator.
trigger = command


class _Command(ClosedGearFunction):
    """A registered function. Calling it on the server calls the function directly."""

    def __init__(self, function, closed):
        self.__dict__.update(closed.__dict__)
        functools.update_wrapper(self, function)

    def __call__(self, *args, **kwargs):
        return self.__wrapped__(*args, **kwargs)

    def __reduce__(self):
        # Gears that call this object are pickled with the plain function.
        return (_plain, (self.__wrapped__,))


def _plain(function):
    return function
