"""The commands and methods that gears cannot use, and the errors for them."""

BLOCKING = frozenset(
    "BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF".split()
)
STATEFUL = frozenset(
    """
    MULTI EXEC DISCARD WATCH UNWATCH SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE
    SUNSUBSCRIBE MONITOR SELECT AUTH HELLO RESET QUIT
    """.split()
)
# Methods of a redis-py client that are not commands, and the alternatives to them.
INSTEAD = {
    "pipeline": "gears need no pipeline: call one command after the other, inside `with atomic():`"
    " if nothing may come between",
    "transaction": "call one command after the other inside `with atomic():`",
    "pubsub": "a gear cannot wait for messages: `cmd.publish` works",
    "monitor": "a gear cannot wait for messages",
    "lock": "nothing else runs on the server inside `with atomic():`",
    "client": "a gear has no connection of its own",
}
# Methods of a redis-py client that need its code.
_OF_REDIS_PY = "json ft bf cf cms topk tdigest ts vset".split()


def check(name, args):
    """Raises NotImplementedError if gears cannot use a command."""
    if name in BLOCKING or name in STATEFUL:
        raise NotImplementedError(_reason(name))
    if name in ("XREAD", "XREADGROUP"):
        for word in args:
            if isinstance(word, (str, bytes)) and word.upper() in ("BLOCK", b"BLOCK"):
                raise NotImplementedError(
                    "%s must not wait inside a gear: leave `block` out" % name
                )


def _reason(name):
    if name in BLOCKING:
        return (
            "%s waits, and a gear must not block the server: use the form that does not (for BLPOP"
            " that is LPOP)" % name
        )
    return "%s changes a connection, and a gear has none" % name


def method(name):
    """A method that raises the error for a name in `INSTEAD`."""
    return _refusal("`cmd.%s` is not for gears: %s" % (name, INSTEAD[name]))


def _refusal(message):
    def refuse(self, *args, **kwargs):
        raise NotImplementedError(message)

    return refuse


def methods():
    """The methods of a redis-py client that this package refuses, by name."""
    refused = {name: method(name) for name in INSTEAD}
    for name in BLOCKING | STATEFUL:
        refused.setdefault(name.lower(), _refusal(_reason(name)))
    for name in _OF_REDIS_PY:
        refused[name] = _refusal(
            '`cmd.%s` needs redis-py: add requirements = ["redis"] to the gear, or send the commands'
            " with `cmd.execute_command`" % name
        )
    return refused
