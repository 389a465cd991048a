# Python that arrives as text. It is compiled with its place in the source file, so that a traceback names the line.
import ast as _ast
import linecache as _linecache


def _whole(source):
    # Makes a block of statements compile even if the whole block is indented.
    body = source.lstrip()
    blank = source[:len(source) - len(body)]
    if '\n' not in blank:
        return body
    # The first line is blank, so `if 1:` can stand there to open the indented block.
    return 'if 1:' + source if blank.rpartition('\n')[2] else source


def _code(source, file, line):
    # The newlines in front make a traceback name the line of the Rust file.
    _remember_lines(file, line, source)
    return compile('\n' * (line - 1) + source, file, 'exec')


def _remember_lines(file, line, source):
    # The server does not have the file. `traceback` and `logging` look up its lines in `linecache`.
    known = _linecache.cache.get(file)
    lines = list(known[2]) if known and len(known) == 4 and known[1] is None else []
    new = source.splitlines(True)
    lines.extend(['\n'] * (line - 1 + len(new) - len(lines)))
    lines[line - 1:line - 1 + len(new)] = new
    _linecache.cache[file] = (sum(map(len, lines)), None, lines, file)


def _define(source, captures, file, line):
    # Returns the last function that the text defines. Unlike a lambda, it can contain statements.
    source = _whole(source)
    body = _ast.parse(source).body
    if len(body) == 1 and isinstance(body[0], _ast.If):
        body = body[0].body
    name = [item.name for item in body if isinstance(item, (_ast.FunctionDef, _ast.AsyncFunctionDef))][-1]
    namespace = dict(globals())
    namespace.update(captures)
    exec(_code(source, file, line), namespace)
    return namespace[name]
