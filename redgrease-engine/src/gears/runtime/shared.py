"""What the import system looks up for all gears: it is put back when a script has removed or replaced it.

Modules of the standard library and of the engine in `sys.modules`, the entries of `sys.path`, and the finders that the server
has. What scripts add stays.
"""

import os
import sys

# Python 3.9 does not know the names. There the files decide, and nothing is removed.
_STANDARD = getattr(sys, "stdlib_module_names", frozenset())
_STANDARD_DIRECTORY = os.path.dirname(os.__file__) + os.sep
# Modules that are never replaced, by name.
_kept_modules = {name: sys.modules[name] for name in ("redisgears", "rg", "redisAI", "redgrease_engine")}
# The size of `sys.modules` when the modules in it were looked at.
_looked_at = 0
_kept_finders = (tuple(sys.meta_path), tuple(sys.path_hooks))
_kept_path = list(sys.path)


def _keep_path(directory):
    """Keeps a directory on `sys.path`, before the packages of the virtual environment."""
    if directory not in _kept_path:
        of_environment = [at for at, path in enumerate(_kept_path) if path in _of_environment]
        _kept_path.insert(of_environment[0] if of_environment else len(_kept_path), directory)


def _keep_module(name, module):
    _kept_modules[name] = module


def _forget_modules(package):
    """Lets another version of a package take the place of its modules."""
    for name in list(_kept_modules):
        if name.partition(".")[0] == package:
            _kept_modules.pop(name, None)


def _is_standard(module):
    """Whether the import system has loaded a module from the standard library."""
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None)
    # A module that is being imported leaves `sys.modules` again if that fails.
    if not isinstance(origin, str) or getattr(spec, "_initializing", False):
        return False
    if origin in ("built-in", "frozen"):
        return True
    return origin.startswith(_STANDARD_DIRECTORY) and "-packages" + os.sep not in origin


def _put_back():
    """Called before and after the body of each script."""
    global _looked_at
    modules = _std.sys.modules
    # Threads add modules meanwhile: copies are made at once.
    kept = _kept_modules.copy()
    # Compares without Python code: nothing has changed in most cases.
    if not kept.items() <= modules.items():
        modules.update(kept)
    if len(modules) != _looked_at:
        for name, module in modules.copy().items():
            _look_at(modules, name, module)
        _looked_at = len(modules)
    _put_back_entries("path", _kept_path)
    _put_back_entries("meta_path", _kept_finders[0])
    _put_back_entries("path_hooks", _kept_finders[1])


def _look_at(modules, name, module):
    package = name.partition(".")[0]
    if name in _kept_modules or package == "__main__" or (_STANDARD and package not in _STANDARD):
        return
    if _is_standard(module):
        _kept_modules[name] = module
    elif _STANDARD and package == name and getattr(module, "__spec__", None) is None:
        # It stands in the way of the real module, which nobody has loaded yet.
        modules.pop(name, None)


def _put_back_entries(name, kept):
    entries = getattr(sys, name, None)
    if not isinstance(entries, list):
        setattr(sys, name, list(kept))
    elif missing := [one for one in kept if one not in entries]:
        entries.extend(missing)


_put_back()
_Sys._guarded = frozenset(
    name for name, value in vars(sys).items() if callable(value) and "hook" not in name and name not in ("stdout", "stderr")
) | {"modules", "addaudithook"}
