"""One line per event, as text or JSON, and never a secret in it."""

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator

import structlog
from typing_extensions import override

from bot.config.types import LOGIN_IN_ADDRESS

_BOT_TOKEN = re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{20,}")
_MASK = "•••"
_SHORTEST_SECRET = 4
_LIBRARIES = {
    "apscheduler": "ERROR",
    "telegram": "WARNING",
    "discord": "WARNING",
    "aiohttp": "WARNING",
    "asyncio": "WARNING",
}


class Redactor:
    """Takes known secrets, anything that looks like a bot token, and credentials in addresses out of a text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST_SECRET for form in _forms(secret)}
        known = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def clean(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known:
            text = self._known.sub(_MASK, text)
        return LOGIN_IN_ADDRESS.sub(f"{_MASK}@", _BOT_TOKEN.sub(_MASK, text))


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it stands in plain text, in JSON, in a `repr`, and in one of these within another."""
    for once in _written(secret):
        yield from _written(once)


def _written(text: str) -> tuple[str, ...]:
    return text, json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Renders an event and takes the secrets out of the finished line, tracebacks included."""

    def __init__(self, redactor: Redactor, renderer: structlog.typing.Processor) -> None:
        chain = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        super().__init__(processors=chain, foreign_pre_chain=_shared())
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
    for name, usual in _LIBRARIES.items():
        logging.getLogger(name).setLevel("DEBUG" if level == "debug" else usual)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),  # what is not logged costs next to nothing
        cache_logger_on_first_use=True,
    )


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
