"""Delivery: sends what waits in the outbox as fast as each platform allows, and tries again what failed.

`worker` runs the loop, `send_queue` and `rate_limiter` decide what goes next and when, `attempt` makes one attempt.
What an error leads to (a 429, a new try, a place switched off) is in `retry_policy`, `results` records it. Which
answer of a platform is which error is decided in `bot/chat/telegram/errors.py` and `bot/chat/discord/errors.py`.
"""
