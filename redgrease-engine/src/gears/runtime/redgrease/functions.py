"""Functions that create functions."""

from collections.abc import Container


def optional(constructor):
    """A function that returns None for None, and `constructor(value)` for any other value."""

    def parse(value):
        return None if value is None else constructor(value)

    return parse


def compose(*function):
    """Composes functions: `compose(f, g)(x)` is `f(g(x))`."""

    def composed(value):
        for step in reversed(function):
            value = step(value)
        return value

    return composed


def dict_filter(**kwargs):
    """A function that checks whether a dictionary has all these keys with matching values.

    A value matches a container that contains it, a type of which it is an instance, `...`, or an
    equal value.
    """

    def matches(candidate):
        return all(
            key in candidate and _matches(candidate[key], wanted)
            for key, wanted in kwargs.items()
        )

    return matches


def _matches(value, wanted):
    if wanted is ...:
        return True
    if isinstance(wanted, type):
        return isinstance(value, wanted)
    if isinstance(wanted, Container) and not isinstance(wanted, (str, bytes)):
        return value in wanted
    return value == wanted


def passfun(fun=None, default=None):
    """Makes a Python function, which operations need, from a callable or a constant.

    If `fun` is not callable and there is a `default`, the default is used. Without both, the
    function returns its argument.
    """
    if not callable(fun) and default is not None:
        fun = default
    if fun is None:
        return lambda value: value
    if callable(fun):
        return lambda *args, **kwargs: fun(*args, **kwargs)
    return lambda *args, **kwargs: fun
