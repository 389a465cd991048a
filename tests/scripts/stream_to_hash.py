# Stores each message of a stream as a hash that is named after its id.
def store(message):
    fields = [word for field in message["value"].items() for word in field]
    execute("HSET", message["id"], *fields)


GB("StreamReader").foreach(store).register("readings")
