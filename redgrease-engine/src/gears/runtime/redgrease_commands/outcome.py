"""`Err`, the other value of a gear. The client has the same class for servers without this module."""


class Err(Exception):
    """A refusal that the caller in Rust receives as an `Err`: `return Err('sold out')` or `raise Err('sold out')`."""

    # Errors show it.
    __module__ = 'redgrease'
    # A class that was pickled is another class. The attribute tells that it is the same.
    _is_gear_err = True

    def __init__(self, value=None, *more):
        if more:
            raise TypeError(
                "`Err` takes one value, not %d: write `Err((%s))`, with a tuple as the other type of the `Result`" % (
                    1 + len(more), ', '.join([repr(one) for one in (value,) + more])))
        Exception.__init__(self, value)
        self.value = value
        # Shown if a gear with another result raises it.
        self.__notes__ = ['the result of this gear is not a `Result`: write `-> Result<T, E>`, or raise another exception']


__all__ = ["Err"]
