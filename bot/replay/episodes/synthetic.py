"""Build the invented episodes: fifty quiet days among invented exchanges, then the event that one guard is for."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.replay.episode import MADE_UP, Episode, ExchangeHoldings, OutflowRun, PublishedFigure, Waypoint
from bot.replay.episodes.invented_exchanges import INVENTED
from bot.replay.faults import ObservationFault, WalletJump

_START = datetime(2024, 5, 1, tzinfo=UTC)
_HISTORY = timedelta(days=50)
_MAX_DEMO_LENGTH = timedelta(seconds=90)  # a longer live phase is played faster
_SPEED = 18_000.0  # simulated seconds a second: a day takes 4.8 s


def on(day: float, hour: int = 0, minute: int = 0) -> datetime:
    """Return a moment of the live phase, which starts on day 0: `on(3, 10)` is 10:00 UTC of its fourth day."""
    return _START + timedelta(days=day, hours=hour, minutes=minute)


def synthetic_episode(  # noqa: PLR0913 — what sets one episode apart from the others, by name
    name: str,
    title: str,
    *,
    days: int,
    seed: int,
    about: str,
    exchanges: tuple[ExchangeHoldings, ...] = INVENTED,
    runs: tuple[OutflowRun, ...] = (),
    jumps: tuple[WalletJump, ...] = (),
    faults: tuple[ObservationFault, ...] = (),
    published_figures: tuple[PublishedFigure, ...] = (),
    label: str = MADE_UP,
) -> Episode:
    """Return an episode with a live phase of so many days. Prices fall by up to 10 % and recover: that is no outflow.

    The exchange that it is `about`, by its id, comes first.
    """
    end = on(days)
    return Episode(
        id=name,
        title=title,
        label=label,
        exchanges=tuple(sorted(exchanges, key=lambda exchange: exchange.id != about)),
        live_start=_START,
        live_end=end,
        price_paths={name: _price_path(depth, end) for name, depth in (("BTC", 0.94), ("ETH", 0.92), ("market", 0.9))},
        runs=runs,
        jumps=jumps,
        faults=faults,
        published_figures=published_figures,
        history=_HISTORY,
        speed=max(_SPEED, (end - _START) / _MAX_DEMO_LENGTH),
        seed=seed,
    )


def with_leader(
    leader: ExchangeHoldings, others: Iterable[ExchangeHoldings] = INVENTED[1:]
) -> tuple[ExchangeHoldings, ...]:
    """Return the invented exchanges with `leader` in front, instead of the first of them."""
    return (leader, *others)


def _price_path(depth: float, end: datetime) -> tuple[Waypoint, ...]:
    early, middle = _START - _HISTORY / 2, _START + (end - _START) / 2
    return (Waypoint(early, 1.05), Waypoint(_START, 1.0), Waypoint(middle, depth), Waypoint(end, 1.02))
