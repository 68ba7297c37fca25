"""Interfaces that need an operator's key: where an exchange tells which networks are open, and what the key may do."""
