# Replaces a server: runs the script that registers gears, and calls the registered functions. One JSON request per
# line: {"script": text, "waits_for_coroutines": bool}, {"trigger": name, "args": [base64]}, {"happened": key, "records":
# [record]} or {"tick": true}; {"pickled": true} calls a copy that went through cloudpickle.
import asyncio
import base64
import json
import sys
import types


class Failure(Exception):
    pass


# The commands of the engine.
commands = types.ModuleType('redgrease_commands')
commands.cmd = 'cmd'
commands.__path__ = []
sys.modules['redgrease_commands'] = commands
nil = object()
sys.modules['redgrease_commands.nil'] = types.ModuleType('redgrease_commands.nil')
sys.modules['redgrease_commands.nil'].nil = nil

registered = {}
timers = []
executed = []


class GB(object):
    def __init__(self, reader='KeysReader', defaultArg='*', desc=None):
        assert reader in ('CommandReader', 'KeysReader', 'StreamReader')
        self.steps = []

    def map(self, function):
        assert type(function) is type(lambda: 0), 'callbacks must be Python functions'
        self.steps.append(('map', function))
        return self

    def accumulate(self, function):
        self.steps.append(('accumulate', function))
        return self

    def register(self, convertToStr, onRegistered=None, **options):
        assert convertToStr is False
        key = options.get('trigger') or options.get('hook') or options.get('prefix')
        registered[key] = (self.steps, onRegistered, options)


def flat_error(text):
    raise Failure(text)


def execute(*words):
    executed.append([str(word) for word in words])


def register_timer(seconds, function):
    timers.append((seconds, function))


def record_item(data):
    try:
        return data.decode('utf-8')
    except UnicodeDecodeError:
        return bytearray(data)


def stored(value):
    # JSON has no bytes, so they are encoded as {"bytes": base64}.
    if isinstance(value, dict):
        if set(value) == {'bytes'}:
            return bytearray(base64.b64decode(value['bytes']))
        return {key: stored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [stored(item) for item in value]
    return value


def reply(value):
    if isinstance(value, list):
        return {'list': [reply(item) for item in value]}
    if value is nil:
        return {}
    if type(value) is str and value[:1] in ('+', '-') and len(value) > 1:
        return {'line': value}
    if type(value) is int and -2 ** 63 <= value < 2 ** 63:
        return {'int': value}
    assert type(value) is bytes, 'no server answers with %r' % (value,)
    return {'bytes': base64.b64encode(value).decode('ascii')}


def copied(function, request):
    if not request.get('pickled'):
        return function
    import cloudpickle
    import pickle
    return pickle.loads(cloudpickle.dumps(function))


def awaited(value):
    if not asyncio.iscoroutine(value):
        return value
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(value)
    finally:
        loop.close()


def run(key, records, request):
    steps, begin, _ = registered[key]
    if begin is not None and request.get('pickled'):
        copied(begin, request)()
    for kind, function in steps:
        function = copied(function, request)
        if kind == 'map':
            records = [awaited(function(record)) for record in records]
        else:
            accumulated = None
            for record in records:
                accumulated = function(accumulated, record)
            records = [accumulated]
    return records


def script(request):
    names = {
        '__name__': 'not_main', 'GB': GB, 'GearsBuilder': GB, 'flat_error': flat_error, 'log': print,
        'execute': execute, 'registerTE': register_timer}
    for name in ('atomic', 'hashtag', 'configGet', 'gearsConfigGet', 'gearsFuture'):
        names[name] = lambda *args: None
    if request['waits_for_coroutines']:
        names['runCoroutine'] = lambda coroutine: None
    before = dict(registered)
    exec(compile(request['script'], '<string>', 'exec'), names)
    for key, registration in registered.items():
        if registration[1] is not None and before.get(key) is not registration:
            registration[1]()
    return {'list': []}


def answer(request):
    try:
        if 'script' in request:
            return script(request)
        if 'happened' in request:
            records = [stored(record) for record in request['records']]
            return {'list': [reply(value) for value in run(request['happened'], records, request)]}
        if 'tick' in request:
            for _, function in timers:
                function()
            return {'list': []}
        if 'executed' in request:
            return {'list': [{'bytes': base64.b64encode(' '.join(words).encode()).decode('ascii')} for words in executed]}
        if 'without_nil' in request:
            del sys.modules['redgrease_commands.nil']
            return {'list': []}
        if 'options' in request:
            return {'bytes': base64.b64encode(repr(sorted(registered[request['options']][2].items())).encode()).decode('ascii')}
        record = [request['trigger']] + [record_item(base64.b64decode(arg)) for arg in request['args']]
        return reply(run(request['trigger'], [record], request)[0])
    except Failure as failure:
        return {'error': str(failure)}


for line in sys.stdin:
    sys.stdout.write(json.dumps(answer(json.loads(line))) + '\n')
    sys.stdout.flush()
