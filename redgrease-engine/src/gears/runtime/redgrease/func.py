"""`command`: a function as a command of the server."""

import functools
import uuid

from .gears import ClosedGearFunction
from .reader import CommandReader


def command(
    trigger=None, prefix="*", collect=True, mode="async", onRegistered=None, **kargs
):
    """Registers a function that runs when its trigger is called, with the arguments of the call.

    The trigger is the function's name by default, and a new name of its own for `...`. `replace`
    says what happens if there is such a trigger: an error for None, the new function for True,
    the old one for False. All other arguments are those of `register`.
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


# Its name before there were hooks.
trigger = command


class _Command(ClosedGearFunction):
    """The registered function. Here, on the server, calling it is calling the function."""

    def __init__(self, function, closed):
        self.__dict__.update(closed.__dict__)
        functools.update_wrapper(self, function)

    def __call__(self, *args, **kwargs):
        return self.__wrapped__(*args, **kwargs)

    def __reduce__(self):
        # A gear that calls it carries the function.
        return (_plain, (self.__wrapped__,))


def _plain(function):
    return function
