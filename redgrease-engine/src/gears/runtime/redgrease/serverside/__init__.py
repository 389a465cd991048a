"""`cmd`: the commands of redis-py, run by the server of the gear without a connection.

It is the client of the package `redgrease_commands`, or that of the package `redis` for sessions that require it.
"""

from redgrease_commands import tolerant

from ..host import requires_redis_py


class _Commands:
    """The commands of redis-py, run by this server: `cmd.set("key", "value")`."""

    # Pickled gears refer to `redgrease.cmd`.
    __module__ = "redgrease"

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(_client(self), name)
        return _Method(self, name) if callable(value) and not isinstance(value, type) else value

    def __setattr__(self, name, value):
        raise AttributeError(
            "cmd.%s cannot be changed, because all gears share `cmd`: give your script a function of its own" % name
        )

    __delattr__ = lambda self, name: self.__setattr__(name, None)

    def log(self, message, level="notice"):
        """Writes a message to the server's log."""
        from ..host import log

        log(message, level)

    def __dir__(self):
        return sorted(name for name in dir(_client(self)) if not name.startswith("_"))

    def __reduce__(self):
        return "cmd"

    def __repr__(self):
        return "cmd"


class _Method:
    """A command that is looked up when it is called, so that it can be pickled as an operand."""

    def __init__(self, commands, name):
        self._commands = commands
        self.__name__ = name

    def __call__(self, *args, **kwargs):
        return getattr(_client(self._commands), self.__name__)(*args, **kwargs)

    def __reduce__(self):
        return getattr, (self._commands, self.__name__)

    def __repr__(self):
        return "cmd.%s" % self.__name__


def _client(commands):
    """The client for the session of the code that runs."""
    if not requires_redis_py():
        return tolerant
    client = commands.__dict__.get("_client")
    if client is None:
        import redis
        from redgrease_commands.redis_py import client_of

        client = commands.__dict__["_client"] = client_of(redis)
    return client


cmd = _Commands()
