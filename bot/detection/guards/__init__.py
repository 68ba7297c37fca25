"""Guards against what looks like a flow and is none, one file for each.

A guard takes what is remembered (`GuardState`) and one more reading (`GuardInput`) and returns the new state; a window
is held where the state, or the reading itself, has a `Hold`. `all_guards.py` lists the guards in the order they run in.
"""
