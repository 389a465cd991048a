# Counts each word in the values of all keys.
from redgrease import KeysReader

KeysReader().values(type="string").flatmap(str.split).countby().run()
