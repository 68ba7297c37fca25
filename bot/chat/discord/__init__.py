"""Discord as a chat platform; discord.py is imported nowhere else.

Start at `client.py` (the connection as the core sees it). Commands come in through `slash_commands.py` and
`interaction_handler.py`; alerts go out through `sender.py`. What a refusal becomes: `errors.py`; what a 429 becomes:
`rate_limits.py`; how an action becomes a button: `buttons.py`.
"""
