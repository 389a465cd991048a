"""Records of readers as objects with attributes."""


class Record:
    """A key: its name, its value, its type, and what happened to it."""

    def __init__(self, key, value=None, type=None, event=None, **kwargs):
        if not key:
            raise ValueError("a record needs a key, and %r is none" % (key,))
        self.key = _name(key)
        self.value = value
        self.type = type
        self.event = event
        # What readers of other versions may add.
        self.kwargs = kwargs

    def __repr__(self):
        return _shown(self, "key value type event")

    def __eq__(self, other):
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None


class StreamRecord:
    """A message: the stream's name, the id, and the fields with their values."""

    def __init__(self, key, id=None, value=None, **kwargs):
        if not key:
            raise ValueError("a record needs a key, and %r is none" % (key,))
        self.key = _name(key)
        self.id = id
        self.value = value
        self.kwargs = kwargs

    def __repr__(self):
        return _shown(self, "key id value")

    __eq__ = Record.__eq__
    __hash__ = None


def record(rec):
    """A `Record` of a reader's dictionary, of a key, or of a record."""
    return _made(Record, rec)


def stream_record(rec):
    """A `StreamRecord` of a reader's dictionary, of a key, or of a record."""
    return _made(StreamRecord, rec)


def _made(kind, rec):
    if isinstance(rec, kind):
        return rec
    return kind(**rec) if isinstance(rec, dict) else kind(rec)


def _name(key):
    # Names that are not UTF-8 stay bytes.
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
