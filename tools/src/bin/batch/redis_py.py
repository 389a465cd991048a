"""Counts keys or words with redis-py: SCAN, and MGET together with the next SCAN.

Prints the seconds, the number of different items and the number of all items.
"""

import sys
import time

import redis


def count(client):
    cursor, found = 0, 0
    while True:
        cursor, keys = client.scan(cursor, count=1000)
        found += len(keys)
        if cursor == 0:
            return 1, found


def word_count(client):
    counts = {}
    cursor, keys = 0, []
    more = True
    while more or keys:
        pipe = client.pipeline(transaction=False)
        if keys:
            pipe.mget(keys)
        if more:
            pipe.scan(cursor, count=1000)
        replies = pipe.execute()
        values = replies[0] if keys else []
        keys = []
        if more:
            cursor, keys = replies[-1]
            more = cursor != 0
        for value in values:
            for word in value.split():
                counts[word] = counts.get(word, 0) + 1
    return len(counts), sum(counts.values())


client = redis.Redis.from_url(sys.argv[1])
client.ping()
begun = time.perf_counter()
different, total = {"count": count, "word_count": word_count}[sys.argv[2]](client)
print(time.perf_counter() - begun, different, total)
