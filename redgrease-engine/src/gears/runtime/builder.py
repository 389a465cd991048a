"""`GearsBuilder`: a chain of operations, collected in a native execution context.

What an operation does on its own is native; here are those that are made of others.
"""

import copy


def shardReaderCallback():
    """The one record of `ShardsIDReader`: the id of this shard, `1` for a server on its own."""
    yield redisgears._shard_id()


# What reads in their place.
_REAL_READERS = {"ShardsIDReader": "PythonReader", "KeysOnlyReader": "KeysReader"}


class GearsBuilder:
    """A gear function in the making. Every operation returns the builder itself."""

    def __init__(self, reader="KeysReader", defaultArg="*", desc=None):
        self.reader = reader
        self.realReader = _REAL_READERS.get(reader, reader)
        self.defaultArg = shardReaderCallback if reader == "ShardsIDReader" else defaultArg
        self.gearsCtx = redisgears.gearsCtx(self.realReader, desc)
        if reader == "KeysOnlyReader":
            # Not the builder itself: what is registered must be able to leave its process.
            options = self._options = {"only_existing": False}
            self.gearsCtx.flatmap(lambda r: _names(r["key"], options))

    # -- native operations

    def map(self, f):
        """Replaces each record `r` by `f(r)`."""
        self.gearsCtx.map(f)
        return self

    def filter(self, f):
        """Keeps the records for which `f(r)` is true."""
        self.gearsCtx.filter(f)
        return self

    def flatmap(self, f):
        """Replaces each record by the elements of the list `f(r)`."""
        self.gearsCtx.flatmap(f)
        return self

    def foreach(self, f):
        """Calls `f(r)` and passes the record on."""
        self.gearsCtx.foreach(f)
        return self

    def accumulate(self, f):
        """Folds all records into one: `f(accumulator, r)`, the first accumulator is None."""
        self.gearsCtx.accumulate(f)
        return self

    def collect(self):
        """Brings the records of all shards together."""
        self.gearsCtx.collect()
        return self

    def count(self):
        """The number of records."""
        self.gearsCtx.count()
        return self

    def countby(self, extractor=lambda x: x):
        """How often each `extractor(r)` occurs, as `{'key': .., 'value': ..}`."""
        self.gearsCtx.countby(extractor)
        return self

    def groupby(self, extractor, reducer):
        """Folds each group: `reducer(key, accumulator, r)`, the first accumulator is None."""
        self.gearsCtx.groupby(extractor, reducer)
        return self

    def localgroupby(self, extractor, reducer):
        """The same, on each shard for itself."""
        self.gearsCtx.localgroupby(extractor, reducer)
        return self

    def batchgroupby(self, extractor, reducer):
        """Calls `reducer(key, records)` once per group."""
        self.gearsCtx.batchgroupby(extractor, reducer)
        return self

    def repartition(self, extractor):
        """Moves each record to the shard that owns `extractor(r)`."""
        self.gearsCtx.repartition(extractor)
        return self

    def limit(self, length, start=0):
        """At most `length` records, after the first `start`."""
        self.gearsCtx.limit(length, start)
        return self

    # -- made of others

    def aggregate(self, zero, seqOp, combOp):
        """Folds the records of each shard with `seqOp`, and those results with `combOp`."""
        self.gearsCtx.accumulate(lambda a, r: seqOp(a if a else copy.deepcopy(zero), r))
        self.gearsCtx.collect()
        self.gearsCtx.accumulate(lambda a, r: combOp(a if a else copy.deepcopy(zero), r))
        return self

    def aggregateby(self, extractor, zero, seqOp, combOp):
        """`aggregate` for each group; the functions get the group's key first."""
        self.gearsCtx.localgroupby(
            extractor, lambda k, a, r: seqOp(k, a if a else copy.deepcopy(zero), r)
        )
        self.gearsCtx.groupby(
            lambda r: r["key"],
            lambda k, a, r: combOp(k, a if a else copy.deepcopy(zero), r["value"]),
        )
        return self

    def sort(self, reverse=True):
        """All records in order: ascending, and descending with `reverse=False`."""

        def append(records, r):
            records = [] if records is None else records
            records.append(r)
            return records

        def extend(records, more):
            if records is None:
                return more
            records.extend(more)
            return records

        self.gearsCtx.accumulate(append)
        self.gearsCtx.collect()
        self.gearsCtx.accumulate(extend)
        # The elements of a list come out last to first.
        self.gearsCtx.flatmap(lambda records: sorted(records, reverse=reverse))
        return self

    def distinct(self):
        """Each record once. Records must be hashable."""

        def add(records, r):
            records = set() if records is None else records
            records.add(r)
            return records

        def unite(records, more):
            return more if records is None else records | more

        self.gearsCtx.accumulate(add)
        self.gearsCtx.collect()
        self.gearsCtx.accumulate(unite)
        self.gearsCtx.flatmap(lambda records: list(records))
        return self

    def avg(self, extractor=lambda x: float(x)):
        """The average of `extractor(r)`."""
        self.gearsCtx.map(extractor)
        self.aggregate(
            (0, 0),
            lambda a, x: (a[0] + x, a[1] + 1),
            lambda a, x: (a[0] + x[0], a[1] + x[1]),
        )
        self.gearsCtx.map(lambda a: a[0] / a[1])
        return self

    # -- ends

    def run(self, arg=None, convertToStr=True, collect=True, **kargs):
        """Runs the chain once."""
        if convertToStr:
            self.gearsCtx._to_text()
        if collect:
            self.gearsCtx.collect()
        if arg is None or self.reader == "ShardsIDReader":
            arg = self.defaultArg
        if self.reader == "KeysOnlyReader":
            arg = self._names_only(arg, kargs)
        return GearsFuture(self.gearsCtx.run(arg, **kargs))

    def register(self, prefix="*", convertToStr=True, collect=True, **kargs):
        """Runs the chain for each event."""
        if convertToStr:
            self.gearsCtx._to_text()
        if collect:
            self.gearsCtx.collect()
        return self.gearsCtx.register(prefix, **kargs)

    # -- KeysOnlyReader

    def _names_only(self, pattern, kargs):
        """What to read instead, without the values."""
        generator = kargs.pop("patternGenerator", None)
        if generator is not None:
            pattern, kargs["noScan"] = generator()
        kargs.pop("count", None)
        kargs["readValue"] = False
        self._options["only_existing"] = kargs.get("noScan", False)
        return pattern


def _names(key, options):
    """A key that is read by its exact name need not be there: only if it is, it counts."""
    if options["only_existing"] and not redisgears.executeCommand("EXISTS", key):
        return []
    return [key]


GB = GearsBuilder
