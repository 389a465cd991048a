"""Functions that make functions."""

from collections.abc import Container


def optional(constructor):
    """Leaves None as it is, and calls `constructor` with anything else."""

    def parse(value):
        return None if value is None else constructor(value)

    return parse


def compose(*function):
    """`compose(f, g)(x)` is `f(g(x))`."""

    def composed(value):
        for step in reversed(function):
            value = step(value)
        return value

    return composed


def dict_filter(**kwargs):
    """Whether a dictionary has all these keys, each with the given value: one of a container, an
    instance of a type, an equal one, or any for `...`."""

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
    """A Python function, which is what operations take, of any callable or constant.

    Of nothing at all it is the one that gives back its argument. `default` is used if `fun` cannot
    be called.
    """
    if not callable(fun) and default is not None:
        fun = default
    if fun is None:
        return lambda value: value
    if callable(fun):
        return lambda *args, **kwargs: fun(*args, **kwargs)
    return lambda *args, **kwargs: fun
