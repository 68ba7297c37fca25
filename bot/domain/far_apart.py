"""Whether two prices, or two values, are so far apart that no market moved from one to the other between two readings.

Example: LTC at $100, and $3,000 in the next reading, is a wrong price until more than that reading says so.
"""

FAR_APART = 5.0
"""How many times the one is the other. By judgement: no asset of weight moved so far from one reading to the next, and
a small token that did is valued too high for a while, at one exchange only."""


def are_far_apart(figure: float, other: float) -> bool:
    """Return whether one of two figures of the same unit is more than `FAR_APART` times the other."""
    return figure > FAR_APART * other or other > FAR_APART * figure
