"""The types of settings: each refuses a wrong value in a sentence that says what to write instead.

Example: `DISCORD_TOKEN=123456:abc`, which looks like Telegram's, is refused with “is a Telegram token; put it into
TELEGRAM_TOKEN, and here the one from the Discord Developer Portal”. No sentence repeats a value that may be a secret.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from bot.domain.exchange import exchange_id

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
"""How many seconds each unit of an interval stands for."""
LOGIN_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")
"""The user and password in an address, with the @ behind them: never shown and never logged."""
_MAX_INTERVAL = timedelta(days=7)  # whoever polls less often than once a week has mistyped
_QUOTES = frozenset("\"'`“”„‘’")
_TELEGRAM_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)  # https://core.telegram.org/bots/api#authorizing-your-bot
_DISCORD_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)  # https://docs.discord.com/developers/reference
_Value = TypeVar("_Value")


def unquoted(value: _Value) -> _Value:
    """Return the value; raise ValueError when it is in quotation marks, which `docker run --env-file` keeps."""
    if isinstance(value, str) and _QUOTES & {*value.strip()[:1], *value.strip()[-1:]}:
        raise ValueError("is in quotation marks, which would be taken for a part of it; write it without them")
    return value


def _checked_text(check: Callable[[str], object]) -> BeforeValidator:
    """Return a validator that runs `check` on texts, and lets every other value pass."""

    def validate(value: object) -> object:
        if isinstance(value, str):
            check(value)
        return value

    return BeforeValidator(validate)


def _check_no_spaces(text: str) -> None:
    if not text.strip():
        raise ValueError("is blank; write a value, or leave the setting out")
    if " " in text or not text.isprintable():
        raise ValueError("holds a space, a line break or an invisible character; write it without")


def _address(*schemes: str) -> BeforeValidator:
    prefixes = tuple(f"{scheme}://" for scheme in schemes)

    def check(address: str) -> None:
        _check_no_spaces(address)
        if not address.startswith(prefixes):
            raise ValueError(f"must begin with {' or '.join(prefixes)}")
        if not _has_host(address):
            raise ValueError(
                f"names no host that can be asked; write it like {prefixes[-1]}host or {prefixes[0]}host:8080"
            )

    return _checked_text(check)


def _has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an IPv6 address in them, or a port that is none
        return False


def _token_from(issuer: str, *, other: str, other_token: re.Pattern[str]) -> BeforeValidator:
    def check(token: str) -> None:
        _check_no_spaces(token)
        if other_token.fullmatch(token):
            raise ValueError(f"is a {other} token; put it into {other.upper()}_TOKEN, and here the one from {issuer}")

    return _checked_text(check)


def _interval(text: object) -> object:
    if not isinstance(text, str):
        return text
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", text.strip().lower())
    if not match:
        raise ValueError("write a number and a unit, such as 90s, 10m or 1h")
    # A second too long is refused below; without the cap, a number of 400 digits would overflow a timedelta.
    return timedelta(seconds=min(float(match[1]) * SECONDS[match[2]], _MAX_INTERVAL.total_seconds() + 1))


def _check_interval_range(interval: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= interval <= _MAX_INTERVAL:
        raise ValueError("must be at least 1s and at most 7d")
    return interval


def _words(text: object) -> object:
    return tuple(word.strip() for word in text.split(",") if word.strip()) if isinstance(text, str) else text


def _exchanges(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids; `Binance`, `binance` and `Binance-CEX` (the upstream's slug) are all `binance`."""
    return tuple(map(exchange_id, names))


def _owners(ids: tuple[str, ...]) -> tuple[str, ...]:
    for number, owner_id in enumerate(ids, 1):  # named by its number: what was pasted there may be a token
        if not re.fullmatch(r"(?:telegram|discord):[0-9]{1,20}", owner_id):
            raise ValueError(f"entry {number} is no owner: write telegram:123 or discord:456")
    return ids


def home_of(path: Path) -> Path:
    """Return a path with `~` and `~user` written out; raise ValueError when there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("begins with the home of nobody here; write the whole path") from None


def _chat(text: str) -> str:
    if not re.fullmatch(r"telegram:-?[0-9]{1,20}(?:/[0-9]{1,10})?|discord:[0-9]{1,20}", text):
        raise ValueError("is no chat: write telegram:-100123, telegram:-100123/7 for a topic, or discord:456")
    return text


def _prefix(text: str) -> str:
    # Braces would change which part of a key a cluster looks at, and stars and brackets are patterns to Redis.
    if not re.fullmatch(r"[A-Za-z0-9._:-]{0,40}", text):
        raise ValueError("may hold at most 40 letters, digits and signs of . _ : - only; write it like second:")
    return text


def _without_slash(address: str) -> str:
    return address.rstrip("/")


Secret = Annotated[SecretStr, _checked_text(_check_no_spaces)]
TelegramToken = Annotated[SecretStr, _token_from("@BotFather", other="Discord", other_token=_DISCORD_TOKEN)]
DiscordToken = Annotated[
    SecretStr, _token_from("the Discord Developer Portal", other="Telegram", other_token=_TELEGRAM_TOKEN)
]
SecretAddress = Annotated[SecretStr, _address("http", "https")]
"""A whole address that is called as it is written, and is a secret, as it holds a key."""
WebAddress = Annotated[str, _address("http", "https"), AfterValidator(_without_slash)]
"""Scheme and host of a service, with or without a path; our paths are appended to it."""
GatewayAddress = Annotated[str, _address("ws", "wss"), AfterValidator(_without_slash)]
Interval = Annotated[timedelta, BeforeValidator(_interval), AfterValidator(_check_interval_range)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Exchanges = Annotated[Words, AfterValidator(_exchanges)]
Owners = Annotated[Words, AfterValidator(_owners)]
KeyPrefix = Annotated[str, AfterValidator(_prefix)]
ChatName = Annotated[str, AfterValidator(_chat)]
