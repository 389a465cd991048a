"""Pickles the functions and simple classes of scripts.

Importable objects are pickled by name. Objects that a script defines are pickled by value: the code
of a function with its defaults, its closure, and the globals of its script that it refers to. The
code of a function loads only into the minor version of Python that wrote it.

Registrations are stored in this format, so the names of the functions and classes here are part of
it.
"""

import abc
import dataclasses
import dis
import importlib
import io
import marshal
import pickle
import sys
import types

_MAGIC = b"RGPF\x01"
_VERSION = bytes(sys.version_info[:2])
_CODE_PREFIX = "redgrease_engine"


class _NotSimple(_std.pickle.PicklingError):
    """An object that this pickler does not support, although another one may."""


# -- objects that are pickled by name


class _Runtime(_std.types.ModuleType):
    """The runtime as a module, which makes its functions and classes importable."""

    def __getattr__(self, name):
        try:
            return _NAMES[name]
        except KeyError:
            raise AttributeError(name) from None


_NAMES = globals()
sys.modules[_CODE_PREFIX] = _Runtime(_CODE_PREFIX)


def _is_importable(obj):
    """Whether the module and the qualified name of an object lead to this object."""
    module = sys.modules.get(getattr(obj, "__module__", None) or "")
    if module is None:
        return False
    if getattr(module, "__spec__", None) is None and module.__name__ not in _PERMANENT:
        return False
    found = module
    for part in obj.__qualname__.split("."):
        found = getattr(found, part, None)
        if found is None:
            return False
    return found is obj


# Modules without a specification that exist in every server.
_PERMANENT = frozenset((_CODE_PREFIX, "redisgears", "redisAI", "builtins", "__main__"))


# -- functions


class _Scope:
    """The globals of one script. All functions of the script in one pickle share them."""

    def __init__(self, name):
        self.names = _NAMES["_script_globals"](name)

    def __reduce__(self):
        return (_Scope, (self.names.get("__name__", "not_main"),))


def _make_function(scope, code, name, cells):
    return _std.types.FunctionType(_std.marshal.loads(code), scope.names, name, None, cells)


def _fill_function(function, state):
    names, attributes, own = state
    function.__globals__.update(names)
    for name, value in attributes.items():
        setattr(function, name, value)
    function.__dict__.update(own)


def _make_cell():
    return _std.types.CellType()


def _fill_cell(cell, state):
    cell.cell_contents = state[0]


# Instructions whose argument is the name of a global.
_LOOKS_UP = frozenset(("LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME"))


def _named_globals(code, names, found):
    """Adds to `found` the `names` that a code object, and the code in it, looks up as globals."""
    # `co_names` also contains names of attributes, so the instructions decide.
    if any(name in names for name in code.co_names):
        for step in _std.dis.get_instructions(code):
            if step.opname in _LOOKS_UP and step.argval in names:
                found.add(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, _std.types.CodeType):
            _named_globals(constant, names, found)
    return found


# -- classes


def _make_class(kind, name, bases, namespace):
    return kind(name, bases, namespace)


def _fill_class(cls, state):
    for name, value in state.items():
        setattr(cls, name, value)


# Attributes that a class needs when it is created.
_FIRST = ("__module__", "__qualname__", "__doc__", "__slots__")
# Attributes that are not set afterwards.
_NOT_TAKEN = frozenset(
    (
        *_FIRST,
        "__dict__",
        "__weakref__",
        "_abc_impl",
        "__abstractmethods__",
        "__static_attributes__",
        "__firstlineno__",
        "__classcell__",
    )
)


# Types that are not importable by their own names. The standard pickler knows `type(None)`,
# `type(...)` and `type(NotImplemented)`.
_UNNAMED = {
    found: name
    for name, found in vars(types).items()
    if isinstance(found, type) and found.__module__ == "builtins"
    if name not in ("NoneType", "EllipsisType", "NotImplementedType")
}
# The flag `Py_TPFLAGS_HEAPTYPE`, which classes defined by Python code have.
_MADE_BY_CODE = 1 << 9


class _Pickler(_std.pickle.Pickler):
    """Pickles objects of scripts by value, which the standard pickler would pickle by name."""

    def __init__(self, file, protocol=None, *, buffer_callback=None):
        super().__init__(file, 5 if protocol is None else protocol, buffer_callback=buffer_callback)
        self._scopes = {}

    def reducer_override(self, obj):
        kind = type(obj)
        if kind is _std.types.FunctionType:
            return NotImplemented if _is_importable(obj) else self._function(obj)
        if kind is _std.types.CellType:
            return self._cell(obj)
        if kind is _std.types.CodeType:
            return _std.marshal.loads, (_std.marshal.dumps(obj),)
        if issubclass(kind, _std.types.ModuleType) and kind is not _Switch:
            return self._module(obj)
        if isinstance(obj, type):
            return self._class(obj)
        if kind in (staticmethod, classmethod):
            return kind, (obj.__func__,)
        if kind is property:
            return property, (obj.fget, obj.fset, obj.fdel, obj.__doc__)
        if kind is _std.types.MappingProxyType:
            return _std.types.MappingProxyType, (dict(obj),)
        if kind is _std.types.ClassMethodDescriptorType:
            return getattr, (obj.__objclass__, obj.__name__)
        if obj is _std.dataclasses.MISSING:
            return "MISSING"
        if kind is _FIELD_KIND:
            return obj.name
        return NotImplemented

    def _function(self, function):
        code = function.__code__
        scope = self._scopes.get(id(function.__globals__))
        if scope is None:
            scope = _Scope.__new__(_Scope)
            scope.names = function.__globals__
            self._scopes[id(function.__globals__)] = scope
        # Copied at once, because threads of the gear set variables meanwhile.
        own = {
            name: value
            for name, value in function.__globals__.copy().items()
            if name not in ("__name__", "__builtins__") and _NAMES["_initial"].get(name, _NAMES) is not value
        }
        names = {name: own[name] for name in sorted(_named_globals(code, own, set()))}
        attributes = {
            "__defaults__": function.__defaults__,
            "__kwdefaults__": function.__kwdefaults__,
            "__annotations__": function.__annotations__,
            "__qualname__": function.__qualname__,
            "__module__": function.__module__,
            "__doc__": function.__doc__,
        }
        made = (scope, _std.marshal.dumps(code), function.__name__, function.__closure__)
        state = (names, attributes, function.__dict__.copy())
        return _make_function, made, state, None, None, _fill_function

    def _cell(self, cell):
        try:
            contents = (cell.cell_contents,)
        except ValueError:
            return _make_cell, ()
        return _make_cell, (), contents, None, None, _fill_cell

    def _module(self, module):
        name = module.__name__
        if sys.modules.get(name) is not module and not _is_of_tree(module):
            raise _NotSimple("cannot pickle the module %s: it is not importable" % name)
        return _std.importlib.import_module, (name,)

    def _class(self, cls):
        if cls in _UNNAMED:
            return getattr, (types, _UNNAMED[cls])
        if _is_importable(cls) or not cls.__flags__ & _MADE_BY_CODE:
            return NotImplemented
        if type(cls) not in (type, _std.abc.ABCMeta, _GuardedClass):
            raise _NotSimple(
                "cannot pickle the class %s: its metaclass is %s: move it to an installed package"
                % (cls.__qualname__, type(cls).__name__)
            )
        own = dict(cls.__dict__)
        first = {name: own[name] for name in _FIRST if name in own}
        first["__qualname__"] = cls.__qualname__
        slots = first.get("__slots__", ())
        slots = (slots,) if isinstance(slots, str) else slots
        state = {
            name: value
            for name, value in own.items()
            if name not in _NOT_TAKEN and not (name in slots and _is_slot(value))
        }
        made = (type(cls), cls.__name__, cls.__bases__, first)
        return _make_class, made, state, None, None, _fill_class


def _is_slot(value):
    """Whether an attribute of a class was made for `__slots__`."""
    return isinstance(value, _std.types.MemberDescriptorType)


_FIELD_KIND = type(_std.dataclasses._FIELD) if hasattr(dataclasses, "_FIELD") else None


def dump(obj, file, protocol=None, buffer_callback=None):
    """Pickles an object into a file. Functions of scripts are pickled by value."""
    CloudPickler(file, protocol, buffer_callback=buffer_callback).dump(obj)


def dumps(obj, protocol=None, buffer_callback=None):
    """Pickles an object to bytes for `loads`. Functions of scripts are pickled by value."""
    with _std.io.BytesIO() as file:
        dump(obj, file, protocol, buffer_callback)
        return file.getvalue()


load, loads = _std.pickle.load, _std.pickle.loads
CloudPickler = _Pickler


def _script_globals(name):
    """The initial globals of a script."""
    return dict(_NAMES["_initial"], __name__=name, __builtins__=_builtins)


# -- stored callbacks


def _write_callback(function):
    """Encodes a function, or a list of functions, with the format and the Python version that wrote it."""
    with _std.io.BytesIO() as file:
        _Pickler(file).dump(function)
        return _MAGIC + _VERSION + file.getvalue()


def _read_callback(data):
    """Decodes what `_write_callback` encoded."""
    head = len(_MAGIC)
    if data[: head - 1] != _MAGIC[:-1]:
        raise ValueError("it is not a stored function")
    if data[:head] != _MAGIC:
        raise ValueError("it was stored by another version of the engine")
    if data[head : head + 2] != _VERSION:
        raise ValueError(
            "it was stored by Python %d.%d, and this is %d.%d: code loads only into the version"
            " that wrote it"
            % (*data[head : head + 2], *_VERSION)
        )
    return _std.pickle.loads(data[head + 2 :])


class _Nowhere:
    """A file that discards its contents, because the pickle of a function may be large."""

    def write(self, data):
        return len(data)


def _check_callback(function):
    """Raises an error if a function cannot be stored.

    An object that only this pickler does not support is accepted.
    """
    try:
        _Pickler(_Nowhere()).dump(function)
    except _NotSimple:
        pass
