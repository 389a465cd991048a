# Lets every written key expire after an hour.
from redgrease import KeysReader, TriggerMode, cmd

written = KeysReader().keys()
written.foreach(lambda key: cmd.expire(key, 3600)).register(mode=TriggerMode.Sync, readValue=False)
