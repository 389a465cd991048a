"""Random calls of `cmd`, and their outcomes. The same seed gives the same calls with any `cmd`."""

import copy
import inspect
import random

# Methods with results that differ from call to call, that change the server, or that wait for nothing but the time.
# GETSET and GETDEL of a key of another type: Valkey 9.1 answers modules with nil, and puts the error into the answer of the next command.
LEFT_OUT = frozenset(
    """
    acl_cat acl_dryrun acl_genpass bgrewriteaof bgsave bitfield client_list command_count command_list config_get
    config_rewrite config_set copy dbsize digest dump eval eval_ro evalsha evalsha_ro execute_command expiretime flushall
    flushdb function_delete function_dump function_flush function_load function_restore getdel getset hexpiretime hpexpiretime hpttl
    hrandfield httl info keys lastsave latency_doctor lolwut memory_doctor memory_purge memory_stats memory_usage
    module_list move object pexpiretime pttl randomkey register_script role save scan scan_iter script_flush script_kill
    slowlog_get slowlog_len slowlog_reset sort sort_ro spop srandmember sscan sscan_iter swapdb time ttl xautoclaim xclaim
    xinfo_consumers xinfo_groups xinfo_stream xpending_range zrandmember
    """.split()
)
KEYS = ["s", "h", "l", "t", "z", "x", "g", "n", "none"]
FLAGS = frozenset(
    """
    any approximate bylex byscore ch desc force get gt incr keepttl lt mkstream noack nomkstream nx persist replace withcoord
    withdist withhash withscore withscores xx
    """.split()
)
NUMBERS = frozenset("amount bit count end limit max maxlen min num num_keys numkeys offset start".split())
ANY = [
    0, 1, -1, 5, "a", "b", "c", "1-1", "2-1", b"\xff", 1.5, None, True, "", "-", "+", "-inf", "+inf", [], {}, ["a", "b"],
    ("a", 1), {"a": 1}, {"a": 1, "b": 2.5}, [1.0, 2.0, "p"], *KEYS,
]


def argument(chance, name):
    if name in ("name", "key", "key1", "key2", "src", "first_list"):
        return chance.choice(KEYS)
    if name in ("dest", "dst") and chance.random() < 0.7:
        return chance.choice(KEYS)
    if name == "keys" and chance.random() < 0.7:
        return [chance.choice(KEYS), chance.choice(KEYS)]
    if name in FLAGS:
        return chance.random() < 0.4
    if name in NUMBERS and chance.random() < 0.7:
        return chance.choice([0, 1, 2, 3, -1])
    if name == "score_cast_func":
        return chance.choice([float, int, str])
    if name == "mapping" and chance.random() < 0.8:
        return {"a": 1, chance.choice("bcd"): chance.choice([1, 2.5, 3])}
    if name == "value" and chance.random() < 0.7:
        return chance.choice(["a", "b", "c", 1])
    if name == "streams" and chance.random() < 0.8:
        return {"x": chance.choice(["0", ">", "$", "2-1"])}
    if name == "id":
        return chance.choice(["0", "$", "%d-1" % chance.randint(1, 99)])
    if name in ("time", "seconds", "milliseconds", "ex", "px", "time_ms") and chance.random() < 0.8:
        return chance.choice([1000, 100000])
    return copy.deepcopy(chance.choice(ANY))


def calls(seed, count):
    from redgrease_commands import cmd as own

    chance = random.Random(seed)
    methods = [name for name in dir(own) if name not in LEFT_OUT and not isinstance(getattr(own, name), type)]
    methods = [name for name in methods if getattr(own, name).__name__ != "refuse"]
    for _ in range(count):
        name = chance.choice(methods)
        words, named = [], {}
        for one in inspect.signature(getattr(own, name)).parameters.values():
            if one.kind is one.VAR_POSITIONAL:
                words += [] if named else [chance.choice(["a", "b", 1, "x"]) for _ in range(chance.randint(0, 3))]
            elif one.default is one.empty:
                words.append(argument(chance, one.name))
            elif chance.random() < 0.35:
                named[one.name] = argument(chance, one.name)
        yield name, words, named


def shown(value):
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(shown, value))) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(shown, value)) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(shown(key) + ": " + shown(item) for key, item in value.items()) + "}"
    return repr(value)


def outcome(commands, name, words, named):
    try:
        value = getattr(commands, name)(*words, **named)
        return shown(list(value) if inspect.isgenerator(value) else value)
    except Exception as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        return kinds[0] + ": " + str(error) if "ResponseError" in kinds else "refused"


def begin():
    execute("FLUSHALL")
    for words in (
        "SET s abc", "SET n 5", "HSET h a 1 b 2", "RPUSH l a b c", "SADD t a b c", "ZADD z 1 a 2 b 3 c", "XADD x 1-1 f 1",
        "XADD x 2-1 f 2", "XADD x 3-1 f 3", "XGROUP CREATE x a 0", "GEOADD g 13.3 38.1 a 15.0 37.5 b",
    ):
        execute(*words.split())


def outcomes(commands, first, last):
    for seed in range(first, last):
        begin()
        for name, words, named in calls(seed, 20):
            text = "%d: cmd.%s(*%r, **%r)" % (seed, name, words, named)
            yield text + "\n" + outcome(commands, name, words, named)
