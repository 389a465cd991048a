"""Open gear functions, which accept further operations, and closed ones.

An open function never changes: each operation returns a new one, so that several functions can have
the same beginning. `run` and `register` close a function, and take effect on this server at once.
"""

import re
from importlib import metadata

from .actions import Reader, Register, Run
from .operations import (
    Accumulate,
    Aggregate,
    AggregateBy,
    Avg,
    BatchGroupBy,
    Collect,
    Count,
    CountBy,
    Distinct,
    Filter,
    FlatMap,
    ForEach,
    GroupBy,
    Limit,
    LocalGroupBy,
    Map,
    Nop,
    Operation,
    Repartition,
    Sort,
)
from .host import GuardedClass, log
from .operands import text_of
from .typing import InputRecord, Key, OutputRecord, T

_WITHOUT_EVENTS = frozenset(("KeysOnlyReader", "PythonReader", "ShardsIDReader"))


class GearFunction(metaclass=GuardedClass):
    """A reader with the operations that follow it."""

    def __init__(self, operation, input_function=None, requirements=None):
        self.operation = operation
        self.input_function = input_function
        self.requirements = frozenset(map(str, requirements or ()))
        if input_function is not None:
            self.requirements |= input_function.requirements

    def _operations(self):
        """All operations, beginning with the reader."""
        function, operations = self, []
        while function is not None:
            operations.append(function.operation)
            function = function.input_function
        return operations[::-1]

    @property
    def reader(self):
        """The name of the reader, or None if there is no reader."""
        first = self._operations()[0]
        return getattr(first, "reader", None)

    @property
    def supports_batch_mode(self):
        """Whether `run` can close the function."""
        return self.reader not in (None, "CommandReader")

    @property
    def supports_event_mode(self):
        """Whether `register` can close the function."""
        return self.reader is not None and self.reader not in _WITHOUT_EVENTS

    def __repr__(self):
        return "<%s %s>" % (type(self).__name__, " -> ".join(map(repr, self._operations())))


class ClosedGearFunction(GearFunction):
    """A function that was run or registered."""

    def __init__(self, operation, input_function=None, requirements=None):
        super().__init__(operation, input_function, requirements)
        _warn_of_missing(self.requirements)
        *steps, end = self._operations()
        chain = None
        for step in steps:
            chain = step.add_to(chain)
        # The result of `run` or `register`: an execution to await, or the id of a registration.
        self.outcome = end.add_to(chain)

    def on(self, gears_server=None, unblocking=False, requirements=None, replace=None, **kwargs):
        """Returns the function itself, which is already active on this server."""
        return self

    def __await__(self):
        """Waits for the results of a run: `[results, errors]`."""
        return self.outcome.__await__()


class OpenGearFunction(GearFunction):
    """A gear function that is not closed yet."""

    def _then(self, operation, requirements=None):
        return OpenGearFunction(operation, self, requirements)

    # -- operations on single records

    def map(self, op, requirements=None, **kwargs):
        """Replaces each record `r` by `op(r)`."""
        return self._then(Map(op, **kwargs), requirements)

    def flatmap(self, op=None, requirements=None, **kwargs):
        """Replaces each record `r` by the elements of `op(r)`. By default, `op(r)` is `r`."""
        return self._then(FlatMap(op, **kwargs), requirements)

    def foreach(self, op, requirements=None, **kwargs):
        """Calls `op(r)` and passes the record on."""
        return self._then(ForEach(op, **kwargs), requirements)

    def filter(self, op=None, requirements=None, **kwargs):
        """Keeps the records for which `op(r)` is true. By default, `op(r)` is `r`."""
        return self._then(Filter(op, **kwargs), requirements)

    def limit(self, length, start=0, **kwargs):
        """Skips `start` records of each shard, then passes on at most `length` records."""
        return self._then(Limit(length, start, **kwargs), kwargs.pop("requirements", None))

    def collect(self, **kwargs):
        """Moves the records of all shards to the shard that started the execution."""
        return self._then(Collect(**kwargs), kwargs.pop("requirements", None))

    def repartition(self, extractor, requirements=None, **kwargs):
        """Moves each record to the shard that owns the key `extractor(r)`."""
        return self._then(Repartition(extractor, **kwargs), requirements)

    # -- operations on all records

    def accumulate(self, op=None, requirements=None, **kwargs):
        """Folds the records of each shard with `op(accumulator, r)`; by default into a list."""
        return self._then(Accumulate(op, **kwargs), requirements)

    def aggregate(self, zero=None, seqOp=None, combOp=None, requirements=None, **kwargs):
        """Folds the records of each shard with `seqOp(accumulator, r)`, and the results of all
        shards with `combOp(accumulator, result)`.

        The functions are optional if `zero` is a list or a number.
        """
        return self._then(Aggregate(zero, seqOp, combOp, **kwargs), requirements)

    def sort(self, reverse=True, requirements=None, **kwargs):
        """Sorts all records: ascending, or descending with `reverse=False`."""
        return self._then(Sort(reverse, **kwargs), requirements)

    def distinct(self, **kwargs):
        """Passes on each different record once."""
        return self._then(Distinct(**kwargs), kwargs.pop("requirements", None))

    def count(self, **kwargs):
        """Replaces all records by their number."""
        return self._then(Count(**kwargs), kwargs.pop("requirements", None))

    def avg(self, extractor=float, requirements=None, **kwargs):
        """Replaces all records by the average of `extractor(r)`."""
        return self._then(Avg(extractor, **kwargs), requirements)

    # -- operations on groups

    def localgroupby(self, extractor=None, reducer=None, requirements=None, **kwargs):
        """Like `groupby`, but on each shard separately."""
        return self._then(LocalGroupBy(extractor, reducer, **kwargs), requirements)

    def groupby(self, extractor=None, reducer=None, requirements=None, **kwargs):
        """Folds each group with `reducer(key, accumulator, r)`; by default into a list."""
        return self._then(GroupBy(extractor, reducer, **kwargs), requirements)

    def batchgroupby(self, extractor=None, reducer=None, requirements=None, **kwargs):
        """Replaces each group by `reducer(key, records)`; by default by its size."""
        return self._then(BatchGroupBy(extractor, reducer, **kwargs), requirements)

    def aggregateby(
        self, extractor=None, zero=None, seqOp=None, combOp=None, requirements=None, **kwargs
    ):
        """`aggregate` for each group. The functions get the key of the group as first argument."""
        return self._then(AggregateBy(extractor, zero, seqOp, combOp, **kwargs), requirements)

    def countby(self, extractor=text_of, requirements=None, **kwargs):
        """Counts the records by `extractor(r)`, as `{'key': .., 'value': ..}`.

        The default extractor returns the record as text.
        """
        return self._then(CountBy(extractor, **kwargs), requirements)

    # -- ends

    def run(
        self, arg=None, convertToStr=True, collect=True, requirements=None, on=None, **kwargs
    ):
        """Runs the function once, on this server."""
        if not self.supports_batch_mode:
            raise TypeError("%s waits for events: use `register`" % self.reader)
        return ClosedGearFunction(Run(arg, convertToStr, collect, **kwargs), self, requirements)

    def register(
        self,
        prefix="*",
        convertToStr=True,
        collect=True,
        mode="async",
        onRegistered=None,
        requirements=None,
        on=None,
        **kwargs
    ):
        """Registers the function on this server, so that it runs for each event."""
        if not self.supports_event_mode:
            raise TypeError("%s has no events: use `run`" % self.reader)
        action = Register(prefix, convertToStr, collect, mode or "async", onRegistered, **kwargs)
        return ClosedGearFunction(action, self, requirements)


# A requirement that begins with the name of a project. Addresses do not match.
_PROJECT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:[\[(<>=!~;@].*)?", re.DOTALL)


def _warn_of_missing(requirements):
    """Logs missing requirements, because a running script cannot install them."""
    for requirement in sorted(requirements):
        project = _PROJECT.fullmatch(requirement)
        if project and not _is_installed(project.group(1)):
            log(
                "a gear requires %s, which is not installed: name it after REQUIREMENTS in"
                " RG.PYEXECUTE" % project.group(1),
                "warning",
            )


def _is_installed(project):
    if project.lower() == "redgrease":
        return True
    try:
        metadata.distribution(project)
    except metadata.PackageNotFoundError:
        return False
    return True
