# Gears: compiles the Python of a gear with its lines in the Rust source, wraps it in a stub that converts arguments and
# result, and registers the stub.
import asyncio as _asyncio
import builtins as _builtins
import inspect as _inspect
import sys as _sys

_STUB_FILE = '<redgrease>'


class _Reading(object):
    # How a stub reads the arguments of its function from a record.
    # `params`: the names of the arguments       `lines`: statements that the stub runs first
    # `values`: one expression per argument      `space`: the names that statements and expressions use
    # `explain`: record -> text about the argument that is wrong
    def __init__(self, params, lines, values, space, explain):
        self.params = params
        self.lines = lines
        self.values = values
        self.space = space
        self.explain = explain


def _gear(name, label, read, result, register, source, module, file, line, coroutine, description, python, needs_shim,
          doc, path, counted=False, space=None, on_registered=None):
    # module: whether the source is a whole module, not the body of the function. space: the namespace of shared names.
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
        if result.catches:
            function = _catching(function, is_coroutine)
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
        # A gear may have the name of a runtime function or a builtin. In its body, the name means the latter.
        if name in runtime:
            namespace[name] = runtime[name]
        elif hasattr(_builtins, name):
            del namespace[name]
    return function


def _plain_function(function, coroutine, waits):
    # Converts any kind of function to one that returns a value, or to a coroutine function that does.
    inner = getattr(function, 'function', function)
    if _inspect.isasyncgenfunction(inner):
        function = _listing_async(function)
    elif _inspect.isgeneratorfunction(inner):
        function = _listing(function)
    if coroutine and (waits or 'runCoroutine' not in globals()):
        # The caller does not await coroutines, so the thread of the call waits.
        return _waiting(function), False
    return function, coroutine


def _waiting(function):
    def wait(*args):
        return _asyncio.run(function(*args))
    return wait


def _listing(function):
    # Runs the body of the generator here, and not later during the conversion of the result.
    def items(*args):
        return list(function(*args))
    return items


def _listing_async(function):
    async def items(*args):
        return [item async for item in function(*args)]
    return items


def _describe(function, name, path, doc):
    # Sets the attributes that `functools.wraps` sets.
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
            # The server may be out of memory, or a replica. Counting must not stop the call.
            pass
    return count


def _stub(name, function, read, result, coroutine, fail, needs_shim, counter):
    # Generates the stub with one line per step, and only with the steps that the gear needs.
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
