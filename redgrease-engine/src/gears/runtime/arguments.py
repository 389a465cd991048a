"""Wrong arguments of Python functions raise the error that scripts for RedisGears know."""

import functools


def _checked(function, name=None):
    """Turns wrong arguments of a function or method into a `gears.error`. `name` is its name there."""
    signature = _std.inspect.signature(function)
    name = name or function.__name__

    @functools.wraps(function)
    def checked(*args, **kargs):
        try:
            signature.bind(*args, **kargs)
        except TypeError as wrong:
            # The words of RedisGears, and behind them the name of an argument that does not exist.
            more = "" if kargs.keys() <= signature.parameters.keys() else ": %s" % wrong
            raise redisgears.GearsError(
                "wrong number of args to %s function%s" % (name, more)
            ) from None
        return function(*args, **kargs)

    return checked
