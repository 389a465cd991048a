"""Uses the published client as a program would. Stops at the first unexpected result.

Arguments: the port of a server on this machine, and the directory of the scripts.
"""

import os
import sys
import time
from operator import add

import redgrease
import redis

PORT, SCRIPTS = int(sys.argv[1]), sys.argv[2]

server = redgrease.RedisGears(port=PORT)
plain = redis.Redis(port=PORT)


def fails(function, kind):
    """The text of the exception, which must be of this kind."""
    try:
        result = function()
    except kind as error:
        return str(error)
    raise AssertionError("no %s was raised, there is a result: %r" % (kind.__name__, result))


def becomes(function, expected):
    """Waits until a function returns the expected value."""
    begun = time.monotonic()
    while True:
        value = function()
        if value == expected:
            return
        assert time.monotonic() < begun + 10, (value, expected)
        time.sleep(0.01)


def fill():
    server.flushall()
    server.mset({"one-fighter": 2021, "two-fighter": 63, "three-fighter": -747})
    server.hset("noodle", mapping={"spam": "eggs", "meaning": 8})
    server.xadd("transactions:0", {"amount": 1000})


def connecting():
    assert server.ping()
    assert server.gears.gears_version() == (1, 2, 13), server.gears.gears_version()
    assert server.gears.python_version()[:2] == sys.version_info[:2]
    assert server.gears.pystats().CurrAllocated > 0
    assert server.gears.infocluster() is None
    assert server.gears.refreshcluster()


def configuration():
    config = server.gears.config
    assert config.MaxExecutions == 1000
    config.MaxExecutions = 500
    assert config.get("MaxExecutions", "ProfileExecutions") == {
        "MaxExecutions": 500,
        "ProfileExecutions": False,
    }
    assert config.ExecutionThreads == 3
    assert config.PythonAttemptTraceback is True
    assert os.path.isdir(config.PythonInstallationDir)


def strings():
    fill()
    gears = server.gears
    assert gears.pyexecute() == True
    assert len(list(gears.pyexecute("GearsBuilder('KeysReader').run()"))) == 5
    assert int(gears.pyexecute("GearsBuilder('KeysReader').count().run()")) == 5
    failed = gears.pyexecute("GB().map(lambda record: 1 / 0).run()")
    assert b"ZeroDivisionError" in failed.errors[0], failed.errors


def executions():
    fill()
    gears = server.gears
    id = gears.pyexecute("GB().count().run()", unblocking=True).value
    assert int(gears.getresultsblocking(id)) == 5
    assert [info.executionId for info in gears.dumpexecutions(status="done")] == [id]
    (plan,) = gears.getexecution(id).values()
    assert plan.status == "done" and plan.results == 1 and plan.steps, plan
    assert int(gears.getresults(id)) == 5
    assert gears.abortexecution(id)
    assert gears.dropexecution(id)
    assert gears.dumpexecutions() == []


def script_files():
    server.flushall()
    server.mset({"1": "to be or not", "2": "not to be"})
    path = os.path.join(SCRIPTS, "word_count.py")
    assert len(server.gears.pyexecute(path).value) == 4
    # Once with what the engine has, once with the published package.
    path = os.path.join(SCRIPTS, "word_count_redgrease.py")
    for enforce in (False, True):
        counts = server.gears.pyexecute(path, enforce_redgrease=enforce)
        assert len(counts.value) == 4 and not counts.errors, counts


def function_objects():
    fill()
    assert server.gears.pyexecute(redgrease.KeysReader().count().run()) == 5
    numbers = redgrease.KeysReader("*-fighter").values().map(int)
    assert numbers.aggregate(0, add).run(on=server) == 1337
    assert sorted(server.gears.pyexecute(numbers)) == [-747, 63, 2021]
    by_type = redgrease.KeysReader().aggregateby(
        lambda record: record["type"],
        set(),
        lambda _, keys, record: keys | {record["key"]},
        lambda _, keys, more: keys | more,
    )
    found = {group["key"]: group["value"] for group in by_type.run().on(server)}
    assert found["hash"] == {"noodle"} and len(found["string"]) == 3, found
    merged = by_type.map(lambda group: {group["key"]: len(group["value"])}).aggregate(
        {}, lambda all, one: {**all, **one}
    )
    assert merged.run(on=server).value["string"] == 3
    failed = redgrease.KeysReader().map(lambda record: 1 / 0).run(on=server)
    assert b"ZeroDivisionError" in failed.errors[0], failed.errors
    built = redgrease.GearsBuilder()
    built.map(lambda record: record["key"])
    built.filter(lambda key: key.startswith("t"))
    assert sorted(built.run(on=server)) == ["three-fighter", "transactions:0", "two-fighter"]


def commands():
    @redgrease.command(on=server)
    def double(number):
        return 2 * int(number)

    assert double(21) == 42
    assert server.gears.trigger("double", 4) == 8

    def again(**options):
        @redgrease.command(on=server, **options)
        def double(number):
            return "another one"

        return double

    fails(again, redgrease.exceptions.DuplicateTriggerError)
    assert again(replace=False)(4) == 8

    @redgrease.command(requirements=["six"])
    def remember(key, value):
        import six

        redgrease.log("remembering %s" % key)
        if not redgrease.cmd.exists(key):
            redgrease.cmd.set(key, six.binary_type(value))
        # What is no text comes as bytes.
        return bytes(redgrease.cmd.get(key))

    assert remember.on(server)("kept", b"\xff\x01") == b"\xff\x01"
    assert server.get("kept") == b"\xff\x01"


def events():
    redgrease.KeysReader().keys().foreach(lambda key: redgrease.cmd.expire(key, 3600)).register(
        "expiring:*", mode="sync", readValue=False
    ).on(server)
    server.set("expiring:1", "x")
    assert server.ttl("expiring:1") == 3600
    redgrease.StreamReader().values().foreach(
        lambda fields: redgrease.cmd.hset("received", mapping=fields)
    ).register("orders:*", on=server)
    server.xadd("orders:1", {"item": "tea"})
    becomes(lambda: server.hgetall("received"), {b"item": b"tea"})


def registrations():
    # The client does not know the fields that came with RedisGears 1.2.2.
    assert "lastRunDurationMS" in fails(server.gears.dumpregistrations, TypeError)
    ids = [row[1] for row in plain.execute_command("RG.DUMPREGISTRATIONS")]
    assert len(ids) == 4, ids
    for id in ids:
        assert server.gears.unregister(id)
    assert server.gears.dumpregistrations() == []
    assert "subcommand not found" in fails(
        lambda: plain.execute_command("RG.TRIGGER", "double", 1), redis.ResponseError
    )


for step in (
    connecting,
    configuration,
    strings,
    executions,
    script_files,
    function_objects,
    commands,
    events,
    registrations,
):
    step()
    print("ok", step.__name__, flush=True)
