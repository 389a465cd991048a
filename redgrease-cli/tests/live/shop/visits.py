def note(record):
    execute("HINCRBY", "visits", record["key"].split(":")[1], 1)


GB("KeysReader", desc="counts visits").foreach(note).register(
    prefix="visit:*", eventTypes=["set"], readValue=False
)
