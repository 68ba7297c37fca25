"""USDC in March 2023: a coin below its dollar for three days, and no exchange in trouble because of it.

Circle had $3.3 B of its reserves at a bank that failed on 10 March. The path is that of Kraken's own market, hour by
hour; DefiLlama's index is taken to have been the same. Exchanges are as in the quiet weeks of that month: nobody
published what left each of them in those days, so nothing does. DAI fell as well, and is left out for want of hourly
figures; Binance had no market of USDC then.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.replay.episode import RECONSTRUCTION, PublishedFigure, Waypoint
from bot.replay.episodes.quiet_weeks import QUIET_WEEKS

_HOUR = timedelta(hours=1)
_PRICES = (
    "https://github.com/nl2992/IAQF_2026/blob/e655486d5270927250af3a86525988ec74906031/data/cross_exchange/"
    "kraken_usdcusd_1min.parquet"
)
# The last price of each hour, by the day of March and the first hour (UTC), of one-minute rows there. Numbers only.
_CLOSES = {
    (10, 18): (
        1.0, 0.9999, 0.9999, 0.9977, 0.9933, 0.9982,
    ),
    (11, 0): (
        0.9944, 0.9921, 0.9945, 0.915, 0.947, 0.9433, 0.9143, 0.9059, 0.9216, 0.9125, 0.914, 0.9128, 0.901,
        0.912, 0.9168, 0.9207, 0.93, 0.9499, 0.954, 0.9545, 0.9814, 0.96, 0.9559, 0.967,
    ),
    (12, 0): (
        0.9687, 0.9808, 0.9825, 0.9851, 0.9785, 0.9751, 0.9557, 0.9475, 0.954, 0.9573, 0.9601, 0.9575, 0.957,
        0.9619, 0.9609, 0.9595, 0.9605, 0.9681, 0.9702, 0.9661, 0.9705, 0.9699, 0.9903, 0.9914,
    ),
    (13, 0): (
        0.9943, 0.9949, 0.9959, 0.9938, 0.993, 0.991, 0.9912, 0.9919, 0.9912, 0.9905, 0.9894, 0.9896, 0.9906,
        0.9989, 0.9986, 0.999, 0.9991, 0.9988, 0.9996,
    ),
}  # fmt: skip


def _at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2023, 3, day, hour, minute, tzinfo=UTC)


def _hourly() -> tuple[Waypoint, ...]:
    """Return the path: each hour's last price stands at the end of that hour."""
    return tuple(
        Waypoint(_at(day, hour) + (number + 1) * _HOUR, usd)
        for (day, hour), closes in _CLOSES.items()
        for number, usd in enumerate(closes)
    )


USDC_2023 = replace(
    QUIET_WEEKS,
    id="usdc-2023",
    title="USDC below its peg, March 2023",
    label=RECONSTRUCTION,
    live_start=_at(10),
    live_end=_at(14),
    pegs={
        "USDC": _hourly(),
        # For one minute, while people fled into it.
        "USDT": (Waypoint(_at(11, 2, 13), 1.0), Waypoint(_at(11, 2, 14), 1.06), Waypoint(_at(11, 2, 15), 1.0)),
    },
    published_figures=(
        PublishedFigure(_at(10, 23), "USDC at $0.9933 in the hour to 23:00 UTC on 10 March, on Kraken", _PRICES),
        PublishedFigure(_at(11, 4), "USDC at $0.915 at 04:00 UTC on 11 March, on Kraken", _PRICES),
        PublishedFigure(
            _at(11, 7, 15),
            "USDC's lowest minute on Kraken was $0.874 at 07:15 UTC on 11 March",
            _PRICES,
            is_fitted=False,
        ),
        PublishedFigure(_at(12, 23), "USDC at $0.9903 at 23:00 UTC on 12 March, on Kraken", _PRICES),
    ),
    speed=3_700.0,
    seed=20230310,
)
