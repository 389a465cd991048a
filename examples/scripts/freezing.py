# Counts the places with a temperature below zero.


def is_freezing(record):
    return float(record["value"]) < 0


GB("KeysReader").filter(is_freezing).count().run("temperature:*")
