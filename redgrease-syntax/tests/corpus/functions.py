"""Collects functions for the corpus test, with what pyflakes finds undefined in each.

    python functions.py DIRECTORY COUNT FILE

Needs pyflakes. Writes records of five fields: name, parameters, undefined names, whether Python compiles it, body.
"""

import ast
import os
import random
import sys

from pyflakes import checker, messages


def functions(directory):
    paths = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(directory)
        for name in names
        if name.endswith(".py")
    ]
    random.Random(7).shuffle(paths)
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            tree = ast.parse(text)
        except (OSError, SyntaxError, ValueError):
            continue
        lines = text.splitlines(True)
        found = [x for x in ast.walk(tree) if isinstance(x, (ast.FunctionDef, ast.AsyncFunctionDef))]
        random.Random(7).shuffle(found)
        for function in found[:6]:
            first = function.body[0]
            start = min([first.lineno] + [d.lineno for d in getattr(first, "decorator_list", [])])
            if start > function.lineno:
                yield function, "".join(lines[start - 1 : function.end_lineno])


def parameters(function):
    given = function.args
    names = [a.arg for a in given.posonlyargs + given.args + given.kwonlyargs]
    return names + [a.arg for a in (given.vararg, given.kwarg) if a]


def main(directory, count, output):
    written = 0
    with open(output, "w", encoding="utf-8", newline="") as file:
        for function, body in functions(directory):
            names = parameters(function)
            keyword = "async def" if isinstance(function, ast.AsyncFunctionDef) else "def"
            whole = "%s %s(%s):\n%s" % (keyword, function.name, ", ".join(names), body)
            try:
                tree = ast.parse(whole)
            except SyntaxError:
                continue
            found = checker.Checker(tree, filename="x").messages
            undefined = sorted({m.message_args[0] for m in found if isinstance(m, messages.UndefinedName)})
            try:
                compile(whole, "x", "exec")
                compiles = "yes"
            except (SyntaxError, ValueError):
                compiles = "no"
            fields = [function.name, ",".join(names), ",".join(undefined), compiles, "\n" + body]
            if any("\0" in field or "\1" in field for field in fields):
                continue
            file.write("\0".join(fields) + "\1")
            written += 1
            if written == int(count):
                break
    print(written, "functions")


main(*sys.argv[1:])
