"""The operations of gear functions, with their operands."""

from . import operands
from .operands import callable_of, function, function_of_record, function_or


class Operation:
    """A step of a gear function."""

    def __init__(self, **kwargs):
        self.kwargs = kwargs

    def add_to(self, chain):
        """Appends the operation to a built-in `GearsBuilder`, and returns what that returns."""
        raise NotImplementedError

    def __repr__(self):
        return type(self).__name__


class Nop(Operation):
    """Does nothing."""

    def add_to(self, chain):
        return chain


class _OfOneFunction(Operation):
    """An operation whose only operand is a function."""

    def __init__(self, op, **kwargs):
        super().__init__(**kwargs)
        self.op = function_of_record(op, type(self).__name__.lower())

    def add_to(self, chain):
        return getattr(chain, type(self).__name__.lower())(self.op)


class Map(_OfOneFunction):
    """Replaces each record by another one."""


class FlatMap(Operation):
    """Replaces each record by any number of records."""

    def __init__(self, op=None, **kwargs):
        super().__init__(**kwargs)
        # `add_to` wraps it in a function, so that any callable will do.
        self.op = operands.identity if op is None else callable_of(op, "flatmap")

    def add_to(self, chain):
        return chain.flatmap(operands.expanding(self.op))


class ForEach(_OfOneFunction):
    """Calls a function with each record, and passes the record on."""


class Filter(_OfOneFunction):
    """Keeps the records for which a function returns a true value."""

    def __init__(self, op=None, **kwargs):
        super().__init__(operands.identity if op is None else op, **kwargs)


class Accumulate(Operation):
    """Folds the records of each shard into one record."""

    def __init__(self, op=None, **kwargs):
        super().__init__(**kwargs)
        self.op = function_or(op, "accumulate", operands.append)

    def add_to(self, chain):
        return chain.accumulate(self.op)


class Limit(Operation):
    """Limits the number of records of each shard."""

    def __init__(self, length, start=0, **kwargs):
        super().__init__(**kwargs)
        self.length = length
        self.start = start

    def add_to(self, chain):
        return chain.limit(self.length, self.start)


class Collect(Operation):
    """Moves the records of all shards to the shard that started the execution."""

    def add_to(self, chain):
        return chain.collect()


class Repartition(Operation):
    """Moves each record to the shard that owns its key."""

    def __init__(self, extractor, **kwargs):
        super().__init__(**kwargs)
        self.extractor = function_of_record(extractor, "repartition")

    def add_to(self, chain):
        return chain.repartition(self.extractor)


class _OfGroups(Operation):
    """An operation that makes one record of each group."""

    default_reducer = staticmethod(operands.append_in_group)

    def __init__(self, extractor=None, reducer=None, **kwargs):
        super().__init__(**kwargs)
        name = type(self).__name__.lower()
        self.extractor = function_of_record(extractor or operands.hash_of, name)
        self.reducer = function_or(reducer, name, self.default_reducer)

    def add_to(self, chain):
        return getattr(chain, type(self).__name__.lower())(self.extractor, self.reducer)


class LocalGroupBy(_OfGroups):
    """Folds the records of each group of each shard into one record."""


class GroupBy(_OfGroups):
    """Folds the records of each group into one record."""


class BatchGroupBy(_OfGroups):
    """Makes one record of each group from the list of its records."""

    default_reducer = staticmethod(operands.size_of_group)


class Aggregate(Operation):
    """Folds the records of each shard, and then the results of all shards, into one record."""

    def __init__(self, zero=None, seqOp=None, combOp=None, **kwargs):
        super().__init__(**kwargs)
        self.zero = [] if zero is None else zero
        if seqOp is None:
            seqOp, default = operands.folding(self.zero)
        else:
            seqOp = default = function(seqOp, "aggregate")
        self.seqOp = seqOp
        self.combOp = function_or(combOp, "aggregate", default)

    def add_to(self, chain):
        return chain.aggregate(self.zero, self.seqOp, self.combOp)


class AggregateBy(Operation):
    """Folds the groups of each shard, and then the results of all shards, into one record each."""

    def __init__(self, extractor=None, zero=None, seqOp=None, combOp=None, **kwargs):
        super().__init__(**kwargs)
        self.extractor = function_of_record(extractor or operands.hash_of, "aggregateby")
        self.zero = [] if zero is None else zero
        if seqOp is None:
            seqOp, default = operands.folding_groups(self.zero)
        else:
            seqOp = default = function(seqOp, "aggregateby")
        self.seqOp = seqOp
        self.combOp = function_or(combOp, "aggregateby", default)

    def add_to(self, chain):
        return chain.aggregateby(self.extractor, self.zero, self.seqOp, self.combOp)


class Sort(Operation):
    """Sorts all records: ascending, or descending with `reverse=False`."""

    def __init__(self, reverse=True, **kwargs):
        super().__init__(**kwargs)
        self.reverse = reverse

    def add_to(self, chain):
        return chain.sort(self.reverse)


class Distinct(Operation):
    """Keeps each different record once."""

    def add_to(self, chain):
        return chain.distinct()


class Count(Operation):
    """Counts the records."""

    def add_to(self, chain):
        return chain.count()


class CountBy(Operation):
    """Counts the records by the result of a function."""

    def __init__(self, extractor=operands.text_of, **kwargs):
        super().__init__(**kwargs)
        self.extractor = function_of_record(extractor, "countby")

    def add_to(self, chain):
        return chain.countby(self.extractor)


class Avg(Operation):
    """Computes the average of a number of each record."""

    def __init__(self, extractor=float, **kwargs):
        super().__init__(**kwargs)
        self.extractor = function_of_record(extractor, "avg")

    def add_to(self, chain):
        return chain.avg(self.extractor)
