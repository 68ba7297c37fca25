"""Remembers beside the store how many places have subscribed, so that a start notices when they are gone.

A Redis whose volume was lost comes back empty: to a bot that starts on it everything is as on its first day, and
silence would look like calm. DATA_DIR/subscriptions.json says that 12 places had subscribed when the bot last ran; a
store with none, or with 5, is then no first day.
"""

import json
import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog

from bot.domain.errors import ConfigurationError
from bot.storage.embedded.private_directory import make_private

log = structlog.get_logger(__name__)

_FILE = "subscriptions.json"
_LOGIN = re.compile(r"(?<=://)[^/@]*@|\?.*")  # and options behind the address, which may hold a password too
_FEW = 10  # of fewer places most may have left by themselves while another worker ran


class KnownSubscriptions:
    """The number of places of one store: an address, or "" for the private server, and the prefix of its keys."""

    def __init__(self, directory: Path, address: str, prefix: str) -> None:
        self._path = directory / _FILE
        # A digest, because addresses are secrets here: nobody has to read it.
        self._store = sha256(f"{_LOGIN.sub('', address)} {prefix}".encode()).hexdigest()[:16]
        self._remembered = _number(self._read().get(self._store))
        self._is_kept = True

    @property
    def places(self) -> int:
        """Return how many places had subscribed when that was last written down; 0 where nothing is known."""
        return self._remembered

    def loss(self, places: int) -> str:
        """Return what is missing from a store with so many places, "" when nothing is."""
        before = self._remembered
        is_gone = before > 0 and places == 0
        if not is_gone and not (before >= _FEW and places * 2 < before):
            return ""
        left = "none of them" if places == 0 else f"only {places:,}"
        were = "1 place was" if before == 1 else f"{before:,} places were"
        return (
            f"Subscriptions are gone: {were} subscribed when this bot last ran, and {left} in the store now. Bring the "
            "data of the server back, or restore a backup (`runwatch restore FILE`), or let the places subscribe again"
        )

    def remember(self, places: int) -> None:
        """Write the number down, if it is another one; where DATA_DIR cannot be written to, nothing is kept."""
        if places == self._remembered:
            return
        # Read again: workers of other stores may share the directory.
        text = json.dumps(self._read() | {self._store: places})
        new = self._path.with_suffix(f".json.{os.getpid()}")
        try:
            make_private(self._path.parent)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text)
            new.replace(self._path)
        except (OSError, ConfigurationError) as error:
            if self._is_kept:
                log.info("number of subscriptions not kept", path=str(self._path), reason=str(error))
            self._is_kept = False
            with suppress(OSError):
                new.unlink(missing_ok=True)
            return
        self._remembered, self._is_kept = places, True

    def _read(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            content = json.loads(self._path.read_text(encoding="utf-8"))
            return content if isinstance(content, dict) else {}
        return {}


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
