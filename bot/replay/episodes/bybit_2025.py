"""Bybit, February 2025: a theft in one step, and then the customers."""

from datetime import UTC, date, datetime

from bot.domain.reading import Slot
from bot.language.translation import marked
from bot.replay.episode import RECONSTRUCTION, Episode, ExchangeHoldings, OutflowRun, PublishedFigure, RunLeg, Waypoint
from bot.replay.episodes.exchanges import BINANCE, BYBIT, OKX
from bot.replay.episodes.invented_exchanges import AURELIA, BORVIK, CORVANE, resized
from bot.replay.faults import Measure, WalletJump


def _at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2025, 2, day, hour, minute, tzinfo=UTC)


def _path(*points: tuple[int, float]) -> tuple[Waypoint, ...]:
    return tuple(Waypoint(_at(day), multiple) for day, multiple in points)


_CLEAN = 15.6e9
_BYBIT = resized(
    ExchangeHoldings(
        BYBIT.listing_row,
        {
            "Bitcoin": {"BTC": 5_900},
            "Ethereum": {"ETH": 2_000, "USDT": 2_100, "USDC": 700, "MNT": 900, "STETH": 300, "LINK": 120, "DAI": 60},
            "Tron": {"USDT": 1_700},
            "Solana": {"SOL": 900, "USDC": 180},
            "Ripple": {"XRP": 1_200},
            "Arbitrum": {"ETH": 180, "USDC": 120},
        },
        BYBIT.protocol_name,
    ),
    clean_millions=_CLEAN / 1e6,
    own_millions=900,
)

THEFT_THEN_RUN = Episode(
    id="theft-then-run",
    title=marked("Bybit, February 2025"),
    label=RECONSTRUCTION,
    exchanges=(
        _BYBIT, resized(BINANCE, clean_millions=120_000, own_millions=18_000),
        resized(OKX, clean_millions=24_000, own_millions=3_000), AURELIA, BORVIK, CORVANE,
    ),
    live_start=_at(18),
    live_end=datetime(2025, 3, 3, tzinfo=UTC),
    price_paths={
        "BTC": _path((18, 5.6), (21, 5.75), (22, 5.62), (24, 5.55), (26, 5.0), (28, 4.9)),
        "ETH": _path((18, 2.1), (21, 2.2), (22, 2.1), (24, 2.1), (26, 1.9), (28, 1.75)),
        "BNB": _path((18, 2.3), (21, 2.3), (24, 2.25), (26, 2.15), (28, 2.1)),
        "market": _path((18, 1.6), (21, 1.62), (22, 1.55), (24, 1.5), (26, 1.4), (28, 1.35)),
    },
    runs=(
        OutflowRun(
            "bybit",
            (
                RunLeg(_at(21, 14), -0.02e9 / _CLEAN), RunLeg(_at(22), -0.69e9 / _CLEAN),
                RunLeg(_at(23), -2.50e9 / _CLEAN),
                RunLeg(_at(24), -3.355e9 / _CLEAN), RunLeg(_at(26), 0.4e9 / _CLEAN),
            ),
            {"BTC": 0.36, "USDT": 0.34, "USDC": 0.08, "ETH": 0.04},
            since=_at(21),
        ),
    ),
    jumps=(WalletJump("bybit", _at(21, 14, 16), Slot("Ethereum", "ETH"), -1.4e9, Measure.USD),),
    crossed_on=date(2025, 2, 22),
    published_figures=(
        PublishedFigure(
            _at(22),
            "21 February: −$2.235 B, of which $1.4 B stolen in one step",
            "collected from the press of those days; the pages were not kept",
        ),
        PublishedFigure(
            _at(24),
            "22 and 23 February: −$2.5 B and −$3.26 B",
            "collected from the press of those days; the pages were not kept",
        ),
    ),
    seed=221,
)  # fmt: skip
