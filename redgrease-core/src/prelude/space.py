# Namespaces that several gears share: functions, imports and state. They belong to the Python process, not to a script,
# so that copies of gears (on other shards, after a restart) share them as well.
import os as _os
import types as _types

_token = _os.urandom(16).hex()


def _home():
    home = _sys.modules.get('_redgrease_home')
    if home is None:
        home = _types.ModuleType('_redgrease_home')
        # By session: the namespaces and the timers of each script, and the token of the current script.
        home.spaces, home.timers, home.tokens = {}, {}, {}
        home = _sys.modules.setdefault('_redgrease_home', home)
    return home


class _Space(object):
    # session, token and name identify the namespace. setup: source, file and line of the code that runs in it first.
    # names: the names of the runtime that its code needs.
    def __init__(self, session, name, setup, names):
        self.parts = (session, _token, name, setup, {n: globals()[n] for n in names if n in globals()})

    def open(self):
        return _open(self.parts)


def _open(parts, runtime=None):
    session, token, name, setup, needed = parts
    spaces = _home().spaces.setdefault(session, {})
    space = spaces.get((token, name))
    if space is None:
        space = dict(needed if runtime is None else runtime)
        space.update(needed)
        space['__name__'] = name
        if setup is not None:
            source, file, line = setup
            space['__file__'] = file
            exec(_code(_whole(source), file, line), space)
        space = spaces.setdefault((token, name), space)
    return space


class _Shared(object):
    # A function in a shared namespace. Unpickling compiles it again, in the shared namespace of that process.
    def __init__(self, parts, name, source, file, line, runtime=None):
        self.origin = (parts, name, source, file, line)
        space = _open(parts, runtime)
        before = space.get(name)
        exec(_code(source, file, line), space)
        self.function = space[name]
        # The first definition keeps the name.
        if before is not None:
            space[name] = before
        elif hasattr(_builtins, name):
            del space[name]

    def __call__(self, *args):
        return self.function(*args)

    def __reduce__(self):
        return (_Shared, self.origin)


def _shared(space, name, source, file, line):
    return _Shared(space.parts, name, source, file, line, globals())


def _begin(space, on_registered):
    source, file, line = on_registered
    function = _shared(space, 'on_registered', 'def on_registered():' + source, file, line)

    def begin():
        function()
    return begin


def _registered(session):
    # Called by the last line of a script. Drops the namespaces and timers of earlier scripts of the session.
    home = _home()
    home.tokens[session] = _token
    spaces = home.spaces.get(session, {})
    for key in [key for key in spaces if key[0] != _token]:
        del spaces[key]
    timers = home.timers.get(session, set())
    timers.difference_update([timer for timer in timers if timer[0] != _token])
