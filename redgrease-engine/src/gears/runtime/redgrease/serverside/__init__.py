"""`cmd`: every command of redis-py, run by the server the gear runs in, without a connection.

Where the package `redis` is installed, its own client makes the commands and reads the replies.
Without it the client of this package does the same for the commands that gears use, and sends
any other as its name and arguments are given.
"""


class _Commands:
    """Every command of redis-py, run by this server: `cmd.set("key", "value")`."""

    # By this name a copy of a gear finds it again, wherever it is run.
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

    def log(self, message, level="notice"):
        """Writes a line to the server's log."""
        from ..host import log

        log(message, level)

    def __dir__(self):
        return sorted(name for name in dir(_client()) if not name.startswith("_"))

    def __reduce__(self):
        return "cmd"

    def __repr__(self):
        return "cmd"


class _Method:
    """A command, looked up when it is called: so it can leave its process, and be an operand."""

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
    try:
        import redis
    except ImportError:
        from .client import Client

        return Client()
    from .redis_py import client_of

    return client_of(redis)


cmd = _Commands()
