"""The episodes as data: who held what, what left when, which figures were published; `catalogue` finds them by name.

Published ones are in a file each, invented ones in `synthetic_runs`, `moved_wallets` and `faulty_sources` (built by
`synthetic`). To add one, see the end of docs/episodes.md. The engine is one folder up.
"""
