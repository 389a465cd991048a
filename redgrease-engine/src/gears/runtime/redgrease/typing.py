"""Types for annotations: the arguments of operations, and values of Redis."""

from typing import Any, Callable, Dict, Hashable, Iterable, Optional, Type, TypeVar, Union

T = TypeVar("T")
Val = TypeVar("Val")
Key = TypeVar("Key", contravariant=True)
InputRecord = TypeVar("InputRecord", contravariant=True)
OutputRecord = TypeVar("OutputRecord", covariant=True)

# A type or a function with one argument.
Constructor = Union[Type[T], Callable[[Any], T]]

# Values that Redis stores.
RedisType = Union[bytes, int, float]
# Values that commands accept.
SafeType = Union[bytes, int, float, str]
# Values that can be converted for a command.
SupportedType = Union[bool, str, bytes, int, float]
# Names of keys.
RedisKey = Union[str, bytes]
# Records of readers.
Record = Dict

# onRegistered
Registrator = Callable[[], None]
# groupby and similar operations, repartition, avg
Extractor = Callable[[InputRecord], Key]
# map
Mapper = Callable[[InputRecord], OutputRecord]
# flatmap
Expander = Callable[[InputRecord], Iterable[OutputRecord]]
# foreach
Processor = Callable[[InputRecord], None]
# filter
Filterer = Callable[[InputRecord], bool]
# accumulate, aggregate: takes an accumulator and a record
Accumulator = Callable[[T, InputRecord], T]
# groupby, localgroupby, aggregateby: takes a key, an accumulator and a record
Reducer = Callable[[Key, T, InputRecord], T]
# batchgroupby: takes a key and its records
BatchReducer = Callable[[Key, Iterable[InputRecord]], OutputRecord]
