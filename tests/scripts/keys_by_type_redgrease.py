# Collects the names of all keys, in one set for each type.
from redgrease import KeysReader

by_type = KeysReader().aggregateby(
    lambda record: record["type"],
    set(),
    lambda kind, names, record: names | {record["key"]},
    lambda kind, names, more: names | more,
)
by_type.map(lambda group: "%s: %s" % (group["key"], sorted(group["value"]))).run()
