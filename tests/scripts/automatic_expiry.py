# Lets every written key expire after an hour.
GB().foreach(lambda record: execute("EXPIRE", record["key"], 3600)).register(
    "*", mode="sync", readValue=False
)
