"""Imports the packages `redgrease` and `redgrease_commands` that are compiled into the engine.

A package `redgrease` that a requirement installed is for the sessions that required it. One that the
administrator put into the directory of packages is for all: it takes precedence, because the finder
is the last one then, and finds submodules only if the bundled package was imported.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys

# Modules of the published package that are for clients. They are not bundled.
_CLIENT_MODULES = frozenset(
    "cli client config formatting gearialization loader requirements".split()
)


class _BundledFinder(importlib.abc.MetaPathFinder):
    """Finds the bundled modules, or the switches that stand for them."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        package, _, rest = name.partition(".")
        if package == "redgrease_commands":
            return _BundledFinder.spec(name)
        if package != "redgrease":
            return None
        if _switching:
            return _switch_spec(name)
        if rest and not _is_bundled(sys.modules.get(package)):
            return None
        found = _BundledFinder.spec(name)
        if found is None:
            _BundledFinder.refuse_client_module(name)
        return found

    @staticmethod
    def spec(name):
        """The specification of a bundled module, or None."""
        if name not in _bundled_sources:
            return None
        file, _ = _bundled_sources[name]
        is_package = file.endswith("__init__.py")
        return _std.util.spec_from_loader(
            name, _BundledLoader(), origin=file, is_package=is_package
        )

    @staticmethod
    def refuse_client_module(name):
        """Raises an error that says what to do if a module is for clients."""
        if name.partition(".")[2] in _CLIENT_MODULES:
            raise ModuleNotFoundError(
                "%s is for clients, and the engine does not bundle it: add redgrease[all]"
                " to the requirements to import it on the server" % name,
                name=name,
            )


class _BundledLoader(importlib.abc.InspectLoader):
    """Loads a bundled module, and gives tracebacks its source lines."""

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__spec__.name
        if name in ("redgrease.host", "redgrease_commands.host"):
            module._engine = _engine
        _exec(self.get_code(name), module.__dict__)
        _guard_module(module)
        if sys.modules.get(name) is module:
            _keep_module(name, module)

    def get_code(self, name):
        file, source = _bundled_sources[name]
        return _compile(source, file, "exec", dont_inherit=True)

    def get_source(self, name):
        return _bundled_sources[name][1]

    def is_package(self, name):
        return _bundled_sources[name][0].endswith("__init__.py")


def _is_bundled(module):
    """Whether a module was loaded from the engine."""
    spec = getattr(module, "__spec__", None)
    return isinstance(getattr(spec, "loader", None), _BundledLoader)


def _prefer_installed_redgrease():
    """Lets scripts import the package `redgrease` that is installed, if they may."""
    _forget_client_of_redis()
    if _switching:
        _installed_tree.forget_if(_is_newer)
        return
    if _std.machinery.PathFinder.find_spec("redgrease") is None:
        return
    if _native.is_required("redgrease"):
        _begin_switching()
        # The installed package must not be found before the switches.
        if _finder in sys.meta_path:
            sys.meta_path.remove(_finder)
        sys.meta_path.insert(0, _finder)
        return
    if not _is_bundled(sys.modules.get("redgrease")):
        return
    _forget_modules("redgrease")
    for name in list(sys.modules):
        if name.partition(".")[0] == "redgrease":
            del sys.modules[name]


def _forget_client_of_redis():
    """Lets `cmd` look up the package `redis` again, which may be installed or replaced."""
    if _switching:
        serverside = _bundled_tree.if_loaded("redgrease.serverside")
    else:
        serverside = sys.modules.get("redgrease.serverside")
    if serverside is not None and _is_bundled(serverside):
        serverside.cmd.__dict__.clear()


# The globals of the runtime. They are complete when the runtime has been loaded.
_engine = globals()
_finder = _BundledFinder()
sys.meta_path.append(_finder)
