"""The client that is used if the package `redis` is not installed."""

from .. import exceptions
from ..host import GearsError, execute
from . import refused
from .errors import error_of
from .hashes import Hashes
from .keys import Keys
from .lists import Lists
from .replies import raw
from .server import Server
from .sets import Sets
from .sorted_sets import SortedSets
from .streams import Streams
from .strings import Strings
from .words import encoded

# First words of commands that have subcommands.
_OF_TWO_WORDS = frozenset(
    """
    acl client cluster command config debug function latency memory module object pubsub script
    slowlog xgroup xinfo
    """.split()
)


class Client(Strings, Keys, Hashes, Lists, Sets, SortedSets, Streams, Server):
    """Commands with the names, arguments and replies of redis-py."""

    def execute_command(self, *args, **options):
        """Runs a command, given word by word.

        The reply consists of bytes, integers, None, and lists of these.
        """
        if options:
            raise TypeError(
                "without the package `redis` commands have no options (%s): pass the command word"
                " by word, or add `redis` to the requirements" % ", ".join(sorted(options))
            )
        name = args[0]
        words = name.split() if isinstance(name, str) else [bytes(name).decode("ascii")]
        verb = words[0].upper()
        refused.check(verb, args[1:])
        try:
            return raw(execute(words[0], *words[1:], *map(encoded, args[1:])))
        except GearsError as error:
            failure = error_of(exceptions, str(error))
        raise failure

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        first, _, rest = name.upper().partition("_")
        two = rest and first.lower() in _OF_TWO_WORDS
        words = "%s %s" % (first, rest.replace("_", "-")) if two else name.upper()

        def command(*args, **kwargs):
            return self.execute_command(words, *args, **kwargs)

        command.__name__ = name
        return command


for _name in refused.INSTEAD:
    setattr(Client, _name, refused.method(_name))
