"""The health of the bot itself, for `/status`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.obstacles import AlertObstacle
from bot.domain.place import Obstacle, Platform
from bot.domain.reading import SourceHealth
from bot.domain.send_rate import SendRate
from bot.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """What the store knows of incidents, places and messages on their way.

    `backlog` counts the deliveries that wait, by platform and severity, and `oldest_waiting` is when the oldest of them
    was queued. `places` counts those with a subscription. `disabled` and `refusing` count the places that get no alerts
    any more, and those that refused their last one, by obstacle; `given_up` counts the messages refused for good in the
    last day.
    """

    open_incidents: int
    backlog: Mapping[tuple[Platform, Severity], int]
    oldest_waiting: datetime | None
    places: int
    disabled: Mapping[Obstacle, int]
    rates: Mapping[Platform, SendRate]
    refusing: Mapping[Obstacle, int] = field(default_factory=dict)
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How the source of withdrawals, proofs or prices is doing; `health` is None before it was ever asked.

    `name` is mostly the exchange's. Example: LBank, whose health has the fault TIMEOUT and is failing since 08:20. One
    that `is_off` is not asked, by a setting.
    """

    name: str
    health: SourceHealth | None = None
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class OwnChainStatus:
    """How the bot's own reading of a chain goes: of `read` exchanges the newest round was `complete` at so many.

    `is_on` is False where no address of a node is set.
    """

    chain: str
    is_on: bool = False
    complete: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class BotStatus:
    """The bot's health at `now`.

    `exchanges` counts those on the upstream's list, `read` those of them with a reading. `newest_readings` has the time
    of the newest reading by the name of its source. `platforms` says what is wrong with each ("" for nothing). `stored`
    is None while the store is away. `obstacles` are the reasons why alerts may not come, None where nobody looks for
    them: in a program that answers one question. The next two are sentences: which work another worker owns the lease
    of, and which settings name a chat that is not reached. `withdrawal_sources` are those of the listed exchanges,
    largest first, `proof_sources` those of proofs of reserves. `price_sources` are those of stablecoins, and None in a
    program that answers one question; `venues` are the exchanges whose prices are compared, and None there as well.
    `own_chains` are those that the bot can read itself, `feeds` the news feeds, none where news is switched off.
    """

    version: str
    started_at: datetime
    now: datetime
    sources: Mapping[str, SourceHealth]
    exchanges: int
    read: int
    newest_readings: Mapping[str, datetime]
    platforms: Mapping[Platform, str]
    stored: StoredCounts | None
    obstacles: Sequence[AlertObstacle] | None = None
    standing_by: Sequence[str] = ()
    misdirected: Sequence[str] = ()
    withdrawal_sources: Sequence[SourceStatus] = ()
    proof_sources: Sequence[SourceStatus] = ()
    price_sources: Sequence[SourceStatus] | None = None
    own_chains: Sequence[OwnChainStatus] = ()
    venues: Sequence[SourceStatus] | None = None
    feeds: Sequence[SourceStatus] = ()
