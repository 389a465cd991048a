"""The types of what operations take, for annotations."""

from typing import Any, Callable, Dict, Hashable, Iterable, Optional, Type, TypeVar, Union

T = TypeVar("T")
Val = TypeVar("Val")
Key = TypeVar("Key", contravariant=True)
InputRecord = TypeVar("InputRecord", contravariant=True)
OutputRecord = TypeVar("OutputRecord", covariant=True)

# A type, or a function of one argument.
Constructor = Union[Type[T], Callable[[Any], T]]

# What Redis stores, takes, and what can be made into that; names of keys; records of readers.
RedisType = Union[bytes, int, float]
SafeType = Union[bytes, int, float, str]
SupportedType = Union[bool, str, bytes, int, float]
RedisKey = Union[str, bytes]
Record = Dict

# onRegistered
Registrator = Callable[[], None]
# groupby and all like it, repartition, avg: the key of a record
Extractor = Callable[[InputRecord], Key]
Mapper = Callable[[InputRecord], OutputRecord]
# flatmap
Expander = Callable[[InputRecord], Iterable[OutputRecord]]
# foreach
Processor = Callable[[InputRecord], None]
Filterer = Callable[[InputRecord], bool]
# accumulate, aggregate: of an accumulator and a record
Accumulator = Callable[[T, InputRecord], T]
# groupby, localgroupby, aggregateby: of a key, an accumulator and a record
Reducer = Callable[[Key, T, InputRecord], T]
# batchgroupby: of a key and all its records
BatchReducer = Callable[[Key, Iterable[InputRecord]], OutputRecord]
