"""The machine's three steps: poll, watch, deliver."""
