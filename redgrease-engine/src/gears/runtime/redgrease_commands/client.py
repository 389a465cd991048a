"""The client of this package: the methods of redis-py, without redis-py."""

from . import exceptions, refused
from .bitmaps import Bitmaps
from .geo import Geo
from .hash_expiry import HashExpiry
from .hashes import Hashes
from .host import GuardedClass, command, command_of_any
from .keys import Keys
from .lists import Lists
from .scripts import Scripts
from .server import Server
from .sets import Sets
from .sorted_sets import SortedSets, SortedSetSets
from .stream_info import StreamInfo
from .streams import StreamGroups, Streams
from .strings import Strings


class Client(
    Strings,
    Bitmaps,
    Keys,
    Hashes,
    HashExpiry,
    Lists,
    Sets,
    SortedSets,
    SortedSetSets,
    Streams,
    StreamGroups,
    StreamInfo,
    Geo,
    Scripts,
    Server,
    metaclass=GuardedClass,
):
    """Commands with the names, arguments and replies of redis-py.

    An argument is a text, bytes or a number. Any other type raises DataError.
    """

    __slots__ = ()
    # Pickled gears refer to `redgrease_commands.cmd`.
    __module__ = "redgrease_commands"

    # Sends a command by its words, and returns the reply with bytes for texts.
    _run = command

    def execute_command(self, *args, **options):
        """Runs a command, given word by word.

        The reply consists of bytes, integers, None, and lists of these.
        """
        options.pop("keys", None)
        if options:
            raise TypeError(
                "commands have no options (%s): pass the command word by word, or add the requirement"
                " `redis`" % ", ".join(sorted(options))
            )
        name = args[0]
        words = name.split() if isinstance(name, str) else [bytes(name).decode("ascii")]
        refused.check(words[0].upper(), args[1:])
        return self._run(*words, *args[1:])

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(_unknown(type(self), name))

    def __setattr__(self, name, value):
        raise AttributeError(
            "cmd.%s cannot be changed, because all gears share `cmd`: give your script a function of its own" % name
        )

    def __delattr__(self, name):
        self.__setattr__(name, None)

    def __dir__(self):
        return sorted(name for name in dir(type(self)) if not name.startswith("_"))

    def __reduce__(self):
        return "cmd"

    def __repr__(self):
        return "cmd"


class TolerantClient(Client):
    """As `Client`. Arguments of any type are sent as text, as `execute` sends them."""

    __slots__ = ()
    __module__ = "redgrease_commands"

    _run = command_of_any

    def __reduce__(self):
        return "tolerant"


def _unknown(client, name):
    import difflib

    known = [method for method in dir(client) if not method.startswith("_")]
    near = difflib.get_close_matches(name, known, 1)
    return (
        'cmd has no method `%s`%s: `cmd.execute_command(..)` runs any command, and requirements = ["redis"] makes'
        " `cmd` the client of redis-py" % (name, ", did you mean `%s`?" % near[0] if near else "")
    )


def _complete():
    for name, method in refused.methods().items():
        setattr(Client, name, method)
    # `except cmd.ResponseError` needs no import.
    for name, kind in vars(exceptions).items():
        if isinstance(kind, type) and issubclass(kind, Exception):
            setattr(Client, name, kind)


_complete()
