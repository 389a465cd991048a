"""Uses the client as a program would. Argument: the port of a server on this machine."""

import sys

import gearsclient
import redis
from gearsclient import atomic, execute, gearsConfigGet, hashtag, log

server = redis.Redis(port=int(sys.argv[1]))


def GB(*args):
    return gearsclient.GearsRemoteBuilder(
        *args, r=server, requirements=[], addClientToRequirements=False
    )


def numbers():
    return GB().map(lambda record: int(record["value"]))


def is_equal(got, expected):
    assert got == (expected, []), (got, expected)


def sorts(run, expected):
    results, errors = run
    assert sorted(results, key=str) == expected and not errors, (run, expected)


for number in range(10):
    server.set("n:%d" % number, number)

sorts(numbers().run("n:*"), list(range(10)))
is_equal(numbers().filter(lambda number: number == 5).run("n:*"), [5])
is_equal(GB().count().run("n:*"), [10])
is_equal(numbers().avg().run("n:*"), [4.5])
is_equal(numbers().accumulate(lambda sum, number: (sum or 0) + number).run("n:*"), [45])
is_equal(
    numbers().aggregate(0, lambda sum, n: sum + n, lambda sum, n: sum + n).run("n:*"), [45]
)
sorts(GB().map(lambda record: len(record["key"])).distinct().run("n:*"), [3])
both = GB().flatmap(lambda record: [record["key"], record["value"]]).run("n:1")
sorts(both, ["1", "n:1"])
is_equal(numbers().sort().limit(2, 1).run("n:*"), [1, 2])
halves = [{"key": "0", "value": 20}, {"key": "1", "value": 25}]
sorts(
    numbers()
    .aggregateby(lambda n: n % 2, 0, lambda _, sum, n: sum + n, lambda _, sum, n: sum + n)
    .run("n:*"),
    halves,
)
sorts(
    numbers().localgroupby(lambda n: n % 2, lambda _, sum, n: (sum or 0) + n).run("n:*"), halves
)
sorts(
    numbers().map(lambda n: n % 2).countby().run("n:*"),
    [{"key": "0", "value": 5}, {"key": "1", "value": 5}],
)
sorts(numbers().repartition(lambda n: n).run("n:*"), list(range(10)))
sorts(GB("KeysOnlyReader").map(lambda key: execute("get", key)).run("n:1"), ["1"])


def generate():
    yield from range(3)


sorts(GB("PythonReader").run(generate), [0, 1, 2])


def everything(_):
    with atomic():
        execute("incr", "counted")
    log("seen by a gear")
    return bool(hashtag()), gearsConfigGet("no_such_setting", "the default")


is_equal(GB("ShardsIDReader").map(everything).run(), [(True, "the default")])
assert server.get("counted") == b"1"

failed = numbers().map(lambda n: 1 // n).run("n:0")
assert "ZeroDivisionError" in str(failed[1]), failed

GB("CommandReader").map(lambda words: words[1] * 2).register("*", trigger="twice")
assert server.execute_command("RG.TRIGGER", "twice", "ab") == [b"abab"]
GB().foreach(lambda record: execute("incr", "seen")).register("event:*", mode="sync")
server.set("event:1", 1)
assert server.get("seen") == b"1"
