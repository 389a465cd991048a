"""Modules and classes of the engine that all gears share.

Nobody can replace or delete what is in them, because that would reach every other session. New names may be added, as
`gettext.install` adds one to `builtins`.
"""

import abc
import copyreg
import sys
import types

# What the import system sets when a module is loaded again.
_OF_IMPORTS = frozenset("__spec__ __loader__ __package__ __path__ __file__ __cached__ __doc__ __annotations__".split())
_ABSENT = object()
# The names that each module had when it was guarded, by the name of the module.
_guarded_names = {}
# The attributes that each class had when it was guarded, by the class.
_guarded_attributes = {}


def _refusal(owner, name):
    return AttributeError(
        "%s.%s cannot be changed, because all gears share it: give a name in your script your own value, or make a subclass"
        % (owner, name)
    )


class _Guarded(types.ModuleType):
    """A module of which no name can be replaced."""

    def __setattr__(self, name, value):
        names = vars(self)
        if name in _guarded_names.get(names["__name__"], ()) and names.get(name, _ABSENT) is not value:
            # The import system gives a package its modules.
            if not isinstance(value, types.ModuleType) or value.__name__ != names["__name__"] + "." + name:
                raise _refusal(names["__name__"], name)
        types.ModuleType.__setattr__(self, name, value)

    def __delattr__(self, name):
        names = vars(self)
        if name in _guarded_names.get(names["__name__"], ()):
            raise _refusal(names["__name__"], name)
        types.ModuleType.__delattr__(self, name)


def _guard_module(module):
    """Guards the names that a module has, and its classes of the type `_GuardedClass`, and nothing else."""
    _guarded_names[module.__name__] = frozenset(vars(module)) - _OF_IMPORTS
    module.__class__ = _Guarded
    for value in vars(module).copy().values():
        if isinstance(value, _GuardedClass) and value.__module__ == module.__name__:
            _guard_class(value)


class _GuardedClass(abc.ABCMeta):
    """The type of classes whose attributes cannot be replaced. Subclasses are free."""

    def __setattr__(cls, name, value):
        if name in _guarded_attributes.get(cls, ()):
            raise _refusal(cls.__name__, name)
        super().__setattr__(name, value)

    def __delattr__(cls, name):
        if name in _guarded_attributes.get(cls, ()):
            raise _refusal(cls.__name__, name)
        super().__delattr__(name)


def _guard_class(cls):
    """Guards the attributes that a class of the type `_GuardedClass` has, and no others."""
    if cls not in _guarded_attributes:
        names = frozenset(name for above in cls.__mro__[:-1] for name in vars(above))
        _guarded_attributes[cls] = names - {"_abc_impl", "__abstractmethods__"}
    return cls


# Other picklers, such as that of cloudpickle, know modules by their exact type.
copyreg.pickle(_Guarded, lambda module: (_std.importlib.import_module, (module.__name__,)))
copyreg.pickle(_Sys, lambda module: (_std.importlib.import_module, ("sys",)))
_builtins = sys.modules["builtins"]
_guard_module(_builtins)
