"""Checks inclusion proofs in a process of their own: `checker` is for the bot, `worker` runs in the process."""
