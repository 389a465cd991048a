"""The rows that commands of the server answer, as objects. `redgrease.data` publishes them.

Fields that a class does not have are left out: newer servers answer more of them.
"""

import ast
import dataclasses

from .ids import ExecID, ExecutionResult, ExecutionStatus
from .host import loads
from .utils import bool_ok, list_parser, optional, safe_bool, safe_str, to_kwargs


class RedisObject:
    """Base class of rows. A subclass is a dataclass; `_parsers` has a function for some fields."""

    _parsers = {}

    def __post_init__(self):
        for name, parse in self._parsers.items():
            object.__setattr__(self, name, parse(getattr(self, name)))

    @classmethod
    def from_redis(cls, params):
        """Makes the object from a list in which names and values alternate."""
        names = {field.name for field in dataclasses.fields(cls)}
        given = to_kwargs(params)
        return cls(**{name: value for name, value in given.items() if name in names})


class _Words(ast.NodeTransformer):
    """Replaces the words that are no Python in the summary of a session."""

    _VALUES = {"false": False, "true": True, "null": None}

    def visit_Name(self, node):
        return ast.copy_location(ast.Constant(self._VALUES.get(node.id, node.id)), node)


def parse_PD(value):
    """Parses the field `PD` of a registration: the summary of its session."""
    return dict(ast.literal_eval(_Words().visit(ast.parse(safe_str(value), mode="eval"))))


@dataclasses.dataclass(frozen=True)
class ExecutionInfo(RedisObject):
    """An execution, as `RG.DUMPEXECUTIONS` lists it."""

    executionId: ExecID
    status: ExecutionStatus
    registered: bool

    _parsers = {
        "executionId": ExecID.parse,
        "status": ExecutionStatus,
        "registered": safe_bool,
    }


@dataclasses.dataclass(frozen=True)
class RegData(RedisObject):
    """The statistics and the arguments of a registration."""

    mode: str
    numTriggered: int
    numSuccess: int
    numFailures: int
    numAborted: int
    lastError: str
    args: dict
    status: bool = None

    _parsers = {"mode": safe_str, "args": to_kwargs, "status": optional(bool_ok)}


@dataclasses.dataclass(frozen=True)
class Registration(RedisObject):
    """A registration, as `RG.DUMPREGISTRATIONS` lists it."""

    id: ExecID
    reader: str
    desc: str
    RegistrationData: RegData
    PD: dict = dataclasses.field(repr=False)
    ExecutionThreadPool: str = None

    _parsers = {
        "id": ExecID.parse,
        "reader": safe_str,
        "RegistrationData": RegData.from_redis,
        "PD": parse_PD,
        "ExecutionThreadPool": safe_str,
    }


@dataclasses.dataclass(frozen=True)
class ExecutionStep(RedisObject):
    """An operation of an execution. `duration` is in milliseconds, and 0 without profiling."""

    type: str
    duration: int
    name: str
    arg: str

    _parsers = {"type": safe_str, "name": safe_str, "arg": safe_str}


@dataclasses.dataclass(frozen=True)
class ExecutionPlan(RedisObject):
    """The progress of an execution on one shard, as `RG.GETEXECUTION` answers it."""

    status: ExecutionStatus
    shards_received: int
    shards_completed: int
    results: int
    errors: list
    total_duration: int
    read_duration: int
    steps: list

    _parsers = {"status": ExecutionStatus, "steps": list_parser(ExecutionStep.from_redis)}

    @staticmethod
    def parse(res):
        """The plans of a reply by the ids of their shards."""
        shards = [to_kwargs(shard) for shard in res]
        return {
            safe_str(shard["shard_id"]): ExecutionPlan.from_redis(shard["execution_plan"])
            for shard in shards
        }


@dataclasses.dataclass(frozen=True)
class ShardInfo(RedisObject):
    """A shard of a cluster."""

    id: str
    ip: str
    port: int
    unixSocket: str
    runid: str
    minHslot: int
    maxHslot: int
    pendingMessages: int

    _parsers = {"id": safe_str, "ip": safe_str, "unixSocket": safe_str, "runid": safe_str}


@dataclasses.dataclass(frozen=True)
class ClusterInfo(RedisObject):
    """The shards of a cluster, as `RG.INFOCLUSTER` answers them."""

    my_id: str
    my_run_id: str
    shards: list

    _parsers = {"shards": list_parser(ShardInfo.from_redis)}

    @staticmethod
    def parse(res):
        """The information of a reply. None without a cluster."""
        if not res or safe_str(res) == "no cluster mode":
            return None
        _, my_id, _, my_run_id, shards = res[:5]
        return ClusterInfo(safe_str(my_id), safe_str(my_run_id), shards)


@dataclasses.dataclass(frozen=True)
class PyStats(RedisObject):
    """The memory of the Python interpreter in bytes, as `RG.PYSTATS` answers it."""

    TotalAllocated: int
    PeakAllocated: int
    CurrAllocated: int


def _wheels(value):
    return safe_str(value) if isinstance(value, bytes) else [safe_str(wheel) for wheel in value]


@dataclasses.dataclass(frozen=True)
class PyRequirementInfo(RedisObject):
    """A requirement, as `RG.PYDUMPREQS` lists it."""

    GearReqVersion: int
    Name: str
    IsDownloaded: bool
    IsInstalled: bool
    CompiledOs: str
    Wheels: list

    _parsers = {
        "Name": safe_str,
        "IsDownloaded": safe_bool,
        "IsInstalled": safe_bool,
        "CompiledOs": safe_str,
        "Wheels": _wheels,
    }


def _unpickled(values):
    """The values behind pickles, or the values as they are if one of them is no pickle."""
    try:
        return [loads(bytes(value)) for value in values]
    except Exception:
        # Bytes that are no pickle raise many kinds of exceptions.
        return values


def _alone(values):
    """The only value of a list, or the list."""
    return values[0] if isinstance(values, list) and len(values) == 1 else values


def _is_pickle(value):
    return isinstance(value, (bytes, bytearray)) and value[:1] == b"\x80" and value[-1:] == b"."


def _results(values):
    if isinstance(values, list) and values and all(map(_is_pickle, values)):
        values = _unpickled(values)
    return _alone(values)


def parse_execute_response(response):
    """The result of a reply of `RG.PYEXECUTE`, `RG.GETRESULTS` or `RG.GETRESULTSBLOCKING`.

    Results that are pickles are unpickled, so the reply must come from a server that you trust.
    """
    if bool_ok(response):
        return ExecutionResult(True)
    if isinstance(response, list) and len(response) == 2:
        results, errors = response
        return ExecutionResult(_results(results), errors)
    if isinstance(response, (bytes, bytearray)):
        return ExecutionResult(ExecID.parse(bytes(response)))
    return ExecutionResult(response)


def parse_trigger_response(response):
    """The result of a reply of `RG.TRIGGER`. It is unpickled as in `parse_execute_response`."""
    return ExecutionResult(_results(response))
