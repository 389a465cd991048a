# How often each word occurs in the texts of all keys.
from redgrease import KeysReader

KeysReader().values(type="string").flatmap(str.split).countby().run()
