"""Classes for the records of readers."""


class Record:
    """A key with its name, value, type and event."""

    def __init__(self, key, value=None, type=None, event=None, **kwargs):
        if not key:
            raise ValueError("a record needs a key, not %r" % (key,))
        self.key = _name(key)
        self.value = value
        self.type = type
        self.event = event
        # Fields that readers of other versions may add.
        self.kwargs = kwargs

    def __repr__(self):
        return _shown(self, "key value type event")

    def __eq__(self, other):
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None


class StreamRecord:
    """A message with the name of its stream, its id, and its fields with their values."""

    def __init__(self, key, id=None, value=None, **kwargs):
        if not key:
            raise ValueError("a record needs a key, not %r" % (key,))
        self.key = _name(key)
        self.id = id
        self.value = value
        self.kwargs = kwargs

    def __repr__(self):
        return _shown(self, "key id value")

    __eq__ = Record.__eq__
    __hash__ = None


def record(rec):
    """Makes a `Record` from a reader's dictionary, the name of a key, or a `Record`."""
    return _made(Record, rec)


def stream_record(rec):
    """Makes a `StreamRecord` from a reader's dictionary, the name of a key, or a `StreamRecord`."""
    return _made(StreamRecord, rec)


def _made(kind, rec):
    if isinstance(rec, kind):
        return rec
    return kind(**rec) if isinstance(rec, dict) else kind(rec)


def _name(key):
    # A name that is not UTF-8 stays bytes.
    return key.decode("utf-8", "ignore") if isinstance(key, bytes) and _is_text(key) else key


def _is_text(raw):
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _shown(value, names):
    fields = ("%s=%r" % (name, getattr(value, name)) for name in names.split())
    return "%s(%s)" % (type(value).__name__, ", ".join(fields))
