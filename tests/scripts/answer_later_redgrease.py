# A command that is answered when another command tells it to.
from redgrease import CommandReader, gearsFuture

waiting = []


def wait():
    future = gearsFuture()
    waiting.append(future)
    return future


def tell(answer):
    future = waiting.pop(0)
    future.continueRun(answer)
    return len(waiting)


CommandReader().apply(wait).register(trigger="wait", mode="async_local")
CommandReader().args().filter(lambda words: waiting).map(lambda words: tell(*words)).register(
    trigger="tell"
)
