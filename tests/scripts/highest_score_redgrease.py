# Keeps the highest score of all players.
from redgrease import GearsBuilder, atomic, execute


def score(record):
    return int(record["value"]["score"])


def keep(value):
    with atomic():
        highest = execute("GET", "highest")
        if highest is None or value > int(highest):
            execute("SET", "highest", value)


gears = GearsBuilder()
gears.map(score)
gears.foreach(keep)
gears.register("player:*", mode="sync", eventTypes=["hset"])
