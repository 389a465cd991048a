"""Prints rows for `src/methods/table.rs`: the methods of the engine's client and of several versions of redis-py.

    pip install --target /tmp/redis-3.5.3 redis==3.5.3
    pip install --target /tmp/redis-latest redis
    python methods.py ../../src/commands/methods.txt /tmp/redis-3.5.3 /tmp/redis-latest
"""

import ast
import inspect
import json
import subprocess
import sys

KIND = inspect.Parameter


def described(parameters):
    """The required parameters, the most positional arguments (None for any number), all names, any keyword."""
    placed = [p for p in parameters if p.kind in (KIND.POSITIONAL_ONLY, KIND.POSITIONAL_OR_KEYWORD)]
    return {
        "required": [p.name for p in placed if p.default is KIND.empty],
        "most": None if any(p.kind == KIND.VAR_POSITIONAL for p in parameters) else len(placed),
        "names": [p.name for p in parameters if p.kind in (KIND.POSITIONAL_OR_KEYWORD, KIND.KEYWORD_ONLY)],
        "any_name": any(p.kind == KIND.VAR_KEYWORD for p in parameters),
    }


def of_redis_py():
    import redis

    found = {}
    for name in dir(redis.Redis):
        method = getattr(redis.Redis, name)
        if name.startswith("_"):
            continue
        try:
            parameters = list(inspect.signature(method).parameters.values())
        except (TypeError, ValueError):
            found[name] = None
            continue
        found[name] = described(parameters if inspect.ismethod(method) else parameters[1:])
    return found


def of_engine(path):
    """The methods in the list of the engine, one signature a line."""
    found = {}
    for line in open(path):
        line = line.strip()
        if not line or line[0] in "#!":
            continue
        scope = {}
        exec("def %s: pass" % line, scope)
        name = ast.parse("def %s: pass" % line).body[0].name
        found[name] = described(list(inspect.signature(scope[name]).parameters.values()))
    return found


def row(name, clients, versions):
    known = [version for version in versions if version is not None]
    client = "Both" if len(clients) == 2 else {"own": "Own", "redis-py": "RedisPy"}[clients.pop()]
    if len(known) < len(versions):
        return '    ("%s", %s, "", ANY, "**"),' % (name, client)
    fewest = min(len(version["required"]) for version in known)
    required = ["|".join(dict.fromkeys(v["required"][i] for v in known)) for i in range(fewest)]
    counts = [version["most"] for version in known]
    most = "ANY" if None in counts else max(counts)
    names = list(dict.fromkeys(one for version in known for one in version["names"]))
    if any(version["any_name"] for version in known):
        names = ["**"]
    return '    ("%s", %s, "%s", %s, "%s"),' % (name, client, " ".join(required), most, " ".join(names))


if sys.argv[1] == "--dump":
    json.dump(of_redis_py(), sys.stdout)
    sys.exit()

methods = {}
for folder in sys.argv[2:]:
    # A process can import only one version.
    output = subprocess.check_output([sys.executable, __file__, "--dump"], env={"PYTHONPATH": folder})
    for name, version in json.loads(output).items():
        methods.setdefault(name, (set(), []))[0].add("redis-py")
        methods[name][1].append(version)
for name, version in of_engine(sys.argv[1]).items():
    methods.setdefault(name, (set(), []))[0].add("own")
    methods[name][1].append(version)
for name in sorted(methods):
    print(row(name, *methods[name]))
