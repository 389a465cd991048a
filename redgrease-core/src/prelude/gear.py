# Gears: compiles the Python of each where it stands in the Rust source, wraps it in a stub that converts arguments and
# result, and registers the stub.
import asyncio as _asyncio
import builtins as _builtins
import linecache as _linecache
import sys as _sys

_STUB_FILE = '<redgrease>'


def _gear(name, trigger, mode, args, result, source, module, file, line, coroutine, description, python, needs_shim):
    # args: pairs of name and codec. module: the source is a whole module, not the body of the function.
    params = [param for param, _ in args]
    if not module:
        source = '%sdef %s(%s):%s' % ('async ' if coroutine else '', name, ', '.join(params), source)
    fail = _failure(trigger, name, file, line, source, [(param, codec.parse) for param, codec in args])
    try:
        if _sys.version_info[:2] < tuple(python):
            raise RuntimeError(
                'this server runs Python %d.%d, and the source was checked for %d.%d or later'
                % (_sys.version_info[0], _sys.version_info[1], python[0], python[1]))
        if needs_shim:
            _shim()
        function = _compiled(name, source, file, line, keep=not module)
        if coroutine and 'runCoroutine' not in globals():
            # A server that does not wait for coroutines itself: one of its threads does.
            function, coroutine = _waiting(function), False
        stub = _stub(name, function, args, result, coroutine, fail, needs_shim)
    except Exception as error:
        fail(error, None)
    builder = GB('CommandReader') if description is None else GB('CommandReader', desc=description)
    builder.map(stub).register(trigger=trigger, mode=mode, convertToStr=False)


def _compiled(name, source, file, line, keep):
    # Newlines in front, so that a traceback names the line of the Rust file.
    code = compile('\n' * (line - 1) + source, file, 'exec')
    _remember_lines(file, line, source)
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


def _waiting(function):
    def wait(*args):
        return _asyncio.run(function(*args))
    return wait


def _remember_lines(file, line, source):
    # The server has no such file: `traceback` and `logging` find its lines here.
    known = _linecache.cache.get(file)
    lines = list(known[2]) if known and len(known) == 4 and known[1] is None else []
    new = source.splitlines(True)
    lines.extend(['\n'] * (line - 1 + len(new) - len(lines)))
    lines[line - 1:line - 1 + len(new)] = new
    _linecache.cache[file] = (sum(map(len, lines)), None, lines, file)


def _stub(name, function, args, result, coroutine, fail, needs_shim):
    # One line per thing that has to be done in a call, and nothing else. The first item of a record is the trigger.
    required = len(args)
    while required and args[required - 1][1].optional:
        required -= 1
    space = {
        '__name__': globals().get('__name__', 'redgrease'),
        'function': function, 'fail': fail, 'dump': result.dump, 'count': _wrong_count([a for a, _ in args], required),
    }
    values = []
    for i, (_, codec) in enumerate(args):
        space['parse%d' % i] = codec.parse
        values.append('(' + codec.parse_inline.format(x='record[%d]' % (i + 1), f='parse%d' % i) + ')')
    lines = ['%sdef stub(record):' % ('async ' if coroutine else ''), '    try:']
    if required < len(args):
        lines += [
            '        if not %d <= len(record) <= %d: count(record)' % (required + 1, len(args) + 1),
            "        record = record + [''] * (%d - len(record))" % (len(args) + 1),
        ]
    else:
        lines.append('        if len(record) != %d: count(record)' % (len(args) + 1))
    if needs_shim:
        space['sys'], space['shim'] = _sys, _shim
        lines.append("        if 'redgrease' not in sys.modules: shim()")
    lines += [
        '        value = %sfunction(%s)' % ('await ' if coroutine else '', ', '.join(values)),
        '        return ' + result.dump_inline.format(x='value', f='dump'),
        '    except (Exception, SystemExit) as error:',
        '        fail(error, record)',
    ]
    exec(compile('\n'.join(lines) + '\n', _STUB_FILE, 'exec'), space)
    stub = space.pop('stub')
    stub.__name__ = stub.__qualname__ = name
    return stub


def _wrong_count(params, required):
    def count(record):
        wanted = str(len(params)) if required == len(params) else '%d to %d' % (required, len(params))
        names = ' (%s)' % ', '.join(params) if params else ''
        raise TypeError('takes %s argument%s%s, got %d' % (
            wanted, '' if wanted == '1' else 's', names, len(record) - 1))
    return count
