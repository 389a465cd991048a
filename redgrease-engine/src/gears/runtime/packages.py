"""Controls which packages gears can import: the standard library and those installed for gears."""

import importlib
import os
import site
import sys

# The time at which files of packages were last checked for changes.
_refreshed = _std.time.time()
# The entries of `sys.path` that come from the virtual environment in which the engine runs, if it runs in one.
_of_environment = []


def _hide_system_packages():
    """Removes the system's packages from the path, so that gears get the versions they require.

    Those of a virtual environment stay: an operator has made it, and has chosen it for the server.
    """
    packages = ("site-packages", "dist-packages")
    names = [_std.os.path.basename(path) for path in sys.path]
    first = next((at for at, name in enumerate(names) if name in packages), len(names))
    if sys.prefix != sys.base_prefix:
        # Behind the packages of the environment stand the directories that its `.pth` files name.
        _of_environment[:] = sys.path[first:]
    else:
        sys.path[:] = [path for path, name in zip(sys.path, names) if name not in packages]


def _add_packages(directory):
    """Puts a directory of packages before those of the virtual environment, with what its `.pth` files name."""
    before = set(sys.path)
    _std.site.addsitedir(directory)
    added = [path for path in sys.path if path not in before]
    others = [path for path in sys.path if path in before]
    places = [at for at, path in enumerate(others) if path in _of_environment]
    first = places[0] if places else len(others)
    sys.path[:] = others[:first] + added + others[first:]


def _is_replaced(name, file, installed):
    """Whether a module comes from the virtual environment, and a requirement has installed its package meanwhile."""
    package = name.partition(".")[0]
    return package in installed and any(file.startswith(path + _std.os.sep) for path in _of_environment)


def _top_level_names(directory):
    """The names of the packages and modules in a directory."""
    try:
        return {entry.partition(".")[0] for entry in _std.os.listdir(directory)}
    except OSError:
        return set()


def _use_packages(directory):
    """Makes the packages in `directory` importable, in the versions that are installed now.

    Returns the names of packages that were replaced on disk but stay loaded in the old version,
    because a process loads an extension module only once.
    """
    global _refreshed
    began = _std.time.time()
    if directory not in sys.path:
        _add_packages(directory)
    _keep_path(directory)
    _std.importlib.invalidate_caches()
    _prefer_cloudpickle()
    loaded = {}
    replaced = set()
    installed = _top_level_names(directory) if _of_environment else ()
    for name, module in sys.modules.copy().items():
        if type(module) is _Switch:
            continue
        file = getattr(module, "__file__", None)
        package = name.partition(".")[0]
        if file and _is_replaced(name, file, installed):
            replaced.add(package)
        elif not file or not file.startswith(directory + _std.os.sep):
            continue
        loaded.setdefault(package, []).append((name, file))
    stuck = []
    for package, modules in loaded.items():
        if package not in replaced and not any(_is_newer(file) for _, file in modules):
            continue
        if all(file.endswith(".py") for _, file in modules):
            for name, _ in modules:
                sys.modules.pop(name, None)
            # A namespace package has no file, so it is not in `modules`.
            sys.modules.pop(package, None)
        else:
            stuck.append(package)
    _prefer_installed_redgrease()
    _refreshed = began
    return stuck


def _prefer_cloudpickle():
    """Replaces the runtime's pickling functions by those of cloudpickle, if it is installed."""
    try:
        import cloudpickle
    except Exception:
        # It is not installed, or does not support this version of Python.
        return
    for name in ("dump", "dumps", "load", "loads", "CloudPickler"):
        globals()[name] = getattr(cloudpickle, name)


def _is_newer(file):
    """Whether a file was changed or removed since packages were last checked."""
    try:
        # Installing a wheel keeps the modification times in it, but not the time of the inode.
        return _std.os.stat(file).st_ctime >= _refreshed
    except OSError:
        return True


_hide_system_packages()
