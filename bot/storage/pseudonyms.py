"""Keyed hashes in place of people's and chats' ids: HMAC-SHA256 under a key that is made from the platform's token.

Example: person 4242 on Telegram is `9f31…`, 32 hexadecimal digits, in every worker that has the same TELEGRAM_TOKEN.
Ids are short numbers, so that a plain hash could be undone by trying all of them. The token is in the operator's
settings and never in the store: who has a copy of the store alone, or of a backup, cannot try.

- With another token the same person has another hash: what was stored before can neither be continued nor deleted on
  request, and ends with its 30 days.
- A platform without a token, as the terminal is, uses that of another one. Without any the key is random and ends with
  the process: `runwatch demo` remembers as long as it runs.
"""

import hmac
from collections.abc import Mapping
from secrets import token_hex

from bot.domain.place import Platform

_PURPOSE = b"runwatch: pseudonyms of drills, 1"  # a key of its own, which says nothing of the token
_DIGITS = 32  # 128 bits: two of a billion people have the same one with a probability of 1e-21


class Pseudonyms:
    """The hashes of one bot; `tokens` are those of its platforms."""

    def __init__(self, tokens: Mapping[Platform, str]) -> None:
        fallback = next(iter(tokens.values()), None) or token_hex()
        self._keys = {
            platform: hmac.digest(tokens.get(platform, fallback).encode(), _PURPOSE, "sha256") for platform in Platform
        }

    def person(self, platform: Platform, person: str) -> str:
        """Return the hash of a person."""
        return self._hash(platform, f"person:{platform}:{person}")

    def community(self, platform: Platform, community: str) -> str:
        """Return the hash of a chat, a server, or of all private chats of a platform."""
        return self._hash(platform, f"community:{platform}:{community}")

    def _hash(self, platform: Platform, name: str) -> str:
        return hmac.digest(self._keys[platform], name.encode(), "sha256").hex()[:_DIGITS]
