# A module that defines the gear's function.
import json


def file(x):
    return json.loads(cmd.get(helper(x)))


def helper(x):
    return str(x)
