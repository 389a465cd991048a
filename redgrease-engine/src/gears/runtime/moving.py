"""Pickles the records that go on at another shard of a cluster.

The engine itself writes batches of texts. A batch of other plain values is one pickle. Each other record has a pickle of its
own, so that one that cannot be written or read leaves the others alone. Classes of scripts are written by value, and read as the
class of that name which the functions of the execution know: an object has the same class in all steps.
"""

import io
import pickle

_PLAIN, _SINGLE = b"P", b"S"


class _NotPlain(Exception):
    """A value that is more than numbers, texts, bytes and their collections."""


class _PlainPickler(_std.pickle.Pickler):
    def reducer_override(self, obj):
        raise _NotPlain


class _RecordPickler(_Pickler):
    def __init__(self, file, movement):
        super().__init__(file)
        self._movement = movement

    def _class(self, cls):
        reduced = super()._class(cls)
        if not isinstance(reduced, tuple) or reduced[0] is not _make_class:
            return reduced
        return _moved_class, self._movement.written(cls)


def _moved_class(*_):
    raise _std.pickle.UnpicklingError("a class of a record was read outside of its batch")


class _RecordUnpickler(_std.pickle.Unpickler):
    def __init__(self, file, movement, classes):
        super().__init__(file)
        self._movement = movement
        self._classes = classes

    def find_class(self, module, name):
        if module == _CODE_PREFIX and name == "_moved_class":
            return self._moved_class
        return super().find_class(module, name)

    def _moved_class(self, name, number):
        return self._movement.found(name, self._classes[number])


class _Movement:
    """The records of one execution, as this shard writes and reads them."""

    def __init__(self, functions):
        self._scopes = [
            function.__globals__
            for function in functions
            if isinstance(function, _std.types.FunctionType)
        ]
        self._plain = True
        # The classes that this shard has written, and those of the current batch.
        self._written = {}
        self._batch = {}
        # The classes that this shard has read.
        self._found = {}

    def write(self, records):
        """The bytes of a batch, and the number of records that could not be written."""
        if self._plain:
            with _std.io.BytesIO() as file:
                file.write(_PLAIN)
                try:
                    _PlainPickler(file, 5).dump(records)
                    return file.getvalue(), 0
                except (_NotPlain, RecursionError):
                    pass
        # Most records of an execution are of one kind.
        self._plain = False
        self._batch = {}
        pickles = []
        for record in records:
            try:
                with _std.io.BytesIO() as file:
                    _RecordPickler(file, self).dump(record)
                    pickles.append(file.getvalue())
            except MemoryError:
                raise
            except Exception:
                pass
        batch = _std.pickle.dumps((list(self._batch.values()), pickles), 5)
        return _SINGLE + batch, len(records) - len(pickles)

    def written(self, cls):
        """The arguments that `_RecordUnpickler` finds a class by."""
        data = self._written.get(cls)
        if data is None:
            with _std.io.BytesIO() as file:
                _Pickler(file).dump(cls)
                data = self._written[cls] = file.getvalue()
        self._batch.setdefault(cls, data)
        return cls.__qualname__, list(self._batch).index(cls)

    def read(self, data):
        """The records of a batch, and the exceptions of those that could not be read."""
        kind, data = data[:1], data[1:]
        if kind == _PLAIN:
            return _std.pickle.loads(data), []
        classes, pickles = _std.pickle.loads(data)
        records, errors = [], []
        for one in pickles:
            try:
                records.append(_RecordUnpickler(_std.io.BytesIO(one), self, classes).load())
            except MemoryError:
                raise
            except Exception as error:
                errors.append(error)
        return records, errors

    def found(self, name, data):
        """A class of a script: as the functions of the execution know it, or else as it was written."""
        # Classes inside of functions may share a name.
        key = (name, data) if "<locals>" in name else name
        found = self._found.get(key)
        if found is None:
            found = self._known(name) or _std.pickle.loads(data)
            self._found[key] = found
        return found

    def _known(self, name):
        for scope in self._scopes:
            first, *rest = name.split(".")
            found = scope.get(first)
            for part in rest:
                found = getattr(found, part, None)
            if isinstance(found, type) and found.__qualname__ == name:
                return found
        return None
