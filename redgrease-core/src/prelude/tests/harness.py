# Stands where a server stands: runs the script that registers gears, and calls what it registered. One JSON request per
# line: {"script": text, "waits_for_coroutines": bool} or {"trigger": name, "args": [base64]}; {"pickled": true} calls a copy that went through cloudpickle.
import asyncio
import base64
import json
import sys


class Failure(Exception):
    pass


registered = {}


class GB(object):
    def __init__(self, reader='KeysReader', defaultArg='*', desc=None):
        assert reader == 'CommandReader'

    def map(self, function):
        assert type(function) is type(lambda: 0), 'callbacks must be Python functions'
        self.function = function
        return self

    def register(self, trigger, mode, convertToStr):
        assert convertToStr is False
        registered[trigger] = self.function


def flat_error(text):
    raise Failure(text)


def record_item(data):
    try:
        return data.decode('utf-8')
    except UnicodeDecodeError:
        return bytearray(data)


def reply(value):
    if isinstance(value, list):
        return {'list': [reply(item) for item in value]}
    if type(value) is int and -2 ** 63 <= value < 2 ** 63:
        return {'int': value}
    assert type(value) is bytes, 'no server answers with %r' % (value,)
    return {'bytes': base64.b64encode(value).decode('ascii')}


def call(request):
    function = registered[request['trigger']]
    if request.get('pickled'):
        import cloudpickle
        import pickle
        function = pickle.loads(cloudpickle.dumps(function))
    record = [request['trigger']] + [record_item(base64.b64decode(arg)) for arg in request['args']]
    value = function(record)
    if asyncio.iscoroutine(value):
        loop = asyncio.new_event_loop()
        try:
            value = loop.run_until_complete(value)
        finally:
            loop.close()
    return reply(value)


def answer(request):
    try:
        if 'script' in request:
            names = {'__name__': 'not_main', 'GB': GB, 'GearsBuilder': GB, 'flat_error': flat_error, 'log': print}
            for name in ('execute', 'atomic', 'hashtag', 'configGet', 'gearsConfigGet'):
                names[name] = lambda *args: None
            if request['waits_for_coroutines']:
                names['runCoroutine'] = lambda coroutine: None
            exec(compile(request['script'], '<string>', 'exec'), names)
            return {'list': []}
        return call(request)
    except Failure as failure:
        return {'error': str(failure)}


for line in sys.stdin:
    sys.stdout.write(json.dumps(answer(json.loads(line))) + '\n')
    sys.stdout.flush()
