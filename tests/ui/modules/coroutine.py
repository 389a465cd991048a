async def coroutine(x):
    return x
