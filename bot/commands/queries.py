"""The questions handlers may ask of what we know; answered from memory wherever that is possible."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches

from bot.domain.errors import AskerError, UnknownExchange
from bot.domain.exchange import Exchange, Listing, exchange_id
from bot.domain.flow import Window
from bot.domain.incident import Incident
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.place import Platform
from bot.domain.reading import SourceHealth
from bot.domain.rehearsal import Rehearsal
from bot.domain.send_rate import SendRate
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.status import BotStatus
from bot.messages.cards.signals import SIGNALS, SignalKinds
from bot.ports.incidents import Incidents
from bot.ports.outbox import Outbox
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions


@dataclass(slots=True)
class LatestState:
    """The latest of everything, kept in memory by those who fetch and watch."""

    listings: dict[str, Listing] = field(default_factory=dict)
    health: dict[str, SourceHealth] = field(default_factory=dict)
    _snapshots: dict[str, ExchangeSnapshot] = field(default_factory=dict)

    def set_listings(self, listings: Iterable[Listing]) -> None:
        """Take over the rows of a new list."""
        self.listings.update({listing.exchange.id: listing for listing in listings})

    def set_health(self, health: SourceHealth) -> None:
        """Take over how a source is doing."""
        self.health[health.source] = health

    def set_snapshot(self, outlook: ExchangeSnapshot) -> None:
        """Take over what one look at an exchange has shown."""
        self._snapshots[outlook.exchange.id] = outlook

    def snapshot(self, exchange: str) -> ExchangeSnapshot | None:
        """Return the last look at an exchange, with the newest row of the list and word on its source."""
        outlook = self._snapshots.get(exchange)
        if outlook is None:
            return None
        source = outlook.reading.source if outlook.reading else ""
        return replace(outlook, listing=self.listings.get(exchange), health=self.health.get(f"{source}/{exchange}"))

    def snapshots(self) -> list[ExchangeSnapshot]:
        """Return the last look at every exchange that was looked at."""
        return [outlook for exchange in list(self._snapshots) if (outlook := self.snapshot(exchange))]


@dataclass(frozen=True, slots=True)
class HistoryAnswers:
    """What may be asked of the past.

    `course(exchange, since)` is how much has left since then, None without two readings. `past(name)` is a known run of
    the past (`ftx-2022`), None when none is called so. `rehearse(exchanges, preset)` is what would have been told.
    """

    outflow_curve: Callable[[Exchange, datetime], Awaitable[OutflowCurve | None]]
    past_curve: Callable[[str], Awaitable[OutflowCurve | None]]
    rehearse: Callable[[Sequence[Exchange], Sensitivity], Awaitable[Rehearsal]]


class Queries:
    """What may be asked.

    `look` makes an Outlook from the store for exchanges that memory does not hold yet. `only` are the ids of the
    exchanges that are watched, none for all. `kinds` are the signal sources, for the words of their incidents.
    """

    def __init__(  # noqa: PLR0913 — everything that may be asked, named at the one place that builds it
        self,
        board: LatestState,
        *,
        incidents: Incidents,
        outbox: Outbox,
        subscriptions: Subscriptions,
        look: Callable[[Exchange], Awaitable[ExchangeSnapshot]],
        only: Collection[str] = (),
        hindsight: HistoryAnswers,
        clock: Clock,
        version: str,
        platforms: Callable[[], Mapping[Platform, str]] = dict,
        rates: Callable[[], Awaitable[Mapping[Platform, SendRate]]],
        standing_by: Callable[[], Sequence[str]] = tuple,
        undelivered: Callable[[], Sequence[str]] = tuple,
        misdirected: Callable[[], Sequence[str]] = tuple,
        kinds: SignalKinds = SIGNALS,
    ) -> None:
        self.kinds = kinds
        self._latest = board
        self._incidents = incidents
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._look = look
        self._only = only
        self._hindsight = hindsight
        self._clock = clock
        self._version = version
        self._platforms = platforms
        self._rates = rates
        self._standing_by = standing_by
        self._undelivered = undelivered
        self._misdirected = misdirected
        self._started_at = clock.now()

    def exchange(self, name: str) -> Exchange:
        """Return the exchange that somebody means by a name.

        Raise UnknownExchange with the nearest ones, or another AskerError while no list has been fetched at all.
        """
        wanted = exchange_id(name)
        known = self._latest.listings
        if wanted in known:
            return known[wanted].exchange
        plain: dict[str, Exchange] = {}
        for exchange in self.exchanges():
            for alias in filter(None, map(_letters, (exchange.id, exchange.name, exchange.slug or ""))):
                plain.setdefault(alias, exchange)
        found = plain.get(_letters(name))
        if found:
            return found
        if not known:
            raise AskerError("The list has not been fetched yet. Ask again in a minute; /status says what is wrong.")
        nearest = get_close_matches(_letters(name), plain, n=3, cutoff=0.6)
        raise UnknownExchange(name, tuple(dict.fromkeys(plain[one].id for one in nearest)))

    def exchanges(self) -> Sequence[Exchange]:
        """Return every exchange ever listed, largest first."""
        return [listing.exchange for listing in self.listings()]

    def names(self) -> dict[str, str]:
        """Return the display name of every exchange by its id."""
        return {id_: listing.exchange.name for id_, listing in self._latest.listings.items()}

    def is_watched(self, exchange: str) -> bool:
        """Return whether an exchange, by its id, is among those this bot watches, listed or not."""
        return not self._only or exchange in self._only

    def listings(self) -> Sequence[Listing]:
        """Return the newest row of every exchange ever listed, largest first, unmeasured ones last."""
        return sorted(
            self._latest.listings.values(), key=lambda listing: (-(listing.total_usd or 0.0), listing.exchange.id)
        )

    def exchanges_like(self, typed: str) -> Sequence[Exchange]:
        """Return the exchanges whose name begins with, or else contains, what was typed; largest first."""
        letters = _letters(typed)
        names = [(exchange, _letters(exchange.name), exchange.id) for exchange in self.exchanges()]
        first = [exchange for exchange, name, id_ in names if name.startswith(letters) or id_.startswith(letters)]
        rest = [exchange for exchange, name, _ in names if letters in name and exchange not in first]
        return [*first, *rest]

    async def snapshot(self, name: str) -> ExchangeSnapshot:
        """Return what is known of an exchange; raise as `exchange` does."""
        exchange = self.exchange(name)
        return self._latest.snapshot(exchange.id) or await self._look(exchange)

    async def fresh_snapshot(self, exchange: Exchange) -> None:
        """Look at an exchange anew, so that answers show what has changed about it."""
        self._latest.set_snapshot(await self._look(exchange))

    def snapshots(self) -> Sequence[ExchangeSnapshot]:
        """Return what is known of every exchange that has been looked at."""
        return self._latest.snapshots()

    async def open_incidents(self) -> Sequence[Incident]:
        """Return the open incidents, worst first."""
        return await self._incidents.open()

    async def open_incident(self, exchange: Exchange) -> Incident | None:
        """Return the open outflow of an exchange, as the normal preset sees it where it does."""
        mine = [
            incident
            for incident in await self._incidents.open()
            if incident.subject == exchange.id and incident.source_rule == Rule.OUTFLOW
        ]
        return min(mine, key=lambda incident: incident.sensitivity is not Sensitivity.NORMAL, default=None)

    async def outflow_curve(self, exchange: Exchange, incident: Incident | None) -> OutflowCurve | None:
        """Return how much has left since the day before an incident began, without one over the last seven days."""
        since = incident.first_as_of - Window.DAY.length if incident else self._clock.now() - Window.WEEK.length
        return await self._hindsight.outflow_curve(exchange, since)

    async def past_curve(self, name: str) -> OutflowCurve | None:
        """Return a run of the past by its name (`ftx-2022`), None when none is called so."""
        return await self._hindsight.past_curve(name.strip().lower())

    async def rehearse(self, exchanges: Sequence[Exchange], sensitivity: Sensitivity) -> Rehearsal:
        """Return what a preset would have told of these exchanges in the last 90 days."""
        return await self._hindsight.rehearse(exchanges, sensitivity)

    async def recent_incidents(self, exchange: Exchange | None = None) -> Sequence[Incident]:
        """Return open and past incidents, newest first."""
        return await self._incidents.recent(subject=exchange.id if exchange else None)

    async def incident(self, number: int) -> Incident:
        """Return INC-`number`; raise AskerError when there is none."""
        found = await self._incidents.by_number(number)
        if found is None:
            raise AskerError(f"There is no INC-{number}. /incidents lists the recent ones.")
        return found

    async def status(self) -> BotStatus:
        """Return the bot's own health."""
        outlooks = self.snapshots()
        read = [outlook.reading.as_of for outlook in outlooks if outlook.reading]
        return BotStatus(
            version=self._version,
            started_at=self._started_at,
            now=self._clock.now(),
            sources=dict(self._latest.health),
            exchanges=len(self._latest.listings),
            read=len(read),
            newest_reading=max(read, default=None),
            open_incidents=len(await self._incidents.open()),
            backlog=await self._outbox.depth(),
            oldest_waiting=await self._outbox.oldest_queued_at(),
            places=await self._subscriptions.count(),
            platforms=self._platforms(),
            disabled=await self._subscriptions.disabled(),
            rates=await self._rates(),
            standing_by=self._standing_by(),
            undelivered=self._undelivered(),
            misdirected=self._misdirected(),
        )


def _letters(name: str) -> str:
    """Return a name as its bare letters and digits, so that `Gate.io`, `gate-io` and `gateio` are one."""
    return "".join(letter for letter in exchange_id(name) if letter.isalnum())
