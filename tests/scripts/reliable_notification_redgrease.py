# Records every change of a person in the order of the changes.
from redgrease import KeysReader, cmd


def note(record):
    cmd.xadd("notes", {"key": record.key, "event": record.event, "value": str(record.value)})


KeysReader().records().foreach(note).register(
    "person:*", eventTypes=["hset", "hdel"], mode="sync"
)
