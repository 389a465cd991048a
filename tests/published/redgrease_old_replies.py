"""Uses the parts of the published client that read replies of RedisGears 1.0 only.

Arguments: the port of a server with `CompatibleReplies 1.0` on this machine, and a directory for scripts, which is empty.
"""

import os
import subprocess
import sys
import time

import redgrease
import redgrease.data
import redgrease.loader
import redis

PORT, SCRIPTS = int(sys.argv[1]), sys.argv[2]
COMMAND_LINE = os.path.join(os.path.dirname(sys.executable), "redgrease")

server = redgrease.RedisGears(port=PORT)
plain = redis.Redis(port=PORT)


def becomes(function, expected):
    """Waits until a function returns the expected value."""
    begun = time.monotonic()
    while True:
        value = function()
        if value == expected:
            return
        assert time.monotonic() < begun + 30, (value, expected)
        time.sleep(0.01)


def write(name, text):
    path = os.path.join(SCRIPTS, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def trigger(name):
    """The reply of a trigger, or the error."""
    try:
        return plain.execute_command("RG.TRIGGER", name)
    except redis.ResponseError as error:
        return str(error).partition(":")[0]


def cleanup(r):
    """Empties a server, as the manual of the client does in its listing 24."""
    for reg in r.gears.dumpregistrations():
        r.gears.unregister(reg.id)
    for exe in r.gears.dumpexecutions():
        r.gears.dropexecution(str(exe.executionId))
    r.flushall()
    return len(r.keys()) == 0


def registrations():
    server.gears.pyexecute(
        "GB('CommandReader', desc='it\\'s told').map(lambda r: 'called').register(trigger='told')"
    )
    server.gears.pyexecute("GB('KeysReader').map(lambda r: 1).register('k:*')")
    server.gears.pyexecute("GB('StreamReader').map(lambda r: 1).register('s:*')")
    server.set("k:1", "x")
    assert trigger("told") == [b"called"]
    rows = {row.reader: row for row in server.gears.dumpregistrations()}
    assert set(rows) == {"CommandReader", "KeysReader", "StreamReader"}, rows
    told = rows["CommandReader"]
    assert isinstance(told.RegistrationData, redgrease.data.RegData)
    assert told.RegistrationData.args["trigger"] == b"told"
    assert told.RegistrationData.numSuccess == 1
    assert told.PD["refCount"] == 1 and told.PD["depsList"] == [], told.PD
    assert rows["StreamReader"].RegistrationData.status is True
    assert [row.reader for row in server.gears.dumpregistrations(reader="KeysReader")] == ["KeysReader"]


def requirements():
    assert server.gears.pyexecute(requirements=["six"]) == True
    (row,) = server.gears.pydumpreqs()
    assert row.Name == "six" and row.IsInstalled and row.IsDownloaded and row.Wheels, row
    assert server.gears.pydumpreqs(name="six", is_installed=True) == [row]


def the_manual_cleans_up():
    server.gears.pyexecute("GB().count().run()", unblocking=True)
    becomes(lambda: [one.status.name for one in server.gears.dumpexecutions(registered=False)], ["done"])
    assert cleanup(server)
    assert server.gears.dumpregistrations() == [] and server.gears.dumpexecutions() == []


def replacing():
    @redgrease.command(on=server)
    def double(number):
        return 2 * int(number)

    assert double(21) == 42

    @redgrease.command(on=server, replace=True)
    def double(number):
        return 3 * int(number)

    assert double(2) == 6
    assert len(server.gears.dumpregistrations()) == 1
    assert cleanup(server)


def command_line():
    path = write("first.py", "GB('CommandReader').map(lambda r: 'one').register(trigger='first')")
    write("requirements.txt", "six\n")
    subprocess.run([COMMAND_LINE, "--port", str(PORT), path], check=True)
    assert trigger("first") == [b"one"]
    index = plain.hget(redgrease.loader.default_index_prefix + path, "registration_id")
    assert [str(row.id) for row in server.gears.dumpregistrations()] == [index.decode()]
    # Again: the script is registered anew.
    subprocess.run([COMMAND_LINE, "--port", str(PORT), path], check=True)
    assert len(server.gears.dumpregistrations()) == 1 and trigger("first") == [b"one"]
    subprocess.run([COMMAND_LINE, "--port", str(PORT), SCRIPTS], check=True)
    assert len(server.gears.dumpregistrations()) == 1 and trigger("first") == [b"one"]
    assert "six" in [row.Name for row in server.gears.pydumpreqs()]


def hot_reload(begin, end):
    """Changes, adds and removes scripts while the loader watches them."""
    running = begin()
    try:
        # The loader may not watch the directory yet when it has loaded the scripts.
        for _ in range(30):
            write("first.py", "GB('CommandReader').map(lambda r: 'two').register(trigger='first')")
            time.sleep(1)
            if trigger("first") == [b"two"]:
                break
        assert trigger("first") == [b"two"]
        path = write("second.py", "GB('CommandReader').map(lambda r: '2nd').register(trigger='second')")
        becomes(lambda: trigger("second"), [b"2nd"])
        becomes(lambda: len(server.gears.dumpregistrations()), 2)
        os.remove(path)
        becomes(lambda: trigger("second"), "subcommand not found")
        becomes(lambda: len(server.gears.dumpregistrations()), 1)
        write("first.py", "GB('CommandReader').map(lambda r: 'one').register(trigger='first')")
        becomes(lambda: trigger("first"), [b"one"])
    finally:
        end(running)


def watching_command_line():
    def begin():
        return subprocess.Popen([COMMAND_LINE, "--port", str(PORT), "--watch", "0.2", "--recursive", SCRIPTS])

    def end(process):
        process.terminate()
        process.wait()

    hot_reload(begin, end)


def watching_loader():
    def begin():
        loader = redgrease.loader.GearsLoader(port=PORT, observe=0.2)
        loader.add_directory(directory=SCRIPTS, recursive=True)
        loader.start()
        return loader

    hot_reload(begin, lambda loader: loader.stop())
    assert cleanup(server)


for step in (
    registrations,
    requirements,
    the_manual_cleans_up,
    replacing,
    command_line,
    watching_command_line,
    watching_loader,
):
    step()
    print("ok", step.__name__, flush=True)
