"""Logging: one line per event, as text or JSON, and never a secret in it.

Tokens are known from the settings, but libraries put them into addresses and tracebacks. So every finished line is
searched: "https://api.telegram.org/bot123456:AbC…/getMe" is logged as "https://api.telegram.org/bot•••/getMe".
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator

import stamina.instrumentation
import structlog
from typing_extensions import override

from bot.config.address_types import LOGIN_IN_ADDRESS

# Telegram's form, in case a token that is not ours (of a typing error, say) reaches a log.
_BOT_TOKEN = re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{20,}")
_MASK = "•••"
_MIN_SECRET_LENGTH = 4  # masking shorter ones, or an empty one, would mask half of every line
_LIBRARY_LEVELS = {
    "apscheduler": "ERROR",
    "telegram": "WARNING",
    "discord": "WARNING",
    "aiohttp": "WARNING",
    "asyncio": "WARNING",
}


class Redactor:
    """Masks known secrets, anything that looks like a bot token, and credentials in addresses."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _MIN_SECRET_LENGTH for form in _forms(secret)}
        # Longest first: else a password inside a URL would be masked and the rest of the URL would stay.
        longest_first = sorted(forms, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def clean(self, text: str) -> str:
        """Return the text without secrets."""
        if self._secrets:
            text = self._secrets.sub(_MASK, text)
        return LOGIN_IN_ADDRESS.sub(f"{_MASK}@", _BOT_TOKEN.sub(_MASK, text))


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it stands in plain text, in JSON, in a `repr`, and in one of these within another."""
    for form in _escaped(secret):
        yield from _escaped(form)


def _escaped(text: str) -> tuple[str, ...]:
    return text, json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Renders an event and takes the secrets out of the finished line, tracebacks included."""

    def __init__(self, redactor: Redactor, renderer: structlog.typing.Processor) -> None:
        chain = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        super().__init__(processors=chain, foreign_pre_chain=_shared_processors())
        self._redactor = redactor

    @override
    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(super().format(record))


def configure(level: str, style: str, secrets: Iterable[str]) -> None:
    """Send every log line of the process, the libraries' too, through one handler on stderr.

    `style` is `text`, `json`, or `auto`: text on a terminal, else JSON. Libraries speak only when something is
    wrong, unless the level is `debug`.
    """
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if as_text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(Redactor(secrets), renderer))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, library_level in _LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel("DEBUG" if level == "debug" else library_level)
    # A source that breaks is one line, written by whoever polls it; that it is tried again is nobody's concern.
    stamina.instrumentation.set_on_retry_hooks(None if level == "debug" else ())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),  # what is not logged costs next to nothing
        cache_logger_on_first_use=True,
    )


def _shared_processors() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
