"""Ids, states and results of executions, and the rows that commands of the server answer."""

from .ids import ExecID, ExecLocality, ExecutionResult, ExecutionStatus
from .rows import (
    ClusterInfo,
    ExecutionInfo,
    ExecutionPlan,
    ExecutionStep,
    PyRequirementInfo,
    PyStats,
    RedisObject,
    RegData,
    Registration,
    ShardInfo,
    parse_execute_response,
    parse_PD,
    parse_trigger_response,
)
from .typing import T
from .utils import (
    bool_ok,
    list_parser,
    optional,
    safe_bool,
    safe_str,
    str_if_bytes,
    to_bytes,
    to_dict,
    to_kwargs,
)
