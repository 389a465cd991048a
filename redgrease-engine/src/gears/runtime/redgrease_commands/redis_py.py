"""The client of the package `redis`, whose commands this server runs."""

from . import refused
from .errors import error_of
from .host import GearsError, execute
from .replies import raw
from .words import encoded


class _Reply:
    """Takes the place of a connection: the client reads the reply of a command from it."""

    def __init__(self, reply=None, error=None):
        self._reply = reply
        self._error = error

    def read_response(self, *args, **kwargs):
        if self._error is not None:
            raise self._error
        return self._reply


def client_of(redis):
    """A client whose commands this server runs. It supports redis-py from version 3.5 on."""

    class Client(redis.Redis):
        def execute_command(self, *args, **options):
            name = args[0]
            words = name.split() if isinstance(name, str) else [bytes(name).decode("ascii")]
            verb = words[0].upper()
            refused.check(verb, args[1:])
            try:
                reply = _Reply(raw(execute(words[0], *words[1:], *map(encoded, args[1:]))))
            except GearsError as error:
                reply = _Reply(error=error_of(redis.exceptions, str(error)))
            return self.parse_response(reply, name, **options)

        def close(self):
            pass

        def __del__(self):
            pass

    for method in refused.INSTEAD:
        setattr(Client, method, refused.method(method))
    try:
        return Client(protocol=2)
    except TypeError:
        # Older versions of redis-py have no parameter `protocol`.
        return Client()
