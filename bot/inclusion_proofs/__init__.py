"""Checks the proofs with which exchanges show one customer that their balance is in the tree of what is owed.

`recognition.check_proof` takes the bytes of a file and returns an `InclusionProof`, or raises `UnreadableProof`. One
file per exchange has its format and its hash rule. Pure: nothing is stored, logged or fetched, and nothing of a file
but its own balances and its root comes out.
"""
