import json


def of_age(value):
    log(json.dumps(value))
    return value.get("age", 0) >= 18
