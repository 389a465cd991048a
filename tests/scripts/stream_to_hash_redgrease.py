# Stores each message of a stream as a hash that is named after its id.
from redgrease import StreamReader, cmd

messages = StreamReader(desc="readings as hashes").records()
messages.foreach(lambda message: cmd.hset(message.id, mapping=message.value)).register("readings")
