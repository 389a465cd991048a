"""`import redgrease` without installing anything.

An installed package of that name wins as a whole: the finder comes last, and has modules for a
package of its own only.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys

# What of the published package is for clients, and is not here.
_FOR_CLIENTS = frozenset(
    "cli client config formatting gearialization hysteresis loader requirements".split()
)


class _BundledFinder(importlib.abc.MetaPathFinder):
    """Finds what is compiled into the engine."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        package, _, rest = name.partition(".")
        if package != "redgrease":
            return None
        if rest and not _is_bundled(sys.modules.get(package)):
            return None
        if name in _bundled_sources:
            file, _ = _bundled_sources[name]
            loader = _BundledLoader()
            is_package = file.endswith("__init__.py")
            return importlib.util.spec_from_loader(
                name, loader, origin=file, is_package=is_package
            )
        if rest in _FOR_CLIENTS:
            raise ModuleNotFoundError(
                "%s is for clients, and not part of what the engine bundles: to have it on the"
                " server, name redgrease[all] in the requirements" % name,
                name=name,
            )
        return None


class _BundledLoader(importlib.abc.InspectLoader):
    """Loads it, and gives tracebacks its lines."""

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__spec__.name
        if name == "redgrease.host":
            module._engine = _engine
        exec(self.get_code(name), module.__dict__)

    def get_code(self, name):
        file, source = _bundled_sources[name]
        return compile(source, file, "exec", dont_inherit=True)

    def get_source(self, name):
        return _bundled_sources[name][1]

    def is_package(self, name):
        return _bundled_sources[name][0].endswith("__init__.py")


def _is_bundled(module):
    spec = getattr(module, "__spec__", None)
    return isinstance(getattr(spec, "loader", None), _BundledLoader)


def _give_way():
    """To be called when packages were installed: the next import may find another one."""
    if not _is_bundled(sys.modules.get("redgrease")):
        return
    if importlib.machinery.PathFinder.find_spec("redgrease") is None:
        # What runs the commands may be another package now.
        serverside = sys.modules.get("redgrease.serverside")
        if serverside is not None:
            serverside.cmd.__dict__.clear()
        return
    for name in list(sys.modules):
        if name.partition(".")[0] == "redgrease":
            del sys.modules[name]


# The runtime's names, as they are when all of it has run.
_engine = globals()
sys.meta_path.append(_BundledFinder())
