"""`cmd`: the commands of redis-py, run by the server of the gear without a connection.

If the package `redis` is installed, its client encodes the commands and decodes the replies.
Without it, the client of this package does that for common commands. It sends any other command
with its name and arguments as they are, and returns the reply as it is.
"""


class _Commands:
    """The commands of redis-py, run by this server: `cmd.set("key", "value")`."""

    # Pickled gears refer to `redgrease.cmd`.
    __module__ = "redgrease"

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        client = self.__dict__.get("_client")
        if client is None:
            client = self.__dict__["_client"] = _client()
        if not callable(getattr(client, name)):
            return getattr(client, name)
        return _Method(self, name)

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
        return sorted(name for name in dir(_client()) if not name.startswith("_"))

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
        client = self._commands.__dict__.get("_client")
        if client is None:
            client = self._commands.__dict__["_client"] = _client()
        return getattr(client, self.__name__)(*args, **kwargs)

    def __reduce__(self):
        return getattr, (self._commands, self.__name__)

    def __repr__(self):
        return "cmd.%s" % self.__name__


def _client():
    """A new client: that of the package `redis` if it is installed, or that of this package."""
    try:
        import redis
    except ImportError:
        from .client import Client

        return Client()
    from .redis_py import client_of

    return client_of(redis)


cmd = _Commands()
