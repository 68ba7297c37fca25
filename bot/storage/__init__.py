"""Redis behind the ports, and the supervisor of the server that runs when no other is set.

`store.open_store` is the way in; each module's docstring lists the keys it owns. Keys that one script touches share a
hash tag ({ob}, {subs}, {rd:<exchange>}), so that a Redis Cluster would do. `runwatch:schema` is the layout's version.
"""
