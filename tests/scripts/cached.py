# Caches the results of a slow function.
def remembered(words):
    name, number = words[0], int(words[1])
    known = execute("HGET", name, number)
    if known is None:
        execute("INCR", "computed")
        known = str(sum(range(number)))
        execute("HSET", name, number, known)
    return known


GB("CommandReader").map(remembered).register(trigger="sum_below", mode="async_local")
