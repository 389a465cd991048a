# A command that is answered when another command tells it to.
waiting = []


def wait(words):
    future = gearsFuture()
    waiting.append(future)
    return future


def tell(words):
    future = waiting.pop(0)
    future.continueRun(words[1])
    return len(waiting)


GB("CommandReader").map(wait).register(trigger="wait", mode="async_local")
GB("CommandReader").filter(lambda words: waiting).map(tell).register(trigger="tell")
