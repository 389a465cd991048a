# UUIDs: text on the wire.
import uuid as _uuidlib


def _uuid_read(value):
    if type(value) is not str:
        raise _is_not(value, 'a UUID')
    try:
        return _uuidlib.UUID(value)
    except ValueError:
        raise _is_not(value, 'a UUID')


def _uuid_write(value):
    if isinstance(value, _uuidlib.UUID):
        return str(value)
    raise _is_not(value, 'a UUID: return `uuid.UUID(..)`')


_uuid = _textual(_uuid_read, _uuid_write)
