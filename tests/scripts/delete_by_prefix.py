# Deletes all keys that begin with `session:`, and returns their number.
deleting = GB()
deleting.map(lambda record: record["key"])
deleting.foreach(lambda key: execute("DEL", key))
deleting.count()
deleting.run("session:*")
