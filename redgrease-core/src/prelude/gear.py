# Gears: compiles the Python of each where it stands in the Rust source, wraps it in a stub that converts arguments and
# result, and registers the stub.
import asyncio as _asyncio
import builtins as _builtins
import inspect as _inspect
import sys as _sys

_STUB_FILE = '<redgrease>'


class _Reading(object):
    # How a stub gets the arguments of its function out of a record.
    # `params`: their names            `lines`: statements in front, each with its place for more indentation
    # `values`: expressions, one each  `space`: what both name      `explain`: record -> which argument is wrong
    def __init__(self, params, lines, values, space, explain):
        self.params = params
        self.lines = lines
        self.values = values
        self.space = space
        self.explain = explain


def _gear(name, label, read, result, register, source, module, file, line, coroutine, description, python, needs_shim,
          doc, path, counted=False, space=None, on_registered=None):
    # module: the source is a whole module, not the body of the function. space: where shared names live.
    if not module:
        source = '%sdef %s(%s):%s' % ('async ' if coroutine else '', name, ', '.join(read.params), source)
    fail = _failure(label, name, file, line, source, read.explain)
    begin = None
    try:
        if _sys.version_info[:2] < tuple(python):
            raise RuntimeError(
                'this server runs Python %d.%d, and the source was checked for %d.%d or later'
                % (_sys.version_info[0], _sys.version_info[1], python[0], python[1]))
        if needs_shim:
            _shim()
        if space is None:
            function = _compiled(name, _code(source, file, line), file, keep=not module)
        else:
            function = _shared(space, name, source, file, line)
            if on_registered is not None:
                begin = _begin(space, on_registered)
        function, is_coroutine = _plain_function(function, coroutine, register.waits)
        _describe(function, name, path, doc)
        stub = _stub(name, function, read, result, is_coroutine, fail, needs_shim, _counter(path) if counted else None)
        _describe(stub, name, path, doc)
    except Exception as error:
        fail(error, None)
    register(stub, {} if description is None else {'desc': description}, {} if begin is None else {'onRegistered': begin})


def _compiled(name, code, file, keep):
    runtime = globals()
    namespace = dict(runtime)
    namespace['__file__'] = file
    exec(code, namespace)
    function = namespace[name]
    if keep:
        # A gear that is called like something of the runtime or of Python means that thing when it uses the name.
        if name in runtime:
            namespace[name] = runtime[name]
        elif hasattr(_builtins, name):
            del namespace[name]
    return function


def _plain_function(function, coroutine, waits):
    # Whatever kind of function it is: one that returns a value, or a coroutine function that does.
    inner = getattr(function, 'function', function)
    if _inspect.isasyncgenfunction(inner):
        function = _listing_async(function)
    elif _inspect.isgeneratorfunction(inner):
        function = _listing(function)
    if coroutine and (waits or 'runCoroutine' not in globals()):
        # What calls it does not wait for coroutines itself: the thread it is called on does.
        return _waiting(function), False
    return function, coroutine


def _waiting(function):
    def wait(*args):
        return _asyncio.run(function(*args))
    return wait


def _listing(function):
    # The body of a generator runs here, not where its result is converted.
    def items(*args):
        return list(function(*args))
    return items


def _listing_async(function):
    async def items(*args):
        return [item async for item in function(*args)]
    return items


def _describe(function, name, path, doc):
    # What `functools.wraps` keeps of a function.
    try:
        function.__name__ = name
        function.__qualname__ = path or name
        function.__doc__ = doc or getattr(function, '__doc__', None)
    except AttributeError:
        pass


def _counter(path):
    def count():
        try:
            execute('HINCRBY', 'redgrease:calls', path, 1)
        except Exception:
            # A server that is out of memory, or a replica: counting must not stop the call.
            pass
    return count


def _stub(name, function, read, result, coroutine, fail, needs_shim, counter):
    # One line per thing that has to be done in a call, and nothing else.
    space = {
        '__name__': globals().get('__name__', 'redgrease'), 'function': function, 'fail': fail, 'dump': result.dump}
    space.update(read.space)
    lines = ['%sdef stub(record):' % ('async ' if coroutine else ''), '    try:']
    if counter is not None:
        space['count_call'] = counter
        lines.append('        count_call()')
    lines += ['        ' + text for text in read.lines]
    if needs_shim:
        space['sys'], space['shim'] = _sys, _shim
        lines.append("        if 'redgrease' not in sys.modules: shim()")
    lines += [
        '        value = %sfunction(%s)' % ('await ' if coroutine else '', ', '.join(read.values)),
        '        return ' + result.dump_inline.format(x='value', f='dump'),
        '    except (Exception, SystemExit) as error:',
        '        fail(error, record)',
    ]
    exec(compile('\n'.join(lines) + '\n', _STUB_FILE, 'exec'), space)
    return space.pop('stub')
