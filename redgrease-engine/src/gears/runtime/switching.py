"""Gives each session its own package `redgrease`: the bundled one, or the one that it required.

Once a requirement has installed the package, `sys.modules` holds a `_Switch` for each of its
modules. A switch passes every access on to a module of one of two trees: the bundled modules and
the installed ones. The code that asks decides which tree it is.
"""

import copyreg
import importlib
import importlib.machinery
import importlib.util
import sys
import threading
import types

# The global variable of modules and scripts that names the tree to which they belong.
_MARK = "_redgrease_tree"


class _Tree:
    """The modules of one package `redgrease`. They are loaded apart from `sys.modules`."""

    def __init__(self, find):
        self._find = find
        self._lock = _std.threading.RLock()
        self._loaded = {}
        self._complete = {}

    def spec(self, name):
        """The specification of a module, or None if the tree does not have it."""
        parent = name.rpartition(".")[0]
        above = self.spec(parent) if parent else None
        if parent and (above is None or above.submodule_search_locations is None):
            return None
        return self._find(name, above.submodule_search_locations if parent else None)

    def module(self, name):
        """A module of the tree, which is loaded now if it was not."""
        module = self._complete.get(name)
        return self._load(name) if module is None else module

    def _load(self, name):
        with self._lock:
            parent, _, child = name.rpartition(".")
            above = self._load(parent) if parent and name not in self._loaded else None
            if name in self._loaded:
                # This thread is about to load it, or loading the parent has loaded it.
                return self._loaded[name]
            spec = self.spec(name)
            if spec is None:
                raise _no_module(self, name)
            module = _std.util.module_from_spec(spec)
            self.adopt(name, module)
            del self._complete[name]
            try:
                spec.loader.exec_module(module)
            except SystemExit as raised:
                del self._loaded[name]
                raise ImportError("importing %s ends the program" % name, name=name) from raised
            except BaseException:
                del self._loaded[name]
                raise
            if above is not None:
                setattr(above, child, module)
            self._complete[name] = module
            return module

    def if_loaded(self, name):
        """A module of the tree if it is loaded, or None."""
        return self._complete.get(name)

    def adopt(self, name, module):
        """Takes a loaded module into the tree."""
        module.__dict__[_MARK] = self
        self._loaded[name] = self._complete[name] = module

    def forget_if(self, is_newer):
        """Forgets all modules if the file of one of them was replaced."""
        with self._lock:
            files = (getattr(module, "__file__", None) for module in self._loaded.copy().values())
            if any(file and is_newer(file) for file in files):
                self._loaded.clear()
                self._complete.clear()


def _find_bundled(name, _path):
    return _BundledFinder.spec(name)


def _find_installed(name, path):
    return _std.machinery.PathFinder.find_spec(name, path)


_bundled_tree = _Tree(_find_bundled)
_installed_tree = _Tree(_find_installed)
# Whether modules of the package in `sys.modules` are switches.
_switching = False


def _no_module(tree, name):
    """The error for a module that a tree does not have."""
    if tree is _bundled_tree:
        _BundledFinder.refuse_client_module(name)
    return ModuleNotFoundError("No module named %r" % name, name=name)


def _tree_here(frame):
    """The tree for the code that runs in a frame.

    Modules of a tree, and scripts that required the package, are marked. Other code gets what the
    session of its thread required. A thread without a session gets what the code has that it runs.
    """
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    if frame is not None and _MARK in frame.f_globals:
        return frame.f_globals[_MARK]
    required = _native.requires_here("redgrease")
    if required is None:
        while frame is not None:
            if _MARK in frame.f_globals:
                return frame.f_globals[_MARK]
            frame = frame.f_back
    return _installed_tree if required else _bundled_tree


class _Switch(_std.types.ModuleType):
    """A module of `redgrease` in `sys.modules`: that of the bundled or of the installed package."""

    def __getattribute__(self, name):
        own = object.__getattribute__(self, "__dict__")["__name__"]
        tree = _tree_here(sys._getframe(1))
        module = tree.module(own)
        try:
            return getattr(module, name)
        except AttributeError:
            # Another session may have imported the submodule, so that the import finds its switch.
            full = "%s.%s" % (own, name)
            if full not in sys.modules or tree.spec(full) is None:
                raise
            return tree.module(full)

    def __setattr__(self, name, value):
        # The import system sets attributes of what it has loaded. The real modules have theirs.
        if type(value) is _Switch or sys._getframe(1).f_code.co_filename.startswith("<frozen"):
            return
        own = object.__getattribute__(self, "__dict__")["__name__"]
        setattr(_tree_here(sys._getframe(1)).module(own), name, value)

    def __dir__(self):
        own = object.__getattribute__(self, "__dict__")["__name__"]
        return dir(_tree_here(sys._getframe(1)).module(own))


copyreg.pickle(
    _Switch,
    lambda switch: (
        _std.importlib.import_module,
        (object.__getattribute__(switch, "__dict__")["__name__"],),
    ),
)


class _SwitchLoader:
    """Loads nothing: a switch loads the module of a tree when it is used."""

    @staticmethod
    def create_module(spec):
        return _Switch(spec.name)

    @staticmethod
    def exec_module(module):
        pass


def _switch_spec(name):
    """The specification of the switch of a module, or None if the tree of the caller has no such
    module."""
    tree = _tree_here(sys._getframe(1))
    if tree.spec(name) is None:
        raise _no_module(tree, name)
    return _std.machinery.ModuleSpec(name, _SwitchLoader, is_package=True)


def _begin_switching():
    """Replaces the modules of the package in `sys.modules` by switches."""
    global _switching
    if _switching:
        return
    _switching = True
    _forget_modules("redgrease")
    for name, module in sys.modules.copy().items():
        if name.partition(".")[0] != "redgrease":
            continue
        tree = _bundled_tree if _is_bundled(module) else _installed_tree
        tree.adopt(name, module)
        sys.modules[name] = _Switch(name)
        _keep_module(name, sys.modules[name])


def _is_of_tree(module):
    """Whether a module belongs to a tree, so that a switch leads to it."""
    return type(module) is _Switch or _MARK in module.__dict__


def _mark_script(names):
    """Marks the globals of a script whose session required the package."""
    if _switching and _native.requires_here("redgrease"):
        names[_MARK] = _installed_tree
