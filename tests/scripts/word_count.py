# Counts each word in the values of all keys.
counter = GearsBuilder("KeysReader")
counter.flatmap(lambda record: record["value"].split())
counter.countby()
counter.run()
