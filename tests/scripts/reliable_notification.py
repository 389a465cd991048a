# Records every change of a person in the order of the changes.
def note(record):
    fields = {"key": record["key"], "event": record["event"], "value": str(record["value"])}
    execute("XADD", "notes", "*", *sum(map(list, fields.items()), []))


GearsBuilder().foreach(note).register("person:*", eventTypes=["hset", "hdel"], mode="sync")
