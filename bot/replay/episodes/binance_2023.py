"""Binance in 2023: two lawsuits that took billions, and a stablecoin that was turned into others.

The spread over chains and assets is that of December 2022, scaled to the published totals.
"""

from datetime import UTC, date, datetime

from bot.domain.reading import Slot
from bot.language.translation import marked
from bot.replay.episode import RECONSTRUCTION, Episode, OutflowRun, PublishedFigure, RunLeg, Waypoint
from bot.replay.episodes.exchanges import BINANCE, EXCHANGES
from bot.replay.episodes.invented_exchanges import resized
from bot.replay.faults import Measure, WalletJump


def _at(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2023, month, day, hour, tzinfo=UTC)


def _path(month: int, *points: tuple[int, float]) -> tuple[Waypoint, ...]:
    return tuple(Waypoint(_at(month, day), multiple) for day, multiple in points)


_PEERS = EXCHANGES[1:]
_JUNE_CLEAN, _NOVEMBER_CLEAN, _FEBRUARY_CLEAN = 59.2e9, 58.2e9, 59.6e9


def _leg(reserves_usd: float, until: datetime, billions: float, **swaps: float) -> RunLeg:
    """Return a leg of so many billion USD (negative: out), and so many that move between assets."""
    return RunLeg(
        until,
        billions * 1e9 / reserves_usd,
        {asset: swapped * 1e9 / reserves_usd for asset, swapped in swaps.items()},
    )


JUNE = Episode(
    id="binance-2023-06",
    title=marked("Binance, June 2023"),
    label=RECONSTRUCTION,
    exchanges=(resized(BINANCE, clean_millions=_JUNE_CLEAN / 1e6, own_millions=5_000), *_PEERS),
    live_start=_at(6, 2),
    live_end=_at(6, 18),
    price_paths={
        "BTC": _path(6, (2, 1.58), (5, 1.585), (6, 1.5), (7, 1.58), (10, 1.54), (11, 1.5), (12, 1.515), (18, 1.54)),
        "ETH": _path(6, (2, 1.49), (5, 1.49), (6, 1.43), (7, 1.46), (10, 1.41), (11, 1.38), (12, 1.38), (18, 1.36)),
        "BNB": _path(6, (2, 1.07), (5, 1.06), (6, 0.97), (8, 0.92), (10, 0.88), (11, 0.82), (12, 0.82), (18, 0.85)),
        "market": _path(6, (2, 1.2), (5, 1.2), (6, 1.12), (9, 1.06), (10, 1.0), (11, 0.83), (12, 0.83), (18, 0.86)),
    },
    runs=(
        OutflowRun(
            "binance",
            (
                _leg(_JUNE_CLEAN, _at(6, 5, 15), -0.02), _leg(_JUNE_CLEAN, _at(6, 6), -0.37),
                _leg(_JUNE_CLEAN, _at(6, 6, 15), -1.05), _leg(_JUNE_CLEAN, _at(6, 7), -0.18),
                _leg(_JUNE_CLEAN, _at(6, 8), -0.53), _leg(_JUNE_CLEAN, _at(6, 9), -0.45),
                _leg(_JUNE_CLEAN, _at(6, 10), -0.40), _leg(_JUNE_CLEAN, _at(6, 11), -0.31),
                _leg(_JUNE_CLEAN, _at(6, 12), -0.079), _leg(_JUNE_CLEAN, _at(6, 15), 0.30),
            ),
            {"BTC": 0.24, "ETH": 0.18, "USDT": 0.26, "USDC": 0.05, "BUSD": 0.20},
            since=_at(6, 5),
        ),
    ),
    crossed_on=date(2023, 6, 7),
    published_figures=(
        PublishedFigure(
            _at(6, 6, 15),
            "24 h net −$1.43 B",
            "https://coinpaper.com/1621/users-withdraw-almost-4-billion-from-binance-and-coinbase",
        ),
        PublishedFigure(
            _at(6, 12),
            "7 d net −$3.45 B (DefiLlama)",
            "https://www.digitalc.com/billions-in-outflows-from-binance-due-to-sec-lawsuit-cz-ceo-responds.html",
        ),
        PublishedFigure(
            _at(6, 12, 12),
            "total assets from $64.195 B to $55.950 B, and −$69.57 M on 11 June (DefiLlama)",
            "https://www.ethnews.com/binances-unyielding-resolve-defying-8b-asset-outflows-amidst-sec-lawsuit-storm/",
        ),
        PublishedFigure(
            _at(6, 6),
            "2.0 % of reserves, taken as $71 B",
            "https://www.coindesk.com/markets/2023/06/09/sec-clampdown-spurs-4b-deposit-flight-from-binance-coinbase-and-binanceus/?utm_medium=referral&utm_source=rss&utm_campaign=headlines",
            is_fitted=False,
        ),
        PublishedFigure(
            _at(6, 12),
            "7 d net −$2.36 B, Ethereum only (Nansen)",
            "https://www.digitalc.com/billions-in-outflows-from-binance-due-to-sec-lawsuit-cz-ceo-responds.html",
            is_fitted=False,
        ),
    ),
    seed=605,
)  # fmt: skip

NOVEMBER = Episode(
    id="binance-2023-11",
    title=marked("Binance, November 2023"),
    label=RECONSTRUCTION,
    exchanges=(resized(BINANCE, clean_millions=_NOVEMBER_CLEAN / 1e6, own_millions=6_800), *_PEERS),
    live_start=_at(11, 14),
    live_end=_at(11, 28),
    price_paths={
        "BTC": _path(11, (14, 2.12), (20, 2.19), (21, 2.18), (22, 2.11), (23, 2.18), (28, 2.17)),
        "ETH": _path(11, (14, 1.6), (20, 1.6), (21, 1.58), (22, 1.55), (23, 1.62), (28, 1.6)),
        "BNB": _path(11, (14, 0.86), (20, 0.9), (21, 0.92), (22, 0.81), (23, 0.83), (28, 0.8)),
        "market": _path(11, (14, 1.15), (20, 1.2), (21, 1.17), (22, 1.08), (23, 1.14), (28, 1.13)),
    },
    runs=(
        OutflowRun(
            "binance",
            (
                _leg(_NOVEMBER_CLEAN, _at(11, 21, 18), 0.33), _leg(_NOVEMBER_CLEAN, _at(11, 22), -0.07),
                _leg(_NOVEMBER_CLEAN, _at(11, 22, 18), -0.952), _leg(_NOVEMBER_CLEAN, _at(11, 23), 0.0),
                _leg(_NOVEMBER_CLEAN, _at(11, 25), 0.1),
            ),
            {"BTC": 0.15, "ETH": 0.30, "USDT": 0.35, "USDC": 0.08, "BUSD": 0.03},
            since=_at(11, 15, 18),
        ),
    ),
    crossed_on=date(2023, 11, 23),
    published_figures=(
        PublishedFigure(
            _at(11, 22, 18),
            "24 h net −$1.01 B and 7 d net −$703 M (DefiLlama)",
            "https://www.taranganews.com/news/binance-sees-over-1-billion-in-outflows-after-czs-guilty-plea-data/",
        ),
        PublishedFigure(
            _at(11, 22),
            "1.55 % of $65 B held (Nansen), no mass exodus",
            "https://crypto24hnews.com/article/no-mass-exodus-funds-binance-doj-settlement-ctl65569",
        ),
        PublishedFigure(
            _at(11, 22),
            "30 d net +$1.68 B (DefiLlama)",
            "https://www.taranganews.com/news/binance-sees-over-1-billion-in-outflows-after-czs-guilty-plea-data/",
            is_fitted=False,
        ),
    ),
    seed=1121,
)  # fmt: skip

BUSD = Episode(
    id="busd-2023-02",
    title="BUSD is turned into other stablecoins, February 2023",
    label=RECONSTRUCTION,
    exchanges=(resized(BINANCE, clean_millions=_FEBRUARY_CLEAN / 1e6, own_millions=6_800), *_PEERS),
    live_start=_at(2, 9),
    live_end=_at(2, 23),
    price_paths={
        "BTC": _path(2, (9, 1.33), (13, 1.27), (14, 1.29), (16, 1.4), (23, 1.42)),
        "ETH": _path(2, (9, 1.28), (13, 1.19), (14, 1.22), (16, 1.32), (23, 1.31)),
        "BNB": _path(2, (9, 1.14), (12, 1.1), (14, 1.02), (16, 1.1), (23, 1.09)),
        "market": _path(2, (9, 1.2), (13, 1.1), (14, 1.13), (16, 1.2), (23, 1.2)),
    },
    runs=(
        OutflowRun(
            "binance",
            (
                _leg(_FEBRUARY_CLEAN, _at(2, 14), -0.858, BUSD=-1.1, USDT=0.9, USDC=0.2),
                _leg(_FEBRUARY_CLEAN, _at(2, 16), -0.40, BUSD=-1.6, USDT=1.3, USDC=0.3),
                _leg(_FEBRUARY_CLEAN, _at(2, 20), 0.30, BUSD=-2.0, USDT=1.8, USDC=0.2),
            ),
            {"BUSD": 0.70, "ETH": 0.08, "BTC": 0.06, "USDT": 0.06, "USDC": 0.02},
            since=_at(2, 13),
        ),
    ),
    jumps=(
        WalletJump("binance", _at(2, 13, 14), Slot("Ethereum", "BUSD"), -0.7e9, Measure.USD),
        WalletJump("binance", _at(2, 13, 14), Slot("Binance", "USDC"), 0.7e9, Measure.USD),
    ),
    published_figures=(
        PublishedFigure(
            _at(2, 14),
            "24 h net −$831 M, $2.8 B out and $2.0 B in, on 13 February: a conversion (Nansen)",
            "https://cryptonewz.pages.dev/crypto-news-coindesk.com/nl/markets/2023/02/13/binance-withdrawals-surge-as-paxos-busd-drama-weighs-on-the-exchange",
        ),
    ),
    seed=213,
)  # fmt: skip

BINANCE_2023 = (BUSD, JUNE, NOVEMBER)
