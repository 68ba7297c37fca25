"""How each exchange wants a request signed: pure functions, one file for each scheme.

A signature proves that the sender has a key's secret, and when the request was made; the secret itself is never sent.
"""
