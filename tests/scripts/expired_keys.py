# Adds expired keys to a stream, and handles the stream in batches.
def remember(record):
    execute("XADD", "expired:{%s}" % hashtag(), "*", "name", record["key"])


def handle(message):
    execute("LPUSH", "handled", message["value"]["name"])
    log("expired: %s" % message["value"]["name"])


GB("KeysReader").foreach(remember).register(
    prefix="*", mode="sync", eventTypes=["expired"], readValue=False
)
GB("StreamReader").foreach(handle).register(prefix="expired:*", batch=100, duration=1)
