"""Ids, states and results of executions. `redgrease.data` publishes them."""

import enum


class ExecID:
    """The id of an execution or a registration: the id of a shard and a number."""

    def __init__(self, shard_id="0" * 40, sequence=0):
        self.shard_id = shard_id
        self.sequence = int(sequence)

    @staticmethod
    def parse(value):
        """Parses an id from text or bytes."""
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        shard_id, _, sequence = text.rpartition("-")
        if not shard_id or not sequence.isdigit():
            raise ValueError("%r is not an execution id: expected SHARD-NUMBER" % text)
        return ExecID(shard_id, sequence)

    def __str__(self):
        return "%s-%d" % (self.shard_id, self.sequence)

    def __bytes__(self):
        return str(self).encode()

    def __repr__(self):
        return "ExecID(%r, %d)" % (self.shard_id, self.sequence)

    def __eq__(self, other):
        return isinstance(other, ExecID) and str(other) == str(self)

    def __hash__(self):
        return hash(str(self))


class _Word(enum.Enum):
    """A word of a reply. It is equal to its text and to its bytes."""

    @classmethod
    def _missing_(cls, value):
        """The word for its text or its bytes, whichever the member was not defined with."""
        if isinstance(value, (str, bytes)):
            return next((word for word in cls if word == value), None)
        return None

    @property
    def _text(self):
        value = self.value
        return value.decode() if isinstance(value, bytes) else value

    def __eq__(self, other):
        if isinstance(other, (str, bytes)):
            return other in (self._text, self._text.encode())
        return self is other

    def __hash__(self):
        return hash(self._text)

    def __str__(self):
        return self._text


class ExecutionStatus(_Word):
    """The state of an execution."""

    created = b"created"
    running = b"running"
    done = b"done"
    aborted = b"aborted"
    pending_cluster = b"pending_cluster"
    pending_run = b"pending_run"
    pending_receive = b"pending_receive"
    pending_termination = b"pending_termination"


class ExecLocality(_Word):
    """The part of an execution that a command refers to."""

    Shard = "Shard"
    Cluster = "Cluster"


class ExecutionResult:
    """The value and the errors of an execution. It behaves like its value."""

    def __init__(self, value, errors=None):
        self.value = value
        self.errors = errors or []

    def _items(self):
        return self.value if isinstance(self.value, (list, tuple, set, dict)) else [self.value]

    def __iter__(self):
        return iter(self._items())

    def __len__(self):
        return len(self._items())

    def __getitem__(self, index):
        return self._items()[index]

    def __bool__(self):
        return bool(self.value)

    def __eq__(self, other):
        return self.value == (other.value if isinstance(other, ExecutionResult) else other)

    __hash__ = None

    def __str__(self):
        return str(self.value)

    def __repr__(self):
        errors = ", errors=%r" % self.errors if self.errors else ""
        return "ExecutionResult(%r%s)" % (self.value, errors)
