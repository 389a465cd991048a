# `cmd`: the commands of the server that runs the gear, with the methods of redis-py. The RedGrease engine provides them.
# Importing them here, and not with the first call, keeps that call fast.
try:
    from redgrease_commands import cmd
except ImportError:
    raise ImportError('`cmd` needs redis-py on this server, which has no commands of its own: add the requirement `redis`')
