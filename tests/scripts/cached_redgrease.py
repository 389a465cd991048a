# Caches the results of a slow function.
import redgrease


@redgrease.command(mode=redgrease.TriggerMode.AsyncLocal, replace=False)
def sum_below(number):
    known = redgrease.cmd.hget("sum_below", number)
    if known is None:
        redgrease.cmd.incr("computed")
        known = str(sum(range(int(number)))).encode()
        redgrease.cmd.hset("sum_below", number, known)
    return known
