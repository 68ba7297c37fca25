"""What would have been told of a past: the live rules over a history, with the clock of the data. Pure."""
