"""Runwatch: everything the bot knows how to do."""

__version__ = "0.1.0"
