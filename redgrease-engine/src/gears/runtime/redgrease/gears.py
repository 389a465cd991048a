"""Gear functions: open ones, which further operations can be added to, and closed ones.

An open function never changes: each operation makes a new one, so that several can begin alike.
Closing one, by `run` or `register`, does that on this server at once.
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
from .host import log
from .operands import text_of

_WITHOUT_EVENTS = frozenset(("KeysOnlyReader", "PythonReader", "ShardsIDReader"))


class GearFunction:
    """A reader and the operations after it."""

    def __init__(self, operation, input_function=None, requirements=None):
        self.operation = operation
        self.input_function = input_function
        self.requirements = frozenset(map(str, requirements or ()))
        if input_function is not None:
            self.requirements |= input_function.requirements

    def _operations(self):
        """All operations, the reader first."""
        function, operations = self, []
        while function is not None:
            operations.append(function.operation)
            function = function.input_function
        return operations[::-1]

    @property
    def reader(self):
        """The name of the reader, or None."""
        first = self._operations()[0]
        return getattr(first, "reader", None)

    @property
    def supports_batch_mode(self):
        """Whether it can be closed by `run`."""
        return self.reader not in (None, "CommandReader")

    @property
    def supports_event_mode(self):
        """Whether it can be closed by `register`."""
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
        # What the server gave for it: an execution to await, or the id of a registration.
        self.outcome = end.add_to(chain)

    def on(self, gears_server=None, unblocking=False, requirements=None, replace=None, **kwargs):
        """Itself: inside of a server it is in force there as soon as it is closed."""
        return self

    def __await__(self):
        """Waits for the results of a run: `[results, errors]`."""
        return self.outcome.__await__()


class OpenGearFunction(GearFunction):
    """A function that is not closed yet."""

    def _then(self, operation, requirements=None):
        return OpenGearFunction(operation, self, requirements)

    # -- one record after the other

    def map(self, op, requirements=None, **kwargs):
        """Replaces each record `r` by `op(r)`."""
        return self._then(Map(op, **kwargs), requirements)

    def flatmap(self, op=None, requirements=None, **kwargs):
        """Replaces each record by the elements of the sequence `op(r)`; of itself by default."""
        return self._then(FlatMap(op, **kwargs), requirements)

    def foreach(self, op, requirements=None, **kwargs):
        """Calls `op(r)` and passes the record on."""
        return self._then(ForEach(op, **kwargs), requirements)

    def filter(self, op=None, requirements=None, **kwargs):
        """Keeps the records for which `op(r)` is true; by default those that are true."""
        return self._then(Filter(op, **kwargs), requirements)

    def limit(self, length, start=0, **kwargs):
        """At most `length` records of each shard, after the first `start`."""
        return self._then(Limit(length, start, **kwargs), kwargs.pop("requirements", None))

    def collect(self, **kwargs):
        """Brings the records of all shards together."""
        return self._then(Collect(**kwargs), kwargs.pop("requirements", None))

    def repartition(self, extractor, requirements=None, **kwargs):
        """Moves each record to the shard that owns the key `extractor(r)`."""
        return self._then(Repartition(extractor, **kwargs), requirements)

    # -- all records together

    def accumulate(self, op=None, requirements=None, **kwargs):
        """Folds the records of each shard by `op(accumulator, r)`, into a list by default."""
        return self._then(Accumulate(op, **kwargs), requirements)

    def aggregate(self, zero=None, seqOp=None, combOp=None, requirements=None, **kwargs):
        """Folds the records of each shard by `seqOp(accumulator, r)`, and those results by
        `combOp(accumulator, result)`. Lists and numbers need no functions."""
        return self._then(Aggregate(zero, seqOp, combOp, **kwargs), requirements)

    def sort(self, reverse=True, requirements=None, **kwargs):
        """All records in order: ascending, and descending with `reverse=False`."""
        return self._then(Sort(reverse, **kwargs), requirements)

    def distinct(self, **kwargs):
        """Each record once."""
        return self._then(Distinct(**kwargs), kwargs.pop("requirements", None))

    def count(self, **kwargs):
        """The number of records."""
        return self._then(Count(**kwargs), kwargs.pop("requirements", None))

    def avg(self, extractor=float, requirements=None, **kwargs):
        """The average of `extractor(r)`."""
        return self._then(Avg(extractor, **kwargs), requirements)

    # -- groups

    def localgroupby(self, extractor=None, reducer=None, requirements=None, **kwargs):
        """Folds each group of each shard by `reducer(key, accumulator, r)`, into a list by
        default."""
        return self._then(LocalGroupBy(extractor, reducer, **kwargs), requirements)

    def groupby(self, extractor=None, reducer=None, requirements=None, **kwargs):
        """Folds each group by `reducer(key, accumulator, r)`, into a list by default."""
        return self._then(GroupBy(extractor, reducer, **kwargs), requirements)

    def batchgroupby(self, extractor=None, reducer=None, requirements=None, **kwargs):
        """Replaces each group by `reducer(key, records)`, its size by default."""
        return self._then(BatchGroupBy(extractor, reducer, **kwargs), requirements)

    def aggregateby(
        self, extractor=None, zero=None, seqOp=None, combOp=None, requirements=None, **kwargs
    ):
        """`aggregate` for each group; the functions get the group's key first."""
        return self._then(AggregateBy(extractor, zero, seqOp, combOp, **kwargs), requirements)

    def countby(self, extractor=text_of, requirements=None, **kwargs):
        """How often each `extractor(r)` occurs, the record as text by default, as
        `{'key': .., 'value': ..}`."""
        return self._then(CountBy(extractor, **kwargs), requirements)

    # -- ends

    def run(
        self, arg=None, convertToStr=True, collect=True, requirements=None, on=None, **kwargs
    ):
        """Runs it once, on this server."""
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
        """Registers it on this server, to run for each event."""
        if not self.supports_event_mode:
            raise TypeError("%s has no events: use `run`" % self.reader)
        action = Register(prefix, convertToStr, collect, mode or "async", onRegistered, **kwargs)
        return ClosedGearFunction(action, self, requirements)


# A project's name, with what may follow it. Addresses have none.
_PROJECT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:[\[(<>=!~;@].*)?", re.DOTALL)


def _warn_of_missing(requirements):
    """A script cannot install packages: whoever sends it names them."""
    for requirement in sorted(requirements):
        project = _PROJECT.fullmatch(requirement)
        if project and not _is_there(project.group(1)):
            log(
                "a gear requires %s, which is not installed: name it after REQUIREMENTS when the"
                " script is sent" % project.group(1),
                "warning",
            )


def _is_there(project):
    if project.lower() == "redgrease":
        return True
    try:
        metadata.distribution(project)
    except metadata.PackageNotFoundError:
        return False
    return True
