"""Runwatch watches crypto exchanges for runs and posts alerts to Discord and Telegram."""

__version__ = "0.1.0"
