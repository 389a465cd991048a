# Functions with statements, which no lambda can hold: the last one that a text defines.
import ast as _ast


def _define(source, captures, file, line):
    if source[:1].isspace() and source.lstrip(' \t')[:1] == '\n':
        # Indented as a whole; the line in front is blank.
        body = source.lstrip('\n \t')
        indent = source[:len(source) - len(body)].rpartition('\n')[2]
        text = 'if 1:' + source if indent else source
    else:
        text = source.lstrip()
    code = compile('\n' * (line - 1) + text, file, 'exec')
    body = _ast.parse(text).body
    if len(body) == 1 and isinstance(body[0], _ast.If):
        body = body[0].body
    name = [item.name for item in body if isinstance(item, (_ast.FunctionDef, _ast.AsyncFunctionDef))][-1]
    namespace = dict(globals())
    namespace.update(captures)
    exec(code, namespace)
    return namespace[name]
