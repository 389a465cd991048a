"""Imports the package `redgrease` that is compiled into the engine.

An installed package `redgrease` takes precedence: the finder is the last one, and it finds
submodules only if the bundled package was imported.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys

# Modules of the published package that are for clients. They are not bundled.
_CLIENT_MODULES = frozenset(
    "cli client config formatting gearialization hysteresis loader requirements".split()
)


class _BundledFinder(importlib.abc.MetaPathFinder):
    """Finds the bundled modules."""

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
        if rest in _CLIENT_MODULES:
            raise ModuleNotFoundError(
                "%s is for clients, and the engine does not bundle it: add redgrease[all]"
                " to the requirements to import it on the server" % name,
                name=name,
            )
        return None


class _BundledLoader(importlib.abc.InspectLoader):
    """Loads a bundled module, and gives tracebacks its source lines."""

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
    """Whether a module was loaded from the engine."""
    spec = getattr(module, "__spec__", None)
    return isinstance(getattr(spec, "loader", None), _BundledLoader)


def _prefer_installed_redgrease():
    """Unloads the bundled `redgrease` if another one was installed since it was imported."""
    if not _is_bundled(sys.modules.get("redgrease")):
        return
    if importlib.machinery.PathFinder.find_spec("redgrease") is None:
        # The package `redis`, which `cmd` uses, may be installed or replaced: look it up again.
        serverside = sys.modules.get("redgrease.serverside")
        if serverside is not None:
            serverside.cmd.__dict__.clear()
        return
    for name in list(sys.modules):
        if name.partition(".")[0] == "redgrease":
            del sys.modules[name]


# The globals of the runtime. They are complete when the runtime has been loaded.
_engine = globals()
sys.meta_path.append(_BundledFinder())
