# Hooks: gears that run in place of a command. Its clients know nothing of gears: they send words as they are, and receive
# the reply that the command has.

# Commands that answer `OK` when they have done their work. Clients receive it as a status, which is not a text to them.
_OF_OK = frozenset((
    'FLUSHALL', 'FLUSHDB', 'HMSET', 'LSET', 'LTRIM', 'MIGRATE', 'MSET', 'PFMERGE', 'PSETEX', 'RENAME', 'RESTORE', 'SET',
    'SETEX', 'SWAPDB', 'XGROUP', 'XSETID'))


def _word(codec):
    # How a hook reads an argument.
    return _Codec(codec.word, codec.dump, codec.read, codec.write, optional=codec.optional)


def _reply(codec, command):
    # How a hook writes its result.
    reply = codec.reply
    dump = _ok(reply, codec.nothing) if command.upper() in _OF_OK else reply
    return _Codec(codec.parse, dump, codec.read, codec.write, catches=codec.catches)


def _ok(reply, nothing):
    # nothing: whether the Rust function has no result, so that `OK` is all that it can answer besides an error.
    def dump(value):
        given = reply(value)
        is_error = type(given) is str
        return '+OK' if given == b'OK' or (nothing and not is_error) else given
    return dump


def _nil():
    try:
        from redgrease_commands.nil import nil
    except ImportError:
        # RedisGears has no value that is written as nil.
        return []
    return nil
