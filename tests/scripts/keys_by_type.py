# Collects the names of all keys, in one set for each type.
by_type = GB()
by_type.aggregateby(
    lambda record: record["type"],
    set(),
    lambda kind, names, record: names | {record["key"]},
    lambda kind, names, more: names | more,
)
by_type.map(lambda group: "%s: %s" % (group["key"], sorted(group["value"])))
by_type.run()
