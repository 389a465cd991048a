# Keeps the highest score of all players.
def score(record):
    return int(record["value"]["score"])


def keep(value):
    highest = execute("GET", "highest")
    if highest is None or value > int(highest):
        execute("SET", "highest", value)


GB().map(score).foreach(keep).register("player:*", mode="sync", eventTypes=["hset"])
