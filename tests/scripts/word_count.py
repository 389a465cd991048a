# How often each word occurs in the texts of all keys.
counter = GearsBuilder("KeysReader")
counter.flatmap(lambda record: record["value"].split())
counter.countby()
counter.run()
