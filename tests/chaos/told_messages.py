"""What people and the operator were told, in the order in which the platforms accepted it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import unescape

from typing_extensions import override

from bot.domain.place import Place
from tests.chaos.platform_log import PlatformLog
from tests.chaos.shared_time import SharedTime

_MARKUP = re.compile(r"<[^>]+>|[*\\]")  # Telegram is given HTML, Discord Markdown
_TITLE = re.compile(r"(INC-\d+) · ([^·]+) · (.+)")
_SHARE = re.compile(r"Net outflow .+? · ([\d.]+)\s% of")


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message or an edit, as it was when a platform accepted it; `at` is the true time of the simulation."""

    place: Place
    text: str
    message_id: str
    is_edit: bool
    at: datetime

    @property
    def title(self) -> str:
        """Return its first line."""
        return self.text.partition("\n")[0].strip()

    @property
    def incident(self) -> str:
        """Return the label of the incident that it is about, "" for none."""
        return found[1] if (found := _TITLE.search(self.title)) else ""

    @property
    def exchange(self) -> str:
        """Return the id of the exchange that the incident is about, "" for none."""
        return found[2].strip().lower() if (found := _TITLE.search(self.title)) else ""

    @property
    def state(self) -> str:
        """Return what the title says of the incident: "elevated outflow", "resolved", "" for none."""
        return found[3].strip() if (found := _TITLE.search(self.title)) else ""

    @property
    def share(self) -> float | None:
        """Return the part of the reserves that it says has left."""
        return float(found[1]) / 100 if (found := _SHARE.search(self.text)) else None


class ToldMessages(PlatformLog):
    """Everything that was accepted."""

    def __init__(self, time: SharedTime) -> None:
        super().__init__()
        self.all: list[ToldMessage] = []
        self._time = time

    @override
    def record(self, place: Place, text: str, message_id: str, *, is_edit: bool) -> None:
        self.all.append(ToldMessage(place, unescape(_MARKUP.sub("", text)), message_id, is_edit, self._time.now()))

    def about(self, exchange: str, place: Place) -> Iterator[ToldMessage]:
        """Yield what a place was told of an exchange's incidents."""
        return (told for told in self.all if told.place == place and told.exchange == exchange)

    def to(self, place: Place, *, since: int = 0) -> Iterator[ToldMessage]:
        """Yield what a place was told, after so many messages in all."""
        return (told for told in self.all[since:] if told.place == place)
