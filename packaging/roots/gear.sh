#!/bin/sh
# Registers gears with requirements on a server, and calls them: gear.sh CLI [OPTION OF CLI ..]
# Ends with 0 if all answers are right. Runs inside of the roots of try.sh.
set -eu

expect() { # NAME PATTERN ANSWER
    # shellcheck disable=SC2254 # a pattern
    case "$3" in
        $2) echo "  $1: $3" ;;
        *)
            echo "  $1 FAILED: $3" >&2
            exit 1
            ;;
    esac
}

# A package of Python only.
answer=$("$@" RG.PYEXECUTE "
def version(_):
    import six
    return six.__version__
GB('CommandReader').map(version).register(trigger='version')" REQUIREMENTS six)
expect "registration with six" OK "$answer"
expect "six in a gear" "1.*" "$("$@" RG.TRIGGER version)"

# A package with libraries, which must be allowed to be mapped as code.
answer=$("$@" RG.PYEXECUTE "
def total(_):
    import numpy
    return int(numpy.arange(10).sum())
GB('CommandReader').map(total).register(trigger='total')" REQUIREMENTS numpy)
expect "registration with numpy" OK "$answer"
expect "numpy in a gear" 45 "$("$@" RG.TRIGGER total)"

# Callbacks of C need memory that can be written and run, or the trampolines of a newer libffi.
answer=$("$@" RG.PYEXECUTE "
def doubled(_):
    import ctypes
    return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: 2 * n)(21)
GB('CommandReader').map(doubled).register(trigger='doubled', mode='sync')")
expect "registration with ctypes" OK "$answer"
expect "ctypes in a gear" 42 "$("$@" RG.TRIGGER doubled)"

# Events run on a worker thread.
answer=$("$@" RG.PYEXECUTE "
GB('KeysReader').foreach(lambda r: execute('LPUSH', 'seen', r['key'])).register('person:*')")
expect "registration of key events" OK "$answer"
"$@" SET person:1 x >/dev/null
expect "a key event" person:1 "$("$@" BLPOP seen 10 | tail -n 1)"
