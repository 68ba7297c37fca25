"""Commands: declared from a handler (`declaration`), parsed (`arguments`), answered (`dispatcher`)."""
