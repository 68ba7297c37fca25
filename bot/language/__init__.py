"""The languages that messages are written in: how each writes numbers and dates, and its catalogue of texts.

The lowest floor: a sentence may be made anywhere, in a card, in an error, in the reading of an argument.
"""
