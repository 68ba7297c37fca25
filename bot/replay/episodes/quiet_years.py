"""A year without a run, twice: ordinary days with crashes and rallies, and a year of restless days."""

from datetime import UTC, datetime, timedelta

from bot.replay.episode import Episode, ExchangeHoldings, FlowNoise, Waypoint
from bot.replay.episodes.exchanges import EXCHANGES
from bot.replay.episodes.invented_exchanges import DUNMERE, EASTMERE, FENWICK, GULLANE, TEN_INVENTED

_DAYS, _LIVE = timedelta(days=365), timedelta(days=3)

_PRICE_MULTIPLES = (
    (10, 1.0, 1.0), (40, 1.18, 1.25), (41, 0.95, 0.98), (75, 1.02, 1.0), (104, 1.30, 1.35), (105, 1.04, 1.05),
    (106, 1.12, 1.2), (160, 1.25, 1.22), (161, 1.45, 1.47), (200, 1.30, 1.15), (217, 1.20, 1.06), (218, 0.96, 0.82),
    (219, 1.08, 0.98), (270, 1.15, 1.04), (271, 1.38, 1.28), (320, 1.10, 0.9), (321, 0.90, 0.72), (340, 1.05, 0.95),
    (364, 1.0, 1.0),
)  # fmt: skip
"""Day of the year, and the multiples of BTC and of the rest: crashes of a fifth in a day, rallies, slow seasons."""


def _year(year: int, title: str, exchanges: tuple[ExchangeHoldings, ...], noise: FlowNoise) -> Episode:
    """Return an episode of 365 daily points, its seed the year; the last three days are hourly and live."""
    start = datetime(year, 1, 1, tzinfo=UTC)

    def path(column: int) -> tuple[Waypoint, ...]:
        return tuple(Waypoint(start + timedelta(days=point[0]), point[column]) for point in _PRICE_MULTIPLES)

    return Episode(
        id=title.lower().removeprefix("a ").replace(" ", "-"),
        title=title,
        label="invented: a year of ordinary noise, price crashes and rallies",
        exchanges=exchanges,
        live_start=start + _DAYS - _LIVE,
        live_end=start + _DAYS,
        price_paths={"BTC": path(1), "market": path(2)},
        history=_DAYS - _LIVE,
        noise=noise,
        seed=year,
    )


QUIET_YEAR = _year(
    2023,
    "A quiet year",
    (*EXCHANGES, DUNMERE, EASTMERE, FENWICK, GULLANE),
    FlowNoise(net_bound=6.0, asset=0.009, asset_bound=12.0),
)

NOISY_YEAR = _year(
    2025,
    "A noisy year",
    TEN_INVENTED,
    FlowNoise(net=0.0045, net_bound=6.0, asset=0.012, asset_bound=12.0),
)
