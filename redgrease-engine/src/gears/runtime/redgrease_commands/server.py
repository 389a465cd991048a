"""Commands of the server, its configuration and its clients."""

from datetime import datetime

from .exceptions import DataError
from .replies import info, is_ok, mapping, native, native_mapping, native_names, slow_command
from .words import counted, flag, option


class Server:
    """Base class of `Client` with commands of the server."""

    __slots__ = ()

    def ping(self):
        return self._run("PING") == b"PONG"

    def echo(self, value):
        return self._run("ECHO", value)

    def time(self):
        seconds, microseconds = self._run("TIME")
        return int(seconds), int(microseconds)

    def dbsize(self):
        return self._run("DBSIZE")

    def flushdb(self, asynchronous=False):
        return is_ok(self._run("FLUSHDB", *flag("ASYNC", asynchronous)))

    def flushall(self, asynchronous=False):
        return is_ok(self._run("FLUSHALL", *flag("ASYNC", asynchronous)))

    def swapdb(self, first, second):
        return is_ok(self._run("SWAPDB", first, second))

    def info(self, section=None, *args):
        return info(self._run("INFO", *(() if section is None else (section, *args))))

    def role(self):
        return self._run("ROLE")

    def lolwut(self, *version_numbers):
        return self._run("LOLWUT", *(("VERSION", *version_numbers) if version_numbers else ()))

    # -- saving

    def save(self):
        return is_ok(self._run("SAVE"))

    def bgsave(self, schedule=True):
        self._run("BGSAVE", *flag("SCHEDULE", schedule))
        return True

    def bgrewriteaof(self):
        self._run("BGREWRITEAOF")
        return True

    def lastsave(self):
        return datetime.fromtimestamp(self._run("LASTSAVE"))

    # -- configuration

    def config_get(self, pattern="*", *args):
        return native_mapping(self._run("CONFIG", "GET", pattern, *args))

    def config_set(self, name, value, *args):
        return is_ok(self._run("CONFIG", "SET", name, value, *args))

    def config_resetstat(self):
        return is_ok(self._run("CONFIG", "RESETSTAT"))

    def config_rewrite(self):
        return self._run("CONFIG", "REWRITE")

    # -- diagnosis

    def slowlog_get(self, num=None):
        return [slow_command(row) for row in self._run("SLOWLOG", "GET", *counted(num))]

    def slowlog_len(self):
        return self._run("SLOWLOG", "LEN")

    def slowlog_reset(self):
        return is_ok(self._run("SLOWLOG", "RESET"))

    def latency_doctor(self):
        return self._run("LATENCY", "DOCTOR")

    def latency_history(self, event):
        return self._run("LATENCY", "HISTORY", event)

    def latency_latest(self):
        return self._run("LATENCY", "LATEST")

    def latency_reset(self, *events):
        return self._run("LATENCY", "RESET", *events)

    def memory_doctor(self):
        return self._run("MEMORY", "DOCTOR")

    def memory_purge(self):
        return is_ok(self._run("MEMORY", "PURGE"))

    def memory_stats(self):
        stats = native_names(self._run("MEMORY", "STATS"))
        for name, value in stats.items():
            is_table = name.startswith("db.") and isinstance(value, list)
            stats[name] = native_mapping(value) if is_table else native(value)
        return stats

    # -- commands, modules and clients

    def command_count(self):
        return self._run("COMMAND", "COUNT")

    def command_getkeys(self, *args):
        return [native(key) for key in self._run("COMMAND", "GETKEYS", *args)]

    def command_list(self, module=None, category=None, pattern=None):
        words = [*option("MODULE", module), *option("ACLCAT", category), *option("PATTERN", pattern)]
        return self._run("COMMAND", "LIST", *(["FILTERBY", *words] if words else []))

    def module_list(self):
        return [mapping(module) for module in self._run("MODULE", "LIST")]

    def client_list(self, _type=None, client_id=()):
        kinds = ("normal", "master", "replica", "pubsub")
        if _type is not None and str(_type).lower() not in kinds:
            raise DataError("CLIENT LIST _type must be one of %r" % (kinds,))
        words = [*option("TYPE", _type), *(["ID", *client_id] if client_id else [])]
        lines = native(self._run("CLIENT", "LIST", *words)).splitlines()
        return [_client(line) for line in lines]

    def acl_whoami(self):
        return native(self._run("ACL", "WHOAMI"))

    def acl_list(self):
        return [native(user) for user in self._run("ACL", "LIST")]

    def acl_users(self):
        return [native(user) for user in self._run("ACL", "USERS")]

    def acl_cat(self, category=None):
        return [native(name) for name in self._run("ACL", "CAT", *flag(category, category))]

    def acl_dryrun(self, username, *args):
        return self._run("ACL", "DRYRUN", username, *args)

    def acl_genpass(self, bits=None):
        return native(self._run("ACL", "GENPASS", *counted(bits)))


def _client(line):
    fields = {}
    last = None
    for word in line.split(" "):
        name, equals, value = word.partition("=")
        if equals:
            last = name
            fields[name] = value
        elif last is not None:
            # A value with a space, such as the path of a socket.
            fields[last] += " " + word
    return fields
