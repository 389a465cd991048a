"""Counts keys or words with redis-py.

Arguments: the URL of a server, a way, and a job.

- `server`: one server; SCAN, and MGET together with the next SCAN.
- `cluster`: the cluster client; SCAN on each node, and a pipeline of GET.
- `slots`: the nodes of the cluster client; for each slot CLUSTER GETKEYSINSLOT, and MGET together with the next slots.

Prints the seconds, the number of different items and the number of all items.
"""

import sys
import time

import redis
from redis.cluster import RedisCluster

# Slots that are read in one round trip.
SLOTS = 16


def add(counts, values):
    for value in values:
        for word in value.split():
            counts[word] = counts.get(word, 0) + 1


class Server:
    def __init__(self, url):
        self.client = redis.Redis.from_url(url)
        self.client.ping()

    def count(self):
        return 1, scanned(lambda cursor: self.client.scan(cursor, count=1000))

    def word_count(self):
        counts = {}
        cursor, keys = 0, []
        more = True
        while more or keys:
            pipe = self.client.pipeline(transaction=False)
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
            add(counts, values)
        return counts


def scanned(scan):
    cursor, found = 0, 0
    while True:
        cursor, keys = scan(cursor)
        found += len(keys)
        if cursor == 0:
            return found


class Cluster:
    def __init__(self, url):
        self.client = RedisCluster.from_url(url)
        self.nodes = self.client.get_primaries()

    def scan(self, cursor, node):
        cursors, keys = self.client.scan(cursor, count=1000, target_nodes=node)
        return cursors[node.name], keys

    def count(self):
        return 1, sum(scanned(lambda cursor: self.scan(cursor, node)) for node in self.nodes)

    def word_count(self):
        counts = {}
        for node in self.nodes:
            cursor, more = 0, True
            while more:
                cursor, keys = self.scan(cursor, node)
                more = cursor != 0
                pipe = self.client.pipeline()
                for key in keys:
                    pipe.get(key)
                add(counts, pipe.execute())
        return counts


class Slots(Cluster):
    def word_count(self):
        counts = {}
        served = {}
        for slot, (primary, *_) in self.client.nodes_manager.slots_cache.items():
            served.setdefault(primary.name, []).append(slot)
        for node in self.nodes:
            client = self.client.get_redis_connection(node)
            slots = served[node.name]
            lists = []
            while slots or lists:
                pipe = client.pipeline(transaction=False)
                for keys in lists:
                    pipe.mget(keys)
                asked, slots = slots[:SLOTS], slots[SLOTS:]
                for slot in asked:
                    pipe.execute_command("CLUSTER GETKEYSINSLOT", slot, 1000000)
                replies = pipe.execute()
                for values in replies[: len(lists)]:
                    add(counts, values)
                lists = [keys for keys in replies[len(lists) :] if keys]
        return counts


way = {"server": Server, "cluster": Cluster, "slots": Slots}[sys.argv[2]](sys.argv[1])
begun = time.perf_counter()
result = getattr(way, sys.argv[3])()
if isinstance(result, dict):
    result = len(result), sum(result.values())
print(time.perf_counter() - begun, *result)
