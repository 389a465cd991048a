# Timers. A command starts one on every shard when it is registered there, and keeps its session alive; calling the
# command runs the function once.

def _every(seconds, session, trigger):
    def register(stub, about, more):
        begin_first = more.get('onRegistered')
        token = _token

        def tick():
            # A timer cannot be taken back: that of a session which was replaced does nothing any more.
            if _home().tokens.get(session) == token:
                stub([trigger])

        def begin():
            if begin_first is not None:
                begin_first()
            _home().tokens[session] = token
            registerTE(seconds, tick)

        GB('CommandReader', **about).map(stub).register(
            trigger=trigger, mode='async_local', convertToStr=False, onRegistered=begin)
    register.waits = True
    return register


def _nothing():
    return _Reading([], [], [], {}, lambda record: None)
