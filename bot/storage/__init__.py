"""The ports on Redis, and the embedded server that runs when REDIS_URL is not set.

Begin at `store.open_store`. `keys.py` lists every key with its type and lifetime; no other file spells one.
"""
