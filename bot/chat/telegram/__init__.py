"""Telegram as a chat platform; python-telegram-bot is imported nowhere else.

Start at `client.py` (the connection as the core sees it). Updates come in through `polling.py` and `update_handler.py`;
alerts go out through `sender.py`. What a refusal or a 429 becomes: `errors.py`; how an action becomes a button:
`buttons.py`; where the HTTP requests are made: `transport.py`.
"""
