# Python that arrives as text: compiled where it stands in its file, so that a traceback names the line there.
import ast as _ast
import linecache as _linecache


def _whole(source):
    # The statements of a file or block, which may be indented as a whole.
    body = source.lstrip()
    blank = source[:len(source) - len(body)]
    if '\n' not in blank:
        return body
    # The line in front is blank: what follows belongs to a block that begins there.
    return 'if 1:' + source if blank.rpartition('\n')[2] else source


def _code(source, file, line):
    # Newlines in front, so that a traceback names the line of the Rust file.
    _remember_lines(file, line, source)
    return compile('\n' * (line - 1) + source, file, 'exec')


def _remember_lines(file, line, source):
    # The server has no such file: `traceback` and `logging` find its lines here.
    known = _linecache.cache.get(file)
    lines = list(known[2]) if known and len(known) == 4 and known[1] is None else []
    new = source.splitlines(True)
    lines.extend(['\n'] * (line - 1 + len(new) - len(lines)))
    lines[line - 1:line - 1 + len(new)] = new
    _linecache.cache[file] = (sum(map(len, lines)), None, lines, file)


def _define(source, captures, file, line):
    # A function with statements, which no lambda can hold: the last one that the text defines.
    source = _whole(source)
    body = _ast.parse(source).body
    if len(body) == 1 and isinstance(body[0], _ast.If):
        body = body[0].body
    name = [item.name for item in body if isinstance(item, (_ast.FunctionDef, _ast.AsyncFunctionDef))][-1]
    namespace = dict(globals())
    namespace.update(captures)
    exec(_code(source, file, line), namespace)
    return namespace[name]
