"""The stage of the made-up episodes: fifty quiet days among invented exchanges, then the event of one guard."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.replay.episode import MADE_UP, Episode, ExchangeHoldings, OutflowRun, PublishedFigure, Waypoint
from bot.replay.episodes.invented_exchanges import INVENTED
from bot.replay.faults import ObservationFault, WalletJump

_START = datetime(2024, 5, 1, tzinfo=UTC)
_HISTORY = timedelta(days=50)
_LONGEST_SHOW = timedelta(seconds=90)
_SPEED = 18_000.0


def on(day: float, hour: int = 0, minute: int = 0) -> datetime:
    """Return a moment of the live phase; it starts on day 0."""
    return _START + timedelta(days=day, hours=hour, minutes=minute)


def staged(  # noqa: PLR0913 — what sets one episode apart from the others, by name
    name: str,
    title: str,
    *,
    days: int,
    seed: int,
    about: str,
    books: tuple[ExchangeHoldings, ...] = INVENTED,
    runs: tuple[OutflowRun, ...] = (),
    jumps: tuple[WalletJump, ...] = (),
    faults: tuple[ObservationFault, ...] = (),
    anchors: tuple[PublishedFigure, ...] = (),
    label: str = MADE_UP,
) -> Episode:
    """Return an episode whose live phase takes so many days; prices sink and recover meanwhile, and mean nothing.

    The exchange that it is `about`, by its id, comes first.
    """
    end = on(days)
    return Episode(
        id=name,
        title=title,
        label=label,
        books=tuple(sorted(books, key=lambda book: book.id != about)),
        live_start=_START,
        live_end=end,
        paths={name: _sway(depth, end) for name, depth in (("BTC", 0.94), ("ETH", 0.92), ("market", 0.9))},
        runs=runs,
        jumps=jumps,
        faults=faults,
        anchors=anchors,
        history=_HISTORY,
        speed=max(_SPEED, (end - _START) / _LONGEST_SHOW),
        seed=seed,
    )


def with_leader(
    leader: ExchangeHoldings, others: Iterable[ExchangeHoldings] = INVENTED[1:]
) -> tuple[ExchangeHoldings, ...]:
    """Return the invented exchanges with another one in front."""
    return (leader, *others)


def _sway(depth: float, end: datetime) -> tuple[Waypoint, ...]:
    early, middle = _START - _HISTORY / 2, _START + (end - _START) / 2
    return (Waypoint(early, 1.05), Waypoint(_START, 1.0), Waypoint(middle, depth), Waypoint(end, 1.02))
