# Adds expired keys to a stream, and handles the stream in batches.
from redgrease import KeysReader, StreamReader, cmd, hashtag3, log


def handle(fields):
    cmd.lpush("handled", fields["name"])
    log("expired: %s" % fields["name"])


KeysReader().keys(event="expired").foreach(
    lambda key: cmd.xadd("expired:" + hashtag3(), {"name": key})
).register(mode="sync", eventTypes=["expired"], readValue=False)
StreamReader().values().foreach(handle).register("expired:*", batch=100, duration=1)
