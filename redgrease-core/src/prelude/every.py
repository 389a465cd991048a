# Timers. The registered command keeps the session alive and starts the timer on each shard: the server decides which one runs the
# function. A call of the command runs the function once.

def _start_timer(seconds, tick, per_shard):
    if not per_shard:
        registerTE(seconds, tick)
        return
    try:
        registerTE(seconds, tick, per_shard=True)
    except TypeError:
        # RedisGears knows no names of arguments, and runs each timer on each shard.
        registerTE(seconds, tick)


def _every(seconds, session, trigger, per_shard=False):
    def register(stub, about, more):
        begin_first = more.get('onRegistered')
        token = _token

        def tick():
            # A timer cannot be cancelled. The timer of a replaced session ticks on, but does nothing.
            if _home().tokens.get(session) == token:
                stub([trigger])

        def start():
            home = _home()
            if (token, trigger) not in home.timers.setdefault(session, set()):
                _start_timer(seconds, tick, per_shard)
                home.timers[session].add((token, trigger))

        def begin():
            # On another shard, or after a restart, the script has not run in this process.
            if begin_first is not None:
                begin_first()
            _home().tokens[session] = token
            start()

        GB('CommandReader', **about).map(stub).register(
            trigger=trigger, mode='async_local', convertToStr=False, onRegistered=begin)
        start()
    register.waits = True
    return register


def _nothing():
    return _Reading([], [], [], {}, lambda record: None)
