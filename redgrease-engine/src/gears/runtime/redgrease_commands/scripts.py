"""Commands of Lua scripts, functions and channels."""

import hashlib

from .exceptions import DataError, NoScriptError
from .replies import is_ok, native, pairs
from .words import encoded, flag


class Scripts:
    """Base class of `Client` with the commands of Lua scripts, functions and channels."""

    __slots__ = ()

    def eval(self, script, numkeys, *keys_and_args):
        return self._run("EVAL", script, numkeys, *keys_and_args)

    def eval_ro(self, script, numkeys, *keys_and_args):
        return self._run("EVAL_RO", script, numkeys, *keys_and_args)

    def evalsha(self, sha, numkeys, *keys_and_args):
        return self._run("EVALSHA", sha, numkeys, *keys_and_args)

    def evalsha_ro(self, sha, numkeys, *keys_and_args):
        return self._run("EVALSHA_RO", sha, numkeys, *keys_and_args)

    def script_load(self, script):
        return native(self._run("SCRIPT", "LOAD", script))

    def script_exists(self, *args):
        return [bool(there) for there in self._run("SCRIPT", "EXISTS", *args)]

    def script_flush(self, sync_type=None):
        if sync_type not in ("SYNC", "ASYNC", None):
            raise DataError("SCRIPT FLUSH takes SYNC, ASYNC or None")
        return is_ok(self._run("SCRIPT", "FLUSH", *flag(sync_type, sync_type)))

    def script_kill(self):
        return is_ok(self._run("SCRIPT", "KILL"))

    def register_script(self, script):
        return Script(self, script)

    # -- functions

    def fcall(self, function, numkeys, *keys_and_args):
        return self._run("FCALL", function, numkeys, *keys_and_args)

    def fcall_ro(self, function, numkeys, *keys_and_args):
        return self._run("FCALL_RO", function, numkeys, *keys_and_args)

    def function_load(self, code, replace=False):
        return self._run("FUNCTION", "LOAD", *flag("REPLACE", replace), code)

    def function_delete(self, library):
        return is_ok(self._run("FUNCTION", "DELETE", library))

    def function_flush(self, mode="SYNC"):
        return is_ok(self._run("FUNCTION", "FLUSH", mode))

    def function_list(self, library="*", withcode=False):
        return self._run("FUNCTION", "LIST", "LIBRARYNAME", library, *flag("WITHCODE", withcode))

    def function_dump(self):
        return self._run("FUNCTION", "DUMP")

    def function_restore(self, payload, policy="APPEND"):
        return is_ok(self._run("FUNCTION", "RESTORE", payload, policy))

    def function_stats(self):
        return self._run("FUNCTION", "STATS")

    # -- channels

    def publish(self, channel, message):
        return self._run("PUBLISH", channel, message)

    def spublish(self, shard_channel, message):
        return self._run("SPUBLISH", shard_channel, message)

    def pubsub_channels(self, pattern="*"):
        return self._run("PUBSUB", "CHANNELS", pattern)

    def pubsub_shardchannels(self, pattern="*"):
        return self._run("PUBSUB", "SHARDCHANNELS", pattern)

    def pubsub_numpat(self):
        return self._run("PUBSUB", "NUMPAT")

    def pubsub_numsub(self, *args):
        return pairs(self._run("PUBSUB", "NUMSUB", *args))

    def pubsub_shardnumsub(self, *args):
        return pairs(self._run("PUBSUB", "SHARDNUMSUB", *args))


class Script:
    """A Lua script that is called by its hash, and loaded when the server does not know it."""

    def __init__(self, registered_client, script):
        self.registered_client = registered_client
        self.script = script
        self.sha = hashlib.sha1(encoded(script)).hexdigest()

    def __call__(self, keys=None, args=None, client=None):
        client = client or self.registered_client
        keys = tuple(keys or ())
        words = keys + tuple(args or ())
        try:
            return client.evalsha(self.sha, len(keys), *words)
        except NoScriptError:
            self.sha = client.script_load(self.script)
            return client.evalsha(self.sha, len(keys), *words)
