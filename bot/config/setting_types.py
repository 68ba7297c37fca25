"""The types of settings: each refuses a wrong value in a sentence that says what to write instead.

Example: `DISCORD_TOKEN=123456:abc`, which looks like Telegram's, is refused with “is a Telegram token; put it into
TELEGRAM_TOKEN, and here the one from the Discord Developer Portal”. No sentence repeats a value that may be a secret.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from bot.config.checked_text import check_no_spaces, checked_text, is_host
from bot.domain.errors import echo
from bot.domain.exchange import exchange_id

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
"""How many seconds each unit of an interval stands for."""
_MAX_INTERVAL = timedelta(days=7)  # whoever polls less often than once a week has mistyped
_LONGEST_NAME = 60  # of an exchange; the upstream's longest has 22 characters
_LONGEST_PATH = 1000  # a little less than the shortest limit of a system
_QUOTES = frozenset("\"'`“”„‘’")
_TELEGRAM_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)  # https://core.telegram.org/bots/api#authorizing-your-bot
_DISCORD_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)  # https://docs.discord.com/developers/reference
_KEY = re.compile(r"[A-Za-z0-9+=_-]{16,}")  # of an exchange: no file in the present directory has such a name
_SWITCH_WORDS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)
_Value = TypeVar("_Value")


def unquoted(value: _Value) -> _Value:
    """Return the value; raise ValueError when it is in quotation marks, which `docker run --env-file` keeps."""
    if isinstance(value, str) and _QUOTES & {*value.strip()[:1], *value.strip()[-1:]}:
        raise ValueError("is in quotation marks, which would be taken for a part of it; write it without them")
    return value


def looks_like_secret(path: str) -> bool:
    """Return whether what should be a path is a token, a key, or an address, which may hold a login."""
    return "://" in path or any(token.fullmatch(path) for token in (_TELEGRAM_TOKEN, _DISCORD_TOKEN, _KEY))


def _token_from(
    issuer: str, *, own_token: re.Pattern[str], example: str, other: str, other_token: re.Pattern[str]
) -> BeforeValidator:
    def check(token: str) -> None:
        check_no_spaces(token)
        if other_token.fullmatch(token):
            raise ValueError(f"is a {other} token; put it into {other.upper()}_TOKEN, and here the one from {issuer}")
        if not own_token.fullmatch(token):
            raise ValueError(f"is no token; copy the whole of it from {issuer}, where it looks like {example}")

    return checked_text(check)


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
    if not isinstance(text, str):
        return text
    return tuple(word.strip() for word in re.split(r"[,;\n]", text) if word.strip())


def _hosts(text: object) -> object:
    """Return the entries of NO_PROXY, between which many programs also take a space."""
    return tuple(filter(None, re.split(r"[,;\s]+", text))) if isinstance(text, str) else text


def _exchanges(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids; `Binance`, `binance` and `Binance-CEX` (the upstream's slug) are all `binance`."""
    for number, name in enumerate(names, 1):
        if not name.isprintable() or len(name) > _LONGEST_NAME:
            raise ValueError(f"entry {number} is no name: it is too long, or holds an invisible character")
        if " " in name:  # of two names, or one of two words: what was meant shows only when nothing is watched
            raise ValueError(
                f"has a space in “{echo(name)}”; write commas between names, and one of several words with hyphens: "
                "binance,okx,arkham-exchange"
            )
    return tuple(map(exchange_id, names))


def _feeds(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if [address.lower() for address in addresses] == ["off"]:
        return ()
    for number, address in enumerate(addresses, 1):
        if not _is_feed(address):
            raise ValueError(
                f"entry {number} is no address of a feed: write https://host/path, without a user and a password"
            )
    return addresses


def _is_feed(address: str) -> bool:
    """Return whether an address is one of HTTPS, or of this machine, and brings nothing that is a secret."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in {"127.0.0.1", "localhost"})
        return is_safe and address.isprintable() and is_host(host) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def _owners(ids: tuple[str, ...]) -> tuple[str, ...]:
    for number, owner_id in enumerate(ids, 1):  # named by its number: what was pasted there may be a token
        if not re.fullmatch(r"(?:telegram|discord):[0-9]{1,20}", owner_id):
            raise ValueError(f"entry {number} is no owner: write telegram:123 or discord:456")
    return ids


def home_of(path: Path) -> Path:
    """Return a path with `~` and `~user` written out; raise ValueError when there is no such user."""
    if not str(path).isprintable() or len(str(path)) > _LONGEST_PATH:
        raise ValueError("is no path: it is too long, or holds an invisible character such as a line end of Windows")
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("begins with the home of nobody here; write the whole path") from None


def _listening_host(text: str) -> str:
    host = text.strip().removeprefix("[").removesuffix("]")
    if not is_host(host):
        raise ValueError("is no address of this machine: write 127.0.0.1, or 0.0.0.0 for all of them, or :: with IPv6")
    return host


def _switch(value: object) -> object:
    """Return a switch as what it says; pydantic's own sentence for anything else names no word that may be written."""
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word not in _SWITCH_WORDS:
        raise ValueError("write true or false")
    return _SWITCH_WORDS[word]


def _port(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\s*[0-9]{1,5}\s*", value):
        raise ValueError("write a number from 0 to 65535; 0 is any free port")
    return value


def _word(value: str) -> str:
    return value.strip().lower()


def _chat(text: str) -> str:
    if not re.fullmatch(r"telegram:-?[0-9]{1,20}(?:/[0-9]{1,10})?|discord:[0-9]{1,20}", text):
        raise ValueError("is no chat: write telegram:-100123, telegram:-100123/7 for a topic, or discord:456")
    return text


def _prefix(text: str) -> str:
    # Braces would change which part of a key a cluster looks at, and stars and brackets are patterns to Redis.
    if not re.fullmatch(r"[A-Za-z0-9._:-]{0,40}", text):
        raise ValueError("may hold at most 40 letters, digits and signs of . _ : - only; write it like second:")
    return text


TelegramToken = Annotated[
    SecretStr,
    _token_from(
        "@BotFather",
        own_token=_TELEGRAM_TOKEN,
        example="a number, a colon, and some 35 letters and digits",
        other="Discord",
        other_token=_DISCORD_TOKEN,
    ),
]
DiscordToken = Annotated[
    SecretStr,
    _token_from(
        "the Discord Developer Portal",
        own_token=_DISCORD_TOKEN,
        example="three words with dots between them (page Bot; neither the client secret nor the public key)",
        other="Telegram",
        other_token=_TELEGRAM_TOKEN,
    ),
]
ListeningHost = Annotated[str, AfterValidator(_listening_host)]
Port = Annotated[int, BeforeValidator(_port), Field(ge=0, le=65535)]
Switch = Annotated[bool, BeforeValidator(_switch)]
OneWord = BeforeValidator(_word)
"""Lets a word of a few that are known be written in capitals too."""
Interval = Annotated[timedelta, BeforeValidator(_interval), AfterValidator(_check_interval_range)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_hosts)]
Exchanges = Annotated[Words, AfterValidator(_exchanges)]
Owners = Annotated[Words, AfterValidator(_owners)]
Feeds = Annotated[Words, AfterValidator(_feeds)]
"""Addresses of news feeds, none for `off`."""
KeyPrefix = Annotated[str, AfterValidator(_prefix)]
ChatName = Annotated[str, AfterValidator(_chat)]
