"""Several workers on one store: which of them polls and listens, and how they learn of each other's readings."""
