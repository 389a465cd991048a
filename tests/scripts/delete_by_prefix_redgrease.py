# Deletes all keys that begin with `session:`, and returns their number.
from redgrease import KeysReader, cmd

every_key = KeysReader("session:*").keys()
every_key.foreach(cmd.delete).count().run()
