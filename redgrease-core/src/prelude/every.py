# Timers. The registered command keeps the session alive and starts the timer on each shard. A call of the command runs
# the function once.

def _every(seconds, session, trigger):
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
                registerTE(seconds, tick)
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
