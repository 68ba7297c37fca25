"""The health of the bot itself, for `/status`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.place import Obstacle, Platform
from bot.domain.reading import SourceHealth
from bot.domain.send_rate import SendRate
from bot.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class BotStatus:
    """The bot's health at `now`.

    `exchanges` counts those on the upstream's list, `read` those of them with a reading, `places` those with a
    subscription. `backlog` counts the deliveries that wait, by platform and severity, and `oldest_waiting` is when the
    oldest of them was queued. `disabled` and `refusing` count the places that get no alerts any more, and those that
    refused their last one, by obstacle; `given_up` counts the messages refused for good in the last day. `platforms`
    says what is wrong with each ("" for nothing). The last three are sentences: which work another worker owns the
    lease of, why no alert is sent, and which settings name a chat of a platform that has no token.
    """

    version: str
    started_at: datetime
    now: datetime
    sources: Mapping[str, SourceHealth]
    exchanges: int
    read: int
    newest_reading: datetime | None
    open_incidents: int
    backlog: Mapping[tuple[Platform, Severity], int]
    oldest_waiting: datetime | None
    places: int
    platforms: Mapping[Platform, str]
    disabled: Mapping[Obstacle, int]
    rates: Mapping[Platform, SendRate]
    refusing: Mapping[Obstacle, int] = field(default_factory=dict)
    given_up: int = 0
    standing_by: Sequence[str] = ()
    undelivered: Sequence[str] = ()
    misdirected: Sequence[str] = ()
