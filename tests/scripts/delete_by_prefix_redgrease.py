# Deletes all keys that begin with `session:`, and says how many there were.
from redgrease import KeysReader, cmd

every_key = KeysReader("session:*").keys()
every_key.foreach(cmd.delete).count().run()
