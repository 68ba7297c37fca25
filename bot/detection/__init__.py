"""Detection: readings in, signals out. Pure: no clock, no input or output, no vendor."""
