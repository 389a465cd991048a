"""Commands of the server, of Lua scripts, of channels and of geographic positions."""

from datetime import datetime

from .replies import info, is_ok, native_mapping, number, ok_or


class Server:
    """Base class of `Client` with commands of the server and of Lua scripts, among others."""

    def ping(self):
        return self.execute_command("PING") == b"PONG"

    def echo(self, value):
        return self.execute_command("ECHO", value)

    def time(self):
        seconds, microseconds = self.execute_command("TIME")
        return int(seconds), int(microseconds)

    def dbsize(self):
        return self.execute_command("DBSIZE")

    def flushdb(self, asynchronous=False):
        return is_ok(self.execute_command("FLUSHDB", *(["ASYNC"] if asynchronous else [])))

    def flushall(self, asynchronous=False):
        return is_ok(self.execute_command("FLUSHALL", *(["ASYNC"] if asynchronous else [])))

    def info(self, section=None):
        return info(self.execute_command("INFO", *([] if section is None else [section])))

    def lastsave(self):
        return datetime.fromtimestamp(self.execute_command("LASTSAVE"))

    def config_get(self, pattern="*"):
        return native_mapping(self.execute_command("CONFIG GET", pattern))

    def config_set(self, name, value):
        return is_ok(self.execute_command("CONFIG SET", name, value))

    # -- Lua scripts

    def eval(self, script, numkeys, *keys_and_args):
        return self.execute_command("EVAL", script, numkeys, *keys_and_args)

    def evalsha(self, sha, numkeys, *keys_and_args):
        return self.execute_command("EVALSHA", sha, numkeys, *keys_and_args)

    def script_load(self, script):
        return self.execute_command("SCRIPT LOAD", script).decode()

    def script_exists(self, *args):
        return [bool(there) for there in self.execute_command("SCRIPT EXISTS", *args)]

    def script_flush(self):
        return ok_or(self.execute_command("SCRIPT FLUSH"))

    # -- channels

    def publish(self, channel, message):
        return self.execute_command("PUBLISH", channel, message)

    # -- geographic positions

    def geoadd(self, name, *values):
        return self.execute_command("GEOADD", name, *values)

    def geodist(self, name, place1, place2, unit=None):
        words = [] if unit is None else [unit]
        return number(self.execute_command("GEODIST", name, place1, place2, *words))

    def geohash(self, name, *values):
        return self.execute_command("GEOHASH", name, *values)

    def geopos(self, name, *values):
        places = self.execute_command("GEOPOS", name, *values)
        return [None if place is None else tuple(map(float, place)) for place in places]
