"""The packages that gears see: the standard library and what was installed for gears."""

import importlib
import os
import site
import sys
import time

_refreshed = time.time()


def _forget_other_packages():
    """Takes the packages of the system away: a gear must get the versions it asked for."""
    sys.path[:] = [
        path for path in sys.path if os.path.basename(path) not in ("site-packages", "dist-packages")
    ]


def _use_packages(directory):
    """Makes what is installed in `directory` importable, in the versions that are there now.

    Gives the names of packages that were replaced on disk and cannot be loaded again, because
    extension modules load once per process.
    """
    global _refreshed
    began = time.time()
    if directory not in sys.path:
        site.addsitedir(directory)
    importlib.invalidate_caches()
    _prefer_cloudpickle()
    loaded = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and file.startswith(directory + os.sep):
            loaded.setdefault(name.partition(".")[0], []).append((name, file))
    stuck = []
    for package, modules in loaded.items():
        if not any(_is_newer(file) for _, file in modules):
            continue
        if all(file.endswith(".py") for _, file in modules):
            for name, _ in modules:
                sys.modules.pop(name, None)
            # Namespace packages and the like have no file of their own.
            sys.modules.pop(package, None)
        else:
            stuck.append(package)
    _refreshed = began
    _give_way()
    return stuck


def _prefer_cloudpickle():
    """Scripts that find an installed cloudpickle get what it can do in place of our own."""
    try:
        import cloudpickle
    except Exception:
        # Not there, or not for this Python: ours does.
        return
    for name in ("dump", "dumps", "load", "loads", "CloudPickler"):
        globals()[name] = getattr(cloudpickle, name)


def _is_newer(file):
    """Whether a file was changed or removed since packages were looked at last."""
    try:
        # A wheel keeps the times of its files: only the directory entry tells when it came.
        return os.stat(file).st_ctime >= _refreshed
    except OSError:
        return True


_forget_other_packages()
