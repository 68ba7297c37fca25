"""Telegram: commands in, messages out; python-telegram-bot is used nowhere else."""
