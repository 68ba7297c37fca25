"""Redis behind the ports, and the supervisor of the server that runs when no other is set.

`store.open_store` is the way in. `keys.py` lists every key with its type and lifetime; no other file spells one.
"""
