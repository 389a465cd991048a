# `cmd` as the client of redis-py: every command of it, run by the server of the gear without a connection.

_BLOCKING = frozenset((
    'BLPOP', 'BRPOP', 'BRPOPLPUSH', 'BLMOVE', 'BLMPOP', 'BZPOPMIN', 'BZPOPMAX', 'BZMPOP', 'WAIT', 'WAITAOF'))
_STATEFUL = frozenset((
    'MULTI', 'EXEC', 'DISCARD', 'WATCH', 'UNWATCH', 'SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'UNSUBSCRIBE',
    'PUNSUBSCRIBE', 'SUNSUBSCRIBE', 'MONITOR', 'SELECT', 'AUTH', 'HELLO', 'RESET', 'QUIT'))
_INSTEAD = {
    'pipeline': 'gears need no pipeline: call one command after the other, inside `with atomic():` if nothing may come between',
    'transaction': 'call one command after the other inside `with atomic():`',
    'pubsub': 'a gear cannot wait for messages: `cmd.publish` works',
    'monitor': 'a gear cannot wait for messages',
    'lock': 'nothing else runs on the server inside `with atomic():`',
    'client': 'a gear has no connection of its own',
}
# Error texts of the module API that stand for an error of the command.
_UNCLEAR = {
    'No such file or directory': 'unknown command',
    'Invalid argument': 'wrong number of arguments, or a command that is not allowed in a gear',
    'Operation not permitted': 'a key that belongs to another shard, or a command the user may not run',
}


def _cmd_reply(value):
    # Converts a reply of `execute` to bytes, as redis-py returns them.
    kind = type(value)
    if kind is str:
        return value.encode('utf-8', 'surrogateescape')
    if kind is bytearray:
        return bytes(value)
    if kind is list:
        return [_cmd_reply(item) for item in value]
    return value


def _cmd_refuse(name, args):
    if name in _BLOCKING:
        raise NotImplementedError(
            '%s waits, and a gear must not block the server: use the form that does not (for BLPOP that is LPOP)' % name)
    if name in _STATEFUL:
        raise NotImplementedError('%s changes a connection, and a gear has none' % name)
    if name in ('XREAD', 'XREADGROUP'):
        for word in args:
            if isinstance(word, (str, bytes)) and word.upper() in ('BLOCK', b'BLOCK'):
                raise NotImplementedError('%s must not wait inside a gear: leave `block` out' % name)


class _CmdConnection(object):
    # Replaces the connection that redis-py reads the reply of a command from.
    def __init__(self, reply=None, error=None):
        self._reply = reply
        self._error = error

    def read_response(self, *args, **kwargs):
        if self._error is not None:
            raise self._error
        return self._reply


def _cmd_error(name, text):
    from redis import exceptions
    text = text.strip()
    if text in _UNCLEAR:
        return exceptions.ResponseError('%s: %s' % (name, _UNCLEAR[text]))
    code, _, rest = text.partition(' ')
    kind = {
        'NOSCRIPT': 'NoScriptError', 'READONLY': 'ReadOnlyError', 'NOPERM': 'NoPermissionError',
        'OOM': 'OutOfMemoryError', 'LOADING': 'BusyLoadingError', 'EXECABORT': 'ExecAbortError',
    }.get(code, 'ResponseError')
    # redis-py leaves the code out of the text if the code has a class, or if it is ERR.
    if code == 'ERR' or kind != 'ResponseError':
        text = rest
    return getattr(exceptions, kind, exceptions.ResponseError)(text)


def _cmd_refused(method):
    def refuse(self, *args, **kwargs):
        raise NotImplementedError('`cmd.%s` is not for gears: %s' % (method, _INSTEAD[method]))
    return refuse


def _cmd_client():
    try:
        import redis
    except ImportError:
        raise ImportError('`cmd` needs the package `redis`, which this server has not installed: name it in the requirements')

    class Client(redis.Redis):
        def execute_command(self, *args, **options):
            name = args[0]
            words = name.split() if isinstance(name, str) else [bytes(name).decode('ascii')]
            verb = words[0].upper()
            _cmd_refuse(verb, args[1:])
            encode = self._words.encode
            try:
                connection = _CmdConnection(_cmd_reply(execute(
                    words[0], *(words[1:] + [bytes(encode(arg)) for arg in args[1:]]))))
            except Exception as error:
                if type(error).__name__ not in ('error', 'GearsError'):
                    raise
                connection = _CmdConnection(error=_cmd_error(verb, str(error)))
            return self.parse_response(connection, name, **options)

        def close(self):
            pass

        def __del__(self):
            pass

    for method in _INSTEAD:
        setattr(Client, method, _cmd_refused(method))
    try:
        client = Client(protocol=2)
    except TypeError:
        client = Client()
    client._words = client.connection_pool.get_encoder()
    return client


class _Cmd(object):
    """Every command of redis-py, run by the server of this gear: `cmd.set('key', 'value')`."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        client = self.__dict__.get('_client')
        if client is None:
            client = self.__dict__['_client'] = _cmd_client()
        value = getattr(client, name, None)
        if value is None:
            # `except cmd.ResponseError` needs no import.
            from redis import exceptions
            value = getattr(exceptions, name, None)
        if value is None:
            value = getattr(client, name)
        self.__dict__[name] = value
        return value

    def __getitem__(self, name):
        self.get
        return self._client[name]

    def __setitem__(self, name, value):
        self.set(name, value)

    def __delitem__(self, name):
        self.delete(name)

    def __contains__(self, name):
        return bool(self.exists(name))

    def __reduce__(self):
        # The client cannot be pickled. A copy creates a new one.
        return (_Cmd, ())

    def __repr__(self):
        return 'cmd'


cmd = _Cmd()
try:
    # The first call would take the time of the import.
    cmd.get
except ImportError:
    # The package may come later. The first call says what is missing.
    pass
