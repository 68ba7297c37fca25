"""What may be written into one setting: each kind refuses anything else in a sentence that says what to do.

No sentence repeats what was written where that may be a secret.
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
"""How many seconds the unit of an interval stands for."""
LOGIN_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")
"""The user and password in an address, with the @ behind them: never shown and never logged."""
_LONGEST = timedelta(days=7)
_QUOTES = frozenset("\"'`“”„‘’")
_OF_TELEGRAM = re.compile(r"\d+:[\w-]+", re.ASCII)  # https://core.telegram.org/bots/api#authorizing-your-bot
_OF_DISCORD = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)  # https://docs.discord.com/developers/reference
_Written = TypeVar("_Written")


def unquoted(written: _Written) -> _Written:
    """Return what was written; raise ValueError when it is in quotation marks, which `docker run --env-file` keeps."""
    if isinstance(written, str) and _QUOTES & {*written.strip()[:1], *written.strip()[-1:]}:
        raise ValueError("is in quotation marks, which would be taken for a part of it; write it without them")
    return written


def _text(check: Callable[[str], object]) -> BeforeValidator:
    """Return what lets a text pass that `check` does not object to, and any other value."""

    def checked(written: object) -> object:
        if isinstance(written, str):
            check(written)
        return written

    return BeforeValidator(checked)


def _without_spaces(text: str) -> None:
    if not text.strip():
        raise ValueError("is blank; write a value, or leave the setting out")
    if " " in text or not text.isprintable():
        raise ValueError("holds a space, a line break or an invisible character; write it without")


def _address(*schemes: str) -> BeforeValidator:
    begins = tuple(f"{scheme}://" for scheme in schemes)

    def check(address: str) -> None:
        _without_spaces(address)
        if not address.startswith(begins):
            raise ValueError(f"must begin with {' or '.join(begins)}")
        if not _names_a_host(address):
            raise ValueError(f"names no host that can be asked; write it like {begins[-1]}host or {begins[0]}host:8080")

    return _text(check)


def _names_a_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an IPv6 address in them, or a port that is none
        return False


def _token_from(giver: str, *, other: str, looks_of_other: re.Pattern[str]) -> BeforeValidator:
    def check(token: str) -> None:
        _without_spaces(token)
        if looks_of_other.fullmatch(token):
            raise ValueError(f"is a {other} token; put it into {other.upper()}_TOKEN, and here the one from {giver}")

    return _text(check)


def _interval(text: object) -> object:
    if not isinstance(text, str):
        return text
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", text.strip().lower())
    if not match:
        raise ValueError("write a number and a unit, such as 90s, 10m or 1h")
    return timedelta(seconds=min(float(match[1]) * SECONDS[match[2]], _LONGEST.total_seconds() + 1))


def _between_a_second_and_a_week(interval: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= interval <= _LONGEST:
        raise ValueError("must be at least 1s and at most 7d")
    return interval


def _words(text: object) -> object:
    return tuple(word.strip() for word in text.split(",") if word.strip()) if isinstance(text, str) else text


def _exchanges(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return ids, of which people also write the name or the upstream's slug."""
    return tuple(map(exchange_id, names))


def _owners(ids: tuple[str, ...]) -> tuple[str, ...]:
    for number, one in enumerate(ids, 1):  # what was pasted there may be a token: it is not repeated
        if not re.fullmatch(r"(?:telegram|discord):[0-9]{1,20}", one):
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


def _without_slash(address: str) -> str:
    return address.rstrip("/")


Secret = Annotated[SecretStr, _text(_without_spaces)]
TelegramToken = Annotated[SecretStr, _token_from("@BotFather", other="Discord", looks_of_other=_OF_DISCORD)]
DiscordToken = Annotated[
    SecretStr, _token_from("the Discord Developer Portal", other="Telegram", looks_of_other=_OF_TELEGRAM)
]
SecretAddress = Annotated[SecretStr, _address("http", "https")]
"""A whole address, called as it is written."""
WebAddress = Annotated[str, _address("http", "https"), AfterValidator(_without_slash)]
"""Where a service is: our paths are put behind it."""
GatewayAddress = Annotated[str, _address("ws", "wss"), AfterValidator(_without_slash)]
Interval = Annotated[timedelta, BeforeValidator(_interval), AfterValidator(_between_a_second_and_a_week)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Exchanges = Annotated[Words, AfterValidator(_exchanges)]
Owners = Annotated[Words, AfterValidator(_owners)]
ChatName = Annotated[str, AfterValidator(_chat)]
