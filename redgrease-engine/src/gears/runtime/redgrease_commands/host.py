"""What this package uses of the engine."""

# The loader defines `_engine`, the globals of the runtime.
# Runs a command by its words, and returns the reply with bytes for texts.
command = _engine["_native"].command
# The same, with arguments of any type.
command_of_any = _engine["_native"].command_of_any
execute = _engine["execute"]
# The value that is written as nil.
nil = _engine["_native"].nil
# The exception that `execute` raises for an error reply.
GearsError = _engine["redisgears"].GearsError
# The type of classes that scripts cannot change for each other.
GuardedClass = _engine["_GuardedClass"]
