"""The operations, each with its operands. `add_to` puts one at the end of a chain of the server."""

from . import operands
from .operands import callable_of, function, function_of_record, function_or


class Operation:
    """A step of a gear function."""

    def __init__(self, **kwargs):
        self.kwargs = kwargs

    def add_to(self, chain):
        """Puts it at the end of a chain, and gives what the chain gives for it."""
        raise NotImplementedError

    def __repr__(self):
        return type(self).__name__


class Nop(Operation):
    """Does nothing."""

    def add_to(self, chain):
        return chain


class _OfOneFunction(Operation):
    """An operation whose one operand is a function."""

    def __init__(self, op, **kwargs):
        super().__init__(**kwargs)
        self.op = function_of_record(op, type(self).__name__.lower())

    def add_to(self, chain):
        return getattr(chain, type(self).__name__.lower())(self.op)


class Map(_OfOneFunction):
    """Replaces each record."""


class FlatMap(Operation):
    """Replaces each record by several."""

    def __init__(self, op=None, **kwargs):
        super().__init__(**kwargs)
        # There is a function around it in any case.
        self.op = operands.identity if op is None else callable_of(op, "flatmap")

    def add_to(self, chain):
        return chain.flatmap(operands.expanding(self.op))


class ForEach(_OfOneFunction):
    """Does something with each record."""


class Filter(_OfOneFunction):
    """Keeps some records."""

    def __init__(self, op=None, **kwargs):
        super().__init__(operands.identity if op is None else op, **kwargs)


class Accumulate(Operation):
    """Makes one record of all, on each shard."""

    def __init__(self, op=None, **kwargs):
        super().__init__(**kwargs)
        self.op = function_or(op, "accumulate", operands.append)

    def add_to(self, chain):
        return chain.accumulate(self.op)


class Limit(Operation):
    """Takes some of the first records, on each shard."""

    def __init__(self, length, start=0, **kwargs):
        super().__init__(**kwargs)
        self.length = length
        self.start = start

    def add_to(self, chain):
        return chain.limit(self.length, self.start)


class Collect(Operation):
    """Brings the records of all shards together."""

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
    """Makes one record of each group."""

    default_reducer = staticmethod(operands.append_in_group)

    def __init__(self, extractor=None, reducer=None, **kwargs):
        super().__init__(**kwargs)
        name = type(self).__name__.lower()
        self.extractor = function_of_record(extractor or operands.hash_of, name)
        self.reducer = function_or(reducer, name, self.default_reducer)

    def add_to(self, chain):
        return getattr(chain, type(self).__name__.lower())(self.extractor, self.reducer)


class LocalGroupBy(_OfGroups):
    """Makes one record of each group, on each shard."""


class GroupBy(_OfGroups):
    """Makes one record of each group."""


class BatchGroupBy(_OfGroups):
    """Makes one record of each group, with all its records at hand."""

    default_reducer = staticmethod(operands.size_of_group)


class Aggregate(Operation):
    """Makes one record of all: on each shard, then of those results."""

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
    """Makes one record of each group: on each shard, then of those results."""

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
    """Puts all records in order: ascending, and descending with `reverse=False`."""

    def __init__(self, reverse=True, **kwargs):
        super().__init__(**kwargs)
        self.reverse = reverse

    def add_to(self, chain):
        return chain.sort(self.reverse)


class Distinct(Operation):
    """Keeps each record once."""

    def add_to(self, chain):
        return chain.distinct()


class Count(Operation):
    """Counts the records."""

    def add_to(self, chain):
        return chain.count()


class CountBy(Operation):
    """Counts the records of each group."""

    def __init__(self, extractor=operands.text_of, **kwargs):
        super().__init__(**kwargs)
        self.extractor = function_of_record(extractor, "countby")

    def add_to(self, chain):
        return chain.countby(self.extractor)


class Avg(Operation):
    """The average of a number that each record has."""

    def __init__(self, extractor=float, **kwargs):
        super().__init__(**kwargs)
        self.extractor = function_of_record(extractor, "avg")

    def add_to(self, chain):
        return chain.avg(self.extractor)
