"""Controls which packages gears can import: the standard library and those installed for gears."""

import importlib
import os
import site
import sys

# The time at which files of packages were last checked for changes.
_refreshed = _std.time.time()


def _hide_system_packages():
    """Removes the system's packages from the path, so that gears get the versions they require."""
    hidden = ("site-packages", "dist-packages")
    sys.path[:] = [path for path in sys.path if _std.os.path.basename(path) not in hidden]


def _use_packages(directory):
    """Makes the packages in `directory` importable, in the versions that are installed now.

    Returns the names of packages that were replaced on disk but stay loaded in the old version,
    because a process loads an extension module only once.
    """
    global _refreshed
    began = _std.time.time()
    if directory not in sys.path:
        _std.site.addsitedir(directory)
    _keep_path(directory)
    _std.importlib.invalidate_caches()
    _prefer_cloudpickle()
    loaded = {}
    for name, module in list(sys.modules.items()):
        if type(module) is _Switch:
            continue
        file = getattr(module, "__file__", None)
        if file and file.startswith(directory + _std.os.sep):
            loaded.setdefault(name.partition(".")[0], []).append((name, file))
    stuck = []
    for package, modules in loaded.items():
        if not any(_is_newer(file) for _, file in modules):
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
