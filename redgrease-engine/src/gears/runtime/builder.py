"""`GearsBuilder`: a chain of operations, collected in a native execution context.

Most operations are native. The composed ones are made of native operations here.
"""

import copy
import weakref


def shardReaderCallback():
    """Yields the only record of `ShardsIDReader`: the id of this shard, `1` without a cluster."""
    yield _native.shard_id()


# Readers that are implemented by another reader.
_REAL_READERS = {"ShardsIDReader": "PythonReader", "KeysOnlyReader": "KeysReader"}
# Other names of readers: the manual of the Python package redgrease prints this one.
_READER_ALIASES = {"ShardsReader": "ShardsIDReader"}
# The options of the first step of a builder for `KeysOnlyReader`. `run` changes them.
_names_only_options = weakref.WeakKeyDictionary()


def _check_functions(operation, *functions):
    """Refuses the arguments of a composed operation that cannot be called.

    The native operations check theirs. A composed operation calls what it gets from functions of its
    own, so it also accepts what is no Python function.
    """
    for function in functions:
        if not callable(function):
            raise redisgears.GearsError("%s argument must be a function" % operation)


class GearsBuilder(metaclass=_GuardedClass):
    """Builds a gear function. Every operation changes the builder and returns it."""

    def __init__(self, reader="KeysReader", defaultArg="*", desc=None):
        if not isinstance(reader, str):
            raise redisgears.GearsError("reader argument must be a string")
        self.reader = reader = _READER_ALIASES.get(reader, reader)
        self.realReader = _REAL_READERS.get(reader, reader)
        self.defaultArg = shardReaderCallback if reader == "ShardsIDReader" else defaultArg
        self.gearsCtx = redisgears.gearsCtx(self.realReader, desc)
        if reader == "KeysOnlyReader":
            # The function must not refer to the builder, because a registered function is pickled.
            options = _names_only_options[self] = {"only_existing": False}
            self.gearsCtx.flatmap(lambda r: _names(r["key"], options))

    __init__ = _checked(__init__, "GearsBuilder")

    # Without what the type of the class adds.
    def __dir__(self):
        return [name for name in object.__dir__(self) if name != "_abc_impl"]

    # -- native operations

    @_checked
    def map(self, f):
        """Replaces each record `r` by `f(r)`."""
        self.gearsCtx.map(f)
        return self

    @_checked
    def filter(self, f):
        """Keeps the records for which `f(r)` is true."""
        self.gearsCtx.filter(f)
        return self

    @_checked
    def flatmap(self, f):
        """Replaces each record by the elements of the list `f(r)`."""
        self.gearsCtx.flatmap(f)
        return self

    @_checked
    def foreach(self, f):
        """Calls `f(r)` and passes the record on."""
        self.gearsCtx.foreach(f)
        return self

    @_checked
    def accumulate(self, f):
        """Folds all records into one with `f(accumulator, r)`. The first accumulator is None."""
        self.gearsCtx.accumulate(f)
        return self

    @_checked
    def collect(self):
        """Moves the records of all shards to the shard that started the execution."""
        self.gearsCtx.collect()
        return self

    @_checked
    def count(self):
        """Replaces all records by their number."""
        self.gearsCtx.count()
        return self

    @_checked
    def countby(self, extractor=lambda x: x):
        """Counts the records by `extractor(r)`, as `{'key': .., 'value': ..}`."""
        self.gearsCtx.countby(extractor)
        return self

    @_checked
    def groupby(self, extractor, reducer):
        """Folds the records of each `extractor(r)` with `reducer(key, accumulator, r)`.

        The first accumulator is None.
        """
        self.gearsCtx.groupby(extractor, reducer)
        return self

    @_checked
    def localgroupby(self, extractor, reducer):
        """Like `groupby`, but on each shard separately."""
        self.gearsCtx.localgroupby(extractor, reducer)
        return self

    @_checked
    def batchgroupby(self, extractor, reducer):
        """Replaces the records of each `extractor(r)` by `reducer(key, records)`."""
        self.gearsCtx.batchgroupby(extractor, reducer)
        return self

    @_checked
    def repartition(self, extractor):
        """Moves each record to the shard that owns `extractor(r)`."""
        self.gearsCtx.repartition(extractor)
        return self

    @_checked
    def limit(self, length, start=0):
        """Skips `start` records, then passes on at most `length` records."""
        self.gearsCtx.limit(length, start)
        return self

    # -- composed operations

    @_checked
    def aggregate(self, zero, seqOp, combOp):
        """Folds the records of each shard with `seqOp`, and the shards' results with `combOp`."""
        _check_functions("aggregate", seqOp, combOp)
        self.gearsCtx.accumulate(lambda a, r: seqOp(a if a else copy.deepcopy(zero), r))
        self.gearsCtx.collect()
        self.gearsCtx.accumulate(lambda a, r: combOp(a if a else copy.deepcopy(zero), r))
        return self

    @_checked
    def __localAggregateby__(self, extractor, zero, aggregator):
        """The first half of `aggregateby`: the groups of each shard."""
        _check_functions("aggregateby", aggregator)
        self.gearsCtx.localgroupby(
            extractor, lambda k, a, r: aggregator(k, a if a else copy.deepcopy(zero), r)
        )
        return self

    @_checked
    def aggregateby(self, extractor, zero, seqOp, combOp):
        """`aggregate` for each group. The functions get the key of the group as first argument."""
        _check_functions("aggregateby", seqOp, combOp)
        self.__localAggregateby__(extractor, zero, seqOp)
        self.gearsCtx.groupby(
            lambda r: r["key"],
            lambda k, a, r: combOp(k, a if a else copy.deepcopy(zero), r["value"]),
        )
        return self

    @_checked
    def sort(self, reverse=True):
        """Sorts all records: ascending, or descending with `reverse=False`."""

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
        # `flatmap` passes on the elements of a list from the last one to the first one.
        self.gearsCtx.flatmap(lambda records: sorted(records, reverse=reverse))
        return self

    @_checked
    def distinct(self):
        """Passes on each different record once. Records must be hashable."""

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

    @_checked
    def avg(self, extractor=lambda x: float(x)):
        """Replaces all records by the average of `extractor(r)`."""
        _check_functions("avg", extractor)
        self.gearsCtx.map(extractor)
        self.aggregate(
            (0, 0),
            lambda a, x: (a[0] + x, a[1] + 1),
            lambda a, x: (a[0] + x[0], a[1] + x[1]),
        )
        self.gearsCtx.map(lambda a: a[0] / a[1])
        return self

    # -- ends

    @_checked
    def run(self, arg=None, convertToStr=True, collect=True, **kargs):
        """Starts an execution of the chain, and returns a `GearsFuture`."""
        if convertToStr:
            self.gearsCtx._to_text()
        if collect:
            self.gearsCtx.collect()
        if arg is None or self.reader == "ShardsIDReader":
            arg = self.defaultArg
        if self.reader == "KeysOnlyReader":
            arg = _names_only(self, arg, kargs)
        return GearsFuture(self.gearsCtx.run(arg, **kargs))

    @_checked
    def register(self, prefix="*", convertToStr=True, collect=True, **kargs):
        """Registers the chain, so that it runs for each event."""
        if convertToStr:
            self.gearsCtx._to_text()
        if collect:
            self.gearsCtx.collect()
        return self.gearsCtx.register(prefix, **kargs)

    # The options that RedisGears does not have. Clients ask for them.
    register.own_options = ("maxRetries", "retryBackoff", "maxRetryInterval", "deadLetter")


# -- KeysOnlyReader


def _names_only(builder, pattern, kargs):
    """Changes the arguments of `run` for `KeysReader`, so that it reads no values.

    Returns the pattern to read.
    """
    generator = kargs.pop("patternGenerator", None)
    if generator is not None:
        pattern, kargs["noScan"] = generator()
    kargs.pop("count", None)
    kargs["readValue"] = False
    _names_only_options[builder]["only_existing"] = kargs.get("noScan", False)
    return pattern


def _names(key, options):
    """The record of `KeysOnlyReader` for a key.

    `KeysReader` gives a record for an exact name even if the key does not exist, so this checks it.
    """
    if options["only_existing"] and not _exists(key):
        return []
    return [key]


def _exists(key):
    """Whether this shard has the key."""
    try:
        return redisgears.executeCommand("EXISTS", key)
    except Exception as e:
        # Another shard has it, if there is one.
        if "non local key" in str(e):
            return False
        raise


GB = _guard_class(GearsBuilder)
