"""Chat commands, the same on every platform.

`declaration` makes a command of a handler, `arguments` reads what was typed, `dispatcher` answers, `throttle` limits
how often. `queries` is what handlers may ask, and `exchange_lookup` finds the exchange that is meant by a name.
"""
